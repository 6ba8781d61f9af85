"""Names and conditions of a query in words, both languages: "revenue in December 2017, without department Fuel"."""

from __future__ import annotations

from datetime import timedelta

from db.semantic.query import Filter, Interval, SemanticQuery
from db.semantic.schema import StoreSchema, Text
from tools import format as fmt
from tools.evidence import Value

_PER = {
    "day": Text(en="per day", zh="日均"),
    "week": Text(en="per week", zh="周均"),
    "month": Text(en="per month", zh="月均"),
    "quarter": Text(en="per quarter", zh="季均"),
    "year": Text(en="per year", zh="年均"),
}
_SENTENCE_CASE = ("GMV", "AOV")


class Wording:
    """Words for one query against one store.

    Args:
        data: the range of the store's data, named where the query has no period.
    """

    def __init__(self, schema: StoreSchema, query: SemanticQuery, data: Interval) -> None:
        self.schema, self.query, self.data = schema, query, data

    def metric(self, name: str) -> Text:
        """A metric's label inside a sentence, with "per day" where it is an average."""
        metric = self.schema.metrics[name]
        en = (
            metric.label.en
            if metric.label.en.startswith(_SENTENCE_CASE)
            else metric.label.en[:1].lower() + metric.label.en[1:]
        )
        if self.query.per is None or not (metric.additive or metric.additive_time or not metric.is_ratio):
            return Text(en=en, zh=metric.label.zh)
        per = _PER[self.query.per]
        return Text(en=f"average {en} {per.en}", zh=f"{per.zh}{metric.label.zh}")

    def dimension(self, name: str) -> Text:
        """A dimension's label inside a sentence."""
        label = self.schema.dimensions[name].label
        return Text(en=label.en[:1].lower() + label.en[1:], zh=label.zh)

    def member(self, dimension: str, value: Value) -> Text:
        """A member as people call it; the raw value is kept beside a label that differs from it."""
        declared = self.schema.dimensions[dimension]
        if value is None:
            return fmt.MISSING
        if declared.kind == "time":
            return fmt.time_key(value, declared.grain)
        known = declared.members.get(str(value))
        if known and known.label:
            zh = known.label.zh if known.label.zh == str(value) else f"{known.label.zh}（{value}）"
            return Text(en=str(value) if _same(known.label.en, str(value)) else f"{known.label.en} ({value})", zh=zh)
        if declared.value == "int":
            return Text(en=f"{declared.label.en.lower()} {value}", zh=f"{declared.label.zh}{value}")
        return Text(en=str(value), zh=str(value))

    def key(self, values: tuple[Value, ...]) -> Text:
        """The key of a row: its members, the second one in brackets' place."""
        parts = [self.member(d, v) for d, v in zip(self.query.group_by, values, strict=True)]
        return Text(en=" / ".join(p.en for p in parts), zh=" / ".join(p.zh for p in parts))

    def period(self) -> Text:
        """ "in December 2017"; without a period, the range of all the data."""
        if self.query.time is None:
            last = self.data.end - timedelta(days=1)
            return Text(
                en=f"in all the data ({self.data.start} to {last})", zh=f"全部数据（{self.data.start}至{last}）中"
            )
        words = fmt.period(self.query.time)
        preposition = (
            "on" if self.query.time.days == 1 else "from" if words.en[:1].isdigit() and " to " in words.en else "in"
        )
        return Text(en=f"{preposition} {words.en}", zh=words.zh)

    def baseline(self) -> Text:
        """The period compared with."""
        assert self.query.compare is not None
        return fmt.period(self.query.compare)

    def conditions(self) -> Text:
        """All conditions, ready to follow the period; empty when there are none."""
        named = [f for f in self.query.filters if f.op != "in" or f.dimension not in self.query.group_by]
        filters = [*named, *([self.query.keep] if self.query.keep and not self.query.group_by else [])]
        parts = [self._condition(f) for f in filters]
        en = "".join(f", {p.en}" for p in parts)
        return Text(en=en, zh="".join(f"，{p.zh}" for p in parts))

    def _condition(self, condition: Filter) -> Text:
        label = self.dimension(condition.dimension)
        if condition.op in {"top", "bottom"}:
            n, by = condition.values[0], self.metric(condition.by or self.query.metrics[0])
            top = condition.op == "top"
            return Text(
                en=f"the {'top' if top else 'bottom'} {n} by {by.en} ({label.en})",
                zh=f"{by.zh}{'前' if top else '后'}{n}的{label.zh}",
            )
        if condition.op == "range":
            return self._range(condition, label)
        members = [self.member(condition.dimension, v) for v in condition.values]
        if condition.op == "not_in":
            return Text(
                en=f"without {label.en} " + ", ".join(m.en for m in members),
                zh=f"不含{label.zh}" + "、".join(m.zh for m in members),
            )
        numbered = (
            self.schema.dimensions[condition.dimension].value == "int"
            and self.schema.dimensions[condition.dimension].kind != "time"
        )
        prefix = "" if numbered else f"{label.en} "
        return Text(
            en=prefix + ", ".join(m.en for m in members),
            zh=("" if numbered else label.zh) + "、".join(m.zh for m in members),
        )

    def _range(self, condition: Filter, label: Text) -> Text:
        low, high = condition.values
        if self.schema.dimensions[condition.dimension].grain == "hour":
            return Text(en=f"{int(low or 0):02d}:00–{int(high or 24):02d}:00", zh=f"{low}点至{high}点")
        return Text(en=f"{label.en} {low}–{high}", zh=f"{label.zh}{low}–{high}")

    def scope(self) -> Text:
        """Period and conditions: the tail of most sentences."""
        period, conditions = self.period(), self.conditions()
        return Text(en=period.en + conditions.en, zh=period.zh + conditions.zh)


def _same(label: str, raw: str) -> bool:
    return label.casefold().replace(" ", "") == raw.casefold().replace(" ", "")
