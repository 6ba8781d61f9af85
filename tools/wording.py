"""Names and conditions of a query in words, both languages: "revenue in December 2017, without department FUEL"."""

from __future__ import annotations

import re
from datetime import date, timedelta

from db.semantic.query import Filter, Interval, SemanticQuery
from db.semantic.schema import StoreSchema, Text
from tools import format as fmt
from tools.evidence import Value
from tools.grammar import listed, plural

_PER = {
    "day": Text(en="per day", zh="日均"),
    "week": Text(en="per week", zh="周均"),
    "month": Text(en="per month", zh="月均"),
    "quarter": Text(en="per quarter", zh="季均"),
    "year": Text(en="per year", zh="年均"),
}
_CODE = re.compile(r"[a-z]+(?:_[a-z]+)*")
_CAPITALS = re.compile(r"[A-Z]{2}|Type [A-Z]\b")  # GMV, AOV keep their case inside a sentence
_AT = {
    "day": "on ",
    "weekday": "on ",
    "month": "in ",
    "quarter": "in ",
    "year": "in ",
    "week": "in the ",
    "hour": "at ",
}
_EACH = {"day": "每日", "weekday": "一周各天", "hour": "各时段", "day_type": "工作日与周末"}
LONGEST_NAME = 80  # characters of a member that a sentence shows; the longest of the demo store has 38


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
        en = _lower(metric.label.en)
        if self.query.per is None or not (metric.additive or metric.additive_time or not metric.is_ratio):
            return Text(en=en, zh=metric.label.zh)
        per = _PER[self.query.per]
        return Text(en=f"average {en} {per.en}", zh=f"{per.zh}{metric.label.zh}")

    def dimension(self, name: str) -> Text:
        """A dimension's label inside a sentence."""
        label = self.schema.dimensions[name].label
        return Text(en=_lower(label.en), zh=label.zh)

    def member(self, dimension: str, value: Value) -> Text:
        """A member as people call it; the raw value is kept beside a label that does not hold it."""
        declared = self.schema.dimensions[dimension]
        if value is None:
            return fmt.MISSING
        known = declared.members.get(str(value))
        if declared.kind == "time":
            return known.label if known and known.label else _moment(value, declared.grain)
        raw = " ".join(str(value).split())[:LONGEST_NAME]
        if known and known.label and is_code(raw):
            return known.label
        if known and known.label:
            en, zh = known.label.en, known.label.zh
            return Text(
                en=raw if _same(en, raw) else en if _holds(en, raw) else f"{en} ({raw})",
                zh=zh if _holds(zh, raw) else f"{zh}（{raw}）",
            )
        if declared.value == "int":
            return Text(en=f"{_lower(declared.label.en)} {raw}", zh=f"{declared.label.zh}{raw}")
        return Text(en=raw, zh=raw)

    def key(self, values: tuple[Value, ...]) -> Text:
        """The key of a row: its members, with a slash between two."""
        parts = [self.member(d, v) for d, v in zip(self.query.group_by, values, strict=True)]
        return Text(en=" / ".join(p.en for p in parts), zh=" / ".join(p.zh for p in parts))

    def at(self) -> str:
        """The preposition before a row's key in English: "on " Saturday, "in " July 2017, "for " GROCERY."""
        if len(self.query.group_by) != 1:
            return "for "
        return _AT.get(self.schema.dimensions[self.query.group_by[0]].grain or "", "for ")

    def split(self) -> Text:
        """What the rows are: "department and month"."""
        names = [self.dimension(d) for d in self.query.group_by]
        return Text(en=listed([n.en for n in names]), zh="、".join(n.zh for n in names))

    def each(self) -> str:
        """ "by department" in Chinese: 各部门, 每日."""
        grains = [(self.schema.dimensions[d].grain or "", self.dimension(d).zh) for d in self.query.group_by]
        return "、".join(_EACH.get(grain, f"各{label}") for grain, label in grains)

    def rows(self, count: int) -> Text:
        """So many of what the rows are: "5 departments", "5 combinations of department and month"."""
        names = [self.dimension(d) for d in self.query.group_by]
        if len(names) > 1:
            pairs = "combination" if count == 1 else "combinations"
            return Text(en=f"{count:,} {pairs} of {self.split().en}", zh=f"{count:,}组{self.split().zh}")
        return Text(
            en=f"{count:,} {names[0].en if count == 1 else plural(names[0].en)}", zh=f"{count:,}个{names[0].zh}"
        )

    def metrics(self) -> Text:
        """All metrics of the query."""
        names = [self.metric(m) for m in self.query.metrics]
        return Text(en=listed([n.en for n in names]), zh="和".join(n.zh for n in names))

    def period(self) -> Text:
        """ "in December 2017"; without a period, the range of all the data."""
        if self.query.time is None:
            last = self.data.end - timedelta(days=1)
            return Text(
                en=f"in all the data ({self.data.start} to {last})", zh=f"全部数据（{self.data.start}至{last}）中"
            )
        words = fmt.period(self.query.time)
        ranged = words.en[:1].isdigit() and " to " in words.en
        preposition = "on" if self.query.time.days == 1 else "from" if ranged else "in"
        return Text(en=f"{preposition} {words.en}", zh=words.zh)

    def conditions(self) -> Text:
        """All conditions, ready to follow the period; empty when there are none."""
        filters = [*self.query.filters, *([self.query.keep] if self.query.keep and not self.query.group_by else [])]
        # members that the rows themselves name are not said twice
        parts = [self._condition(f) for f in filters if not (f.op == "in" and f.dimension in self.query.group_by)]
        return Text(en="".join(f", {p.en}" for p in parts), zh="".join(f"，{p.zh}" for p in parts))

    def _condition(self, condition: Filter) -> Text:
        label = self.dimension(condition.dimension)
        if condition.op in {"top", "bottom"}:
            return self._rank(condition, label)
        if condition.op == "range":
            return self._range(condition, label)
        declared = self.schema.dimensions[condition.dimension]
        members = [self.member(condition.dimension, v) for v in condition.values]
        named = declared.kind == "time" or (declared.value == "int" and not declared.members)
        said = label.en.lower().removesuffix("s") in members[0].en.lower()  # "Age 19-24", "One kid"
        noun = "" if named or said else label.en if len(members) == 1 else plural(label.en)
        noun_zh = "" if named or members[0].zh[:2] == label.zh[:2] or label.zh in members[0].zh else label.zh
        without = condition.op == "not_in"
        en, zh = listed([m.en for m in members]), "、".join(m.zh for m in members)
        if ends := self._ends(condition):
            en, zh = f"{ends[0].en} to {ends[1].en}", f"{ends[0].zh}至{ends[1].zh}"
        return Text(
            en=f"{'without ' if without else ''}{noun}{' ' if noun else ''}{en}",
            zh=f"{'不含' if without else ''}{noun_zh}{zh}",
        )

    def _ends(self, condition: Filter) -> tuple[Text, Text] | None:
        """The first and the last of neighbours in a dimension's order, where there are three or more."""
        order = self.schema.dimensions[condition.dimension].ordered
        places = sorted(order.index(str(v)) for v in condition.values if str(v) in order)
        if len(places) < max(3, len(condition.values)) or places[-1] - places[0] >= len(places):
            return None
        first, last = (self.member(condition.dimension, order[at]) for at in (places[0], places[-1]))
        return first, last

    def _rank(self, condition: Filter, label: Text) -> Text:
        n, by = int(condition.values[0] or 0), self.metric(condition.by or self.query.metrics[0])
        top = condition.op == "top"
        noun = label.en if n == 1 else plural(label.en)
        return Text(
            en=f"the {'top' if top else 'bottom'} {n} {noun} by {by.en}",
            zh=f"{by.zh}{'前' if top else '后'}{n}的{label.zh}",
        )

    def _range(self, condition: Filter, label: Text) -> Text:
        low, high = condition.values
        if self.schema.dimensions[condition.dimension].grain == "hour":
            low, high = int(low or 0), int(high or 24)
            return Text(en=f"{low:02d}:00–{high:02d}:00", zh=f"{low}点至{high}点")
        if low is None or high is None:
            return Text(
                en=f"{label.en} {f'below {high}' if low is None else f'from {low} up'}",
                zh=f"{label.zh}{f'低于{high}' if low is None else f'不低于{low}'}",
            )
        return Text(en=f"{label.en} {low}–{high}", zh=f"{label.zh}{low}–{high}")

    def scope(self, closed: bool = False) -> Text:
        """Period and conditions: the tail of most sentences. ``closed``: a verb follows, so a comma ends an aside."""
        period, conditions = self.period(), self.conditions()
        aside = conditions.en or (self.query.time and self.query.time.days == 1)  # "on Monday, 2017-12-25,"
        comma = "," if closed and aside else ""
        return Text(en=period.en + conditions.en + comma, zh=period.zh + conditions.zh)


