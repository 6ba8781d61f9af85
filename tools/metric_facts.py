"""Facts of a semantic query's rows: each one thing worth saying, worded in both languages, tied to its cells."""

from __future__ import annotations

from db.semantic.result import QueryResult
from db.semantic.schema import Text
from tools import format as fmt
from tools.evidence import Fact
from tools.grammar import first_up, was
from tools.metric_groups import GroupWriter
from tools.metric_rows import Row, RowReader
from tools.wording import Wording


def write_facts(wording: Wording, result: QueryResult, evidence: str) -> tuple[Fact, ...]:
    """All facts of a result, most important first.

    Args:
        wording: names and conditions of the query in words.
        result: its rows; key columns first.
        evidence: id that the cells refer to.
    """
    single = SingleWriter(wording, result, evidence)
    if not result.rows:
        return (single.nothing(),)
    if not wording.query.group_by:
        return tuple(fact for name in wording.query.metrics for fact in single.write(name))
    known = GroupWriter(wording, result, evidence).write()
    return tuple(known) or (single.undefined(wording.query.metrics[0]),)


class SingleWriter(RowReader):
    """Facts of a result without a split: one row, or none."""

    def nothing(self) -> Fact:
        """No row at all."""
        scope = self.words.scope()
        if self.query.having and self.query.group_by:
            limits, what = self.limits(), self.words.dimension(self.query.group_by[0])
            text = Text(en=f"No {what.en} had {limits.en} {scope.en}.", zh=f"{scope.zh}没有{limits.zh}的{what.zh}。")
            return self.fact(0, "count", text, (), 1.0)
        metric = self.words.metric(self.name)
        text = Text(en=f"There is no data on {metric.en} {scope.en}.", zh=f"{scope.zh}没有{metric.zh}数据。")
        return self.fact(0, "count", text, (), 1.0)

    def write(self, name: str) -> list[Fact]:
        """The figure of one metric, and how it moved."""
        (row, *_) = self.rows
        if self.value(row, name) is None:
            return [self.undefined(name)]
        metric, scope = self.words.metric(name), self.words.scope(closed=True)
        shown = self.shown(row, name)
        text = Text(
            en=f"{first_up(metric.en)} {scope.en} {was(metric.en)} {shown}.", zh=f"{scope.zh}的{metric.zh}为{shown}。"
        )
        facts = [self.fact(self.value(row, name), self.unit(name), text, self.cells([0], name), 1.0)]
        if self.query.compare and self.has(f"{name}__change"):
            facts.append(self._change(name, row, fmt.period(self.query.compare)))
        return facts

    def undefined(self, name: str) -> Fact:
        """A metric that has no value: a ratio over zero, or nothing to average."""
        metric, scope = self.words.metric(name), self.words.scope(closed=True)
        under = self.words.schema.metrics[name].denominator
        if under is None:
            text = Text(
                en=f"There is no data on {metric.en} {self.words.scope().en}.", zh=f"{scope.zh}没有{metric.zh}数据。"
            )
        else:
            part = self.words.metric(under)
            text = Text(
                en=f"{first_up(metric.en)} {scope.en} cannot be computed: {part.en} {was(part.en)} zero.",
                zh=f"{scope.zh}的{metric.zh}无法计算：{part.zh}为零。",
            )
        return self.fact(None, "text", text, self.cells([0], name), 1.0)

    def _change(self, name: str, row: Row, baseline: Text) -> Fact:
        metric = self.words.metric(name)
        cells = self.cells([0], f"{name}__change", f"{name}__previous", f"{name}__change_pct")
        if self.value(row, f"{name}__change") is None:
            text = Text(en=f"There is nothing to compare with in {baseline.en}.", zh=f"{baseline.zh}没有可比数据。")
            return self.fact(None, "text", text, cells, 0.9)
        change, before, rate = (
            self.figure(row, f"{name}__change"),
            self.shown(row, f"{name}__previous"),
            self.rate(row, name),
        )
        if change == 0:
            text = Text(en=f"That is the same as in {baseline.en}.", zh=f"{metric.zh}与{baseline.zh}（{before}）持平。")
            return self.fact(change, self.unit(name), text, cells, 0.9)
        up, amount = change > 0, self.amount(name, change)
        rated = Text(en=f" ({rate})" if rate else "", zh=f"（{rate}）" if rate else "")
        text = Text(
            en=f"That is {'up' if up else 'down'} {amount.en}{rated.en} from {before} {_in(baseline)}.",
            zh=f"{metric.zh}较{baseline.zh}的{before}{'增加' if up else '减少'}{amount.zh}{rated.zh}。",
        )
        return self.fact(change, self.unit(name), text, cells, 0.9)


def _in(period: Text) -> str:
    return f"{'over' if period.en[:1].isdigit() and ' to ' in period.en else 'in'} {period.en}"
