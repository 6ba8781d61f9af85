"""Facts of a semantic query's rows: each one thing worth saying, worded in both languages, tied to its cells."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from db.semantic.query import SemanticQuery
from db.semantic.result import QueryResult
from db.semantic.schema import Text
from tools import format as fmt
from tools.evidence import Cell, Fact, Unit, Value
from tools.wording import Wording

LIST_ROWS = 12  # a sentence lists up to a year of months; longer tables name their ends and leave the rest to the table
HEAD_ROWS = 5

Row = tuple[Value, ...]


class FactWriter:
    """Writes the facts of one result.

    Args:
        wording: names and conditions of the query in words.
        result: its rows; key columns first.
        evidence: id that the cells refer to.
    """

    def __init__(self, wording: Wording, result: QueryResult, evidence: str) -> None:
        self.words, self.result, self.evidence = wording, result, evidence
        self.query: SemanticQuery = wording.query
        self.column = {c.name: i for i, c in enumerate(result.columns)}
        self.keys = len(self.query.group_by)
        self.currency = wording.schema.currency

    def write(self) -> tuple[Fact, ...]:
        """All facts, most important first."""
        if not self.result.rows:
            return (self._nothing(),)
        if not self.keys:
            return tuple(f for name in self.query.metrics for f in self._single(name))
        facts = [*self._groups()]
        facts += [f for f in (self._total(),) if f]
        return tuple(facts)

    # cells and values -------------------------------------------------------------------------------------------

    def value(self, row: Row, column: str) -> Value:
        return row[self.column[column]]

    def unit(self, column: str) -> Unit:
        return self.result.columns[self.column[column]].unit

    def shown(self, row: Row, column: str) -> str:
        return fmt.number(self.value(row, column), self.unit(column), self.currency)

    def key(self, row: Row) -> Text:
        return self.words.key(row[: self.keys])

    def cells(self, rows: Sequence[int], *columns: str) -> tuple[Cell, ...]:
        return tuple(Cell(self.evidence, r, c) for r in rows for c in columns)

    def has(self, column: str) -> bool:
        return column in self.column

    def fact(self, value: Value, unit: Unit, en: str, zh: str, cells: tuple[Cell, ...], weight: float) -> Fact:
        return Fact("", value, unit, Text(en=en, zh=zh), cells, weight)

    # one row ------------------------------------------------------------------------------------------------------

    def _nothing(self) -> Fact:
        scope = self.words.scope()
        if self.query.having:
            limits = self._limits()
            what = self.words.dimension(self.query.group_by[0]) if self.query.group_by else Text(en="row", zh="记录")
            return self.fact(
                0,
                "count",
                f"No {what.en} has {limits.en} {scope.en}.",
                f"{scope.zh}没有{limits.zh}的{what.zh}。",
                (),
                1.0,
            )
        metric = self.words.metric(self.query.metrics[0])
        return self.fact(
            0, "count", f"There is no {metric.en} {scope.en}.", f"{scope.zh}没有{metric.zh}数据。", (), 1.0
        )

    def _single(self, name: str) -> list[Fact]:
        row = self.result.rows[0]
        metric, scope = self.words.metric(name), self.words.scope()
        if self.value(row, name) is None:
            return [self._undefined(name)]
        verb = "were" if metric.en.endswith("s") else "was"
        text = self.shown(row, name)
        facts = [
            self.fact(
                self.value(row, name),
                self.unit(name),
                f"{_first_up(metric.en)} {scope.en} {verb} {text}.",
                f"{scope.zh}的{metric.zh}为{text}。",
                self.cells([0], name),
                1.0,
            )
        ]
        if self.has(f"{name}__change"):
            facts.append(self._change(name, row))
        return facts

    def _undefined(self, name: str) -> Fact:
        metric, scope = self.words.metric(name), self.words.scope()
        declared = self.words.schema.metrics[name]
        if declared.denominator:
            under = self.words.metric(declared.denominator)
            en = f"{_first_up(metric.en)} {scope.en} cannot be computed: {under.en} there is zero."
            return self.fact(
                None, "text", en, f"{scope.zh}的{metric.zh}无法计算：{under.zh}为零。", self.cells([0], name), 1.0
            )
        return self.fact(
            None,
            "text",
            f"There is no {metric.en} {scope.en}.",
            f"{scope.zh}没有{metric.zh}数据。",
            self.cells([0], name),
            1.0,
        )

    def _change(self, name: str, row: Row) -> Fact:
        metric, baseline = self.words.metric(name), self.words.baseline()
        change, before = self.value(row, f"{name}__change"), self.shown(row, f"{name}__previous")
        columns = (f"{name}__change", f"{name}__previous", f"{name}__change_pct")
        cells = self.cells([0], *columns)
        if change is None or self.value(row, f"{name}__previous") is None:
            en = f"There is nothing to compare with in {baseline.en}."
            return self.fact(None, "text", en, f"{baseline.zh}没有可比数据。", cells, 0.9)
        if change == 0:
            return self.fact(
                change,
                self.unit(name),
                f"{_first_up(metric.en)} did not change from {baseline.en} ({before}).",
                f"{metric.zh}与{baseline.zh}（{before}）持平。",
                cells,
                0.9,
            )
        up = not isinstance(change, str) and change > 0
        amount = self._points(name, change)
        rate = self._rate(row, name)
        return self.fact(
            change,
            self.unit(name),
            f"That is {'up' if up else 'down'} {amount.en}{rate.en} from {before} in {baseline.en}.",
            f"{metric.zh}较{baseline.zh}的{before}{'增加' if up else '减少'}{amount.zh}{rate.zh}。",
            cells,
            0.9,
        )

    def _points(self, name: str, change: Value) -> Text:
        """The size of a change; of a ratio in percentage points."""
        assert isinstance(change, int | float | Decimal)
        if self.unit(name) == "ratio":
            points = fmt.number(abs(change) * 100, "number")
            return Text(en=f"{points} percentage points", zh=f"{points}个百分点")
        text = fmt.number(abs(change), self.unit(name), self.currency)
        return Text(en=text, zh=text)

    def _rate(self, row: Row, name: str) -> Text:
        rate = self.value(row, f"{name}__change_pct")
        if rate is None or self.unit(name) == "ratio":
            return Text(en="", zh="")
        text = fmt.signed(rate, "ratio")
        return Text(en=f" ({text})", zh=f"（{text}）")

    # groups -------------------------------------------------------------------------------------------------------

    def _groups(self) -> list[Fact]:
        rows, name = self.result.rows, self.query.metrics[0]
        known = [i for i in range(len(rows)) if self.value(rows[i], self._measured) is not None]
        if not known:
            return [self._undefined(name)]
        if self.query.keep:
            return [self._kept(known)]
        if self.query.having:
            return [self._having(known)]
        if self._ranked and (self.query.limit or len(rows) == 1):
            return [self._winner(known[0]) if len(known) == 1 else self._listed(known[:LIST_ROWS])]
        facts = [self._ends(known)] if len(known) > 1 else []
        facts.append(self._listed(known if len(known) <= LIST_ROWS else known[:HEAD_ROWS], len(known)))
        if self.query.running:
            facts.insert(0, self._accumulated(known[-1]))
        return facts

    @property
    def _measured(self) -> str:
        """The column that orders and headlines: the metric, or its change when the query is ordered by change."""
        name, order = self.query.metrics[0], self.query.order
        return f"{name}__{order.by}" if order and order.by in {"change", "change_pct"} else name

    @property
    def _ranked(self) -> bool:
        return self.query.order is not None

    def _item(self, row: Row) -> Text:
        key = self.key(row)
        values_en, values_zh = [], []
        for name in self.query.metrics:
            text = self.shown(row, name)
            extra_en, extra_zh = self._extras(row, name)
            several = len(self.query.metrics) > 1
            metric = self.words.metric(name)
            values_en.append((f"{metric.en} " if several else "") + text + extra_en)
            values_zh.append((metric.zh if several else "") + text + extra_zh)
        return Text(en=f"{key.en} {', '.join(values_en)}", zh=f"{key.zh} {'、'.join(values_zh)}")

    def _extras(self, row: Row, name: str) -> tuple[str, str]:
        en, zh = [], []
        if self.has(f"{name}__share"):
            share = self.shown(row, f"{name}__share")
            en.append(share), zh.append(share)
        if self.has(f"{name}__change"):
            change = fmt.signed(self.value(row, f"{name}__change"), self.unit(name), self.currency)
            rate = self.value(row, f"{name}__change_pct")
            rated = f", {fmt.signed(rate, 'ratio')}" if rate is not None else ""
            before = self.shown(row, f"{name}__previous")
            en.append(f"{change}{rated} from {before}"), zh.append(f"较{before}变化{change}{rated}")
        return (f" ({'; '.join(en)})", f"（{'；'.join(zh)}）") if en else ("", "")

    def _columns(self) -> list[str]:
        return [c.name for c in self.result.columns if c.kind != "key"]

    def _winner(self, index: int) -> Fact:
        row, measured = self.result.rows[index], self._measured
        metric, scope, key = self.words.metric(self.query.metrics[0]), self.words.scope(), self.key(row)
        low = self.query.order is not None and self.query.order.direction == "asc"
        change = measured != self.query.metrics[0]
        en = f"{_first_up(key.en)} had the {self._superlative(low, change)} {metric.en} {scope.en}: {self._tail(row).en}."
        kind = ("变化最小" if low else "增长最多") if change else ("最低" if low else "最高")
        kind = "下降最多" if change and low else kind
        zh = f"{scope.zh}{metric.zh}{kind}的是{key.zh}：{self._tail(row).zh}。"
        return self.fact(
            self.value(row, measured),
            self.unit(measured),
            en,
            zh,
            self.cells([index], *self.query.group_by, *self._columns()),
            1.0,
        )

    def _superlative(self, low: bool, change: bool) -> str:
        if change:
            return "largest fall in" if low else "largest rise in"
        return "lowest" if low else "highest"

    def _tail(self, row: Row) -> Text:
        """The item without its key."""
        item, key = self._item(row), self.key(row)
        return Text(en=item.en[len(key.en) + 1 :], zh=item.zh[len(key.zh) + 1 :])

    def _listed(self, indexes: Sequence[int], total: int | None = None) -> Fact:
        rows = [self.result.rows[i] for i in indexes]
        split, metrics = self._split(), self._metrics()
        scope = self.words.scope()
        items = [self._item(row) for row in rows]
        more = (total or len(rows)) - len(rows)
        rest = Text(en=f"; {more} more in the table", zh=f"；其余{more}项见表") if more > 0 else Text(en="", zh="")
        head = (
            self._head(len(rows), split, metrics)
            if self._ranked
            else Text(en=f"{_first_up(metrics.en)} by {split.en}", zh=f"各{split.zh}的{metrics.zh}")
        )
        if more > 0 and not self._ranked:
            head = Text(en=f"{head.en}, first rows", zh=f"{head.zh}（前{len(rows)}项）")
        en = f"{head.en} {scope.en}: " + "; ".join(i.en for i in items) + f"{rest.en}."
        zh = f"{scope.zh}{head.zh}：" + "；".join(i.zh for i in items) + f"{rest.zh}。"
        return self.fact(len(rows), "count", en, zh, self.cells(indexes, *self.query.group_by, *self._columns()), 0.8)

    def _head(self, count: int, split: Text, metrics: Text) -> Text:
        low = self.query.order is not None and self.query.order.direction == "asc"
        change = self._measured != self.query.metrics[0]
        if self.query.limit is None or self.query.limit_per:
            return Text(
                en=f"{_first_up(metrics.en)} by {split.en}, {'lowest' if low else 'highest'} first,",
                zh=f"按{'升序' if low else '降序'}，各{split.zh}的{metrics.zh}",
            )
        of = Text(en=f"change in {metrics.en}", zh=f"{metrics.zh}变化") if change else metrics
        return Text(
            en=f"The {count} {'lowest' if low else 'highest'} by {of.en} ({split.en})",
            zh=f"{of.zh}{'最低' if low else '最高'}的{count}个{split.zh}",
        )

    def _split(self) -> Text:
        names = [self.words.dimension(d) for d in self.query.group_by]
        return Text(en=" and ".join(n.en for n in names), zh="、".join(n.zh for n in names))

    def _metrics(self) -> Text:
        names = [self.words.metric(m) for m in self.query.metrics]
        return Text(en=" and ".join(n.en for n in names), zh="和".join(n.zh for n in names))

    def _ends(self, known: Sequence[int]) -> Fact:
        measured = self._measured
        order = sorted(known, key=lambda i: self._sortable(i, measured))
        low, high = order[0], order[-1]
        rows = self.result.rows
        metric, split, scope = self.words.metric(self.query.metrics[0]), self._split(), self.words.scope()
        change = measured != self.query.metrics[0]
        en = (
            f"{'The change in ' if change else ''}{metric.en} by {split.en} {scope.en} was highest for {self.key(rows[high]).en} ({self._plain(rows[high])}) "
            f"and lowest for {self.key(rows[low]).en} ({self._plain(rows[low])}), over {len(known)} rows."
        )
        zh = (
            f"{scope.zh}，按{split.zh}看{metric.zh}{'变化' if change else ''}最高的是{self.key(rows[high]).zh}（{self._plain(rows[high])}），"
            f"最低的是{self.key(rows[low]).zh}（{self._plain(rows[low])}），共{len(known)}项。"
        )
        cells = self.cells([high, low], *self.query.group_by, measured)
        return self.fact(self.value(rows[high], measured), self.unit(measured), _first_up(en), zh, cells, 1.0)

    def _plain(self, row: Row) -> str:
        measured = self._measured
        if measured != self.query.metrics[0]:
            return fmt.signed(self.value(row, measured), self.unit(measured), self.currency)
        return self.shown(row, measured)

    def _sortable(self, index: int, column: str) -> float:
        value = self.value(self.result.rows[index], column)
        return float(value) if isinstance(value, int | float | Decimal) else 0.0

    def _kept(self, known: Sequence[int]) -> Fact:
        name = self.query.metrics[0]
        metric, scope = self.words.metric(name), self.words.scope()
        en, zh = [], []
        for i in known[:LIST_ROWS]:
            row = self.result.rows[i]
            share, value, key = self.shown(row, f"{name}__share"), self.shown(row, name), self.key(row)
            en.append(f"{key.en} made up {share} of {metric.en} {scope.en} ({value})")
            zh.append(f"{key.zh}占{scope.zh}{metric.zh}的{share}（{value}）")
        first = self.result.rows[known[0]]
        text = Text(en="; ".join(en) + ".", zh="；".join(zh) + "。")
        cells = self.cells(known[:LIST_ROWS], *self.query.group_by, name, f"{name}__share")
        return Fact(
            "", self.value(first, f"{name}__share"), "ratio", Text(en=_first_up(text.en), zh=text.zh), cells, 1.0
        )

    def _having(self, known: Sequence[int]) -> Fact:
        limits, scope, split = self._limits(), self.words.scope(), self._split()
        shown = known[:LIST_ROWS] if len(known) <= LIST_ROWS else known[:HEAD_ROWS]
        items = [self._item(self.result.rows[i]) for i in shown]
        more = len(known) - len(shown)
        en = f"{len(known):,} of the rows by {split.en} have {limits.en} {scope.en}: " + "; ".join(i.en for i in items)
        zh = f"{scope.zh}{limits.zh}的{split.zh}共有{len(known):,}个：" + "；".join(i.zh for i in items)
        tail = Text(en=f"; {more} more in the table." if more else ".", zh=f"；其余{more}个见表。" if more else "。")
        return self.fact(
            len(known),
            "count",
            en + tail.en,
            zh + tail.zh,
            self.cells(shown, *self.query.group_by, *self._columns()),
            1.0,
        )

    def _limits(self) -> Text:
        en, zh = [], []
        for limit in self.query.having:
            metric = self.words.metric(limit.metric)
            unit: Unit = self.words.schema.metrics[limit.metric].unit
            for bound, above in ((limit.low, True), (limit.high, False)):
                if bound is None:
                    continue
                text = fmt.number(bound, unit, self.currency)
                sign_en = (
                    ("above" if limit.strict else "at least") if above else ("below" if limit.strict else "at most")
                )
                sign_zh = ("超过" if limit.strict else "不低于") if above else ("低于" if limit.strict else "不超过")
                en.append(f"{metric.en} {sign_en} {text}"), zh.append(f"{metric.zh}{sign_zh}{text}")
        return Text(en=" and ".join(en), zh="且".join(zh))

    def _accumulated(self, last: int) -> Fact:
        row, name = self.result.rows[last], self.query.metrics[0]
        column = f"{name}__running"
        metric, key, scope = self.words.metric(name), self.key(row), self.words.scope()
        text = self.shown(row, column)
        return self.fact(
            self.value(row, column),
            self.unit(column),
            f"Cumulative {metric.en} {scope.en} reached {text} by {key.en}.",
            f"{scope.zh}，截至{key.zh}，累计{metric.zh}为{text}。",
            self.cells([last], *self.query.group_by, column),
            1.1,
        )

    def _total(self) -> Fact | None:
        """The sum of all rows, where rows sum and none is missing."""
        name = self.query.metrics[0]
        metric = self.words.schema.metrics[name]
        cut = self.query.limit or self.query.having or self.query.per or self.query.keep or self.result.truncated
        time_only = all(self.words.schema.dimensions[d].kind == "time" for d in self.query.group_by)
        sums = metric.additive or (metric.additive_time and time_only)
        values = [self.value(row, name) for row in self.result.rows]
        if cut or not sums or len(values) < 2:
            return None
        total = sum(
            (v for v in values if isinstance(v, int | float | Decimal)),
            Decimal(0) if self.unit(name) == "currency" else 0,
        )
        words, scope = self.words.metric(name), self.words.scope()
        text = fmt.number(total, self.unit(name), self.currency)
        cells = self.cells(range(len(values)), name)
        return self.fact(
            total,
            self.unit(name),
            f"All rows together: {words.en} of {text}.",
            f"{scope.zh}{words.zh}合计{text}。",
            cells,
            0.5,
        )


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]