def _moment(value: Value, grain: str | None) -> Text:
    """A time key inside a sentence; tables keep the store's sortable form."""
    text = str(value)
    if grain == "month" and re.fullmatch(r"\d{4}-\d{2}", text):
        start = date(int(text[:4]), int(text[5:]), 1)
        return fmt.period(Interval(start=start, end=(start + timedelta(days=31)).replace(day=1)))
    if grain == "quarter" and (match := re.fullmatch(r"(\d{4})-Q([1-4])", text)):
        return Text(en=f"Q{match[2]} {match[1]}", zh=f"{match[1]}年第{match[2]}季度")
    if grain == "hour":
        hour = int(text)
        return Text(en=f"{hour:02d}:00–{hour + 1:02d}:00", zh=f"{hour}点")
    if grain == "year":
        return Text(en=text, zh=f"{text}年")
    return fmt.time_key(value, grain)


def _lower(label: str) -> str:
    return label if _CAPITALS.match(label) else label[:1].lower() + label[1:]


def is_code(raw: str) -> bool:
    """Whether a raw value is a code for machines (``paid_search``) and no name, so that its label alone is shown.

    >>> is_code("paid_search"), is_code("DRUG GM")
    (True, False)
    """
    return _CODE.fullmatch(raw) is not None


def _fold(text: str) -> str:
    return re.sub(r"[\s\-–_]+", "", text.casefold())


def _same(label: str, raw: str) -> bool:
    return _fold(label) == _fold(raw)


def _holds(label: str, raw: str) -> bool:
    """Whether the raw value stands in the label as whole words ("Private" in "Private label")."""
    edges = "(?<![A-Za-z0-9])", "(?![A-Za-z0-9])"
    return _same(label, raw) or re.search(edges[0] + re.escape(raw) + edges[1], label, re.IGNORECASE) is not None
