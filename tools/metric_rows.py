"""The rows of a semantic query as words: values, keys, and a row as an item of a list."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeAlias

from db.semantic.query import MetricFilter, SemanticQuery
from db.semantic.result import QueryResult
from db.semantic.schema import Text
from tools import format as fmt
from tools.evidence import Cell, Fact, Unit, Value
from tools.wording import Wording

Row = tuple[Value, ...]
Number: TypeAlias = int | float | Decimal


class RowReader:
    """Reads and words the rows of one result.

    Args:
        wording: names and conditions of the query in words.
        result: its rows; key columns first.
        evidence: id that the cells refer to.
    """

    def __init__(self, wording: Wording, result: QueryResult, evidence: str) -> None:
        self.words, self.result, self.evidence = wording, result, evidence
        self.query: SemanticQuery = wording.query
        self.rows = result.rows
        self.name = self.query.metrics[0]
        self.keys = len(self.query.group_by)
        self.currency = wording.schema.currency
        self._column = {c.name: i for i, c in enumerate(result.columns)}

    @property
    def measured(self) -> str:
        """The column that orders and headlines: the metric, or its change when the query is ordered by change."""
        order = self.query.order
        return f"{self.name}__{order.by}" if order and order.by in {"change", "change_pct"} else self.name

    @property
    def by_change(self) -> bool:
        """Whether the rows are ordered by how much the metric changed."""
        return self.measured != self.name

    @property
    def low_first(self) -> bool:
        """Whether the rows ascend."""
        return self.query.order is not None and self.query.order.direction == "asc"

    def has(self, column: str) -> bool:
        """Whether the result holds a column."""
        return column in self._column

    def value(self, row: Row, column: str) -> Value:
        """The value of a row's cell."""
        return row[self._column[column]]

    def figure(self, row: Row, column: str) -> Number:
        """The value of a row's cell as a number; 0 where there is none."""
        value = self.value(row, column)
        return value if isinstance(value, (int, float, Decimal)) else 0

    def unit(self, column: str) -> Unit:
        """The unit of a column."""
        return self.result.columns[self._column[column]].unit

    def shown(self, row: Row, column: str) -> str:
        """A cell as people read it."""
        return fmt.number(self.value(row, column), self.unit(column), self.currency)

    def key(self, row: Row) -> Text:
        """A row's members."""
        return self.words.key(row[: self.keys])

    def cells(self, rows: Sequence[int], *columns: str) -> tuple[Cell, ...]:
        """The cells of some rows and columns."""
        return tuple(Cell(self.evidence, r, c) for r in rows for c in columns)

    def fact(self, value: Value, unit: Unit, text: Text, cells: tuple[Cell, ...], weight: float) -> Fact:
        """A fact that is numbered later."""
        return Fact("", value, unit, text, cells, weight)

    def columns(self) -> list[str]:
        """All columns that hold figures."""
        return [c.name for c in self.result.columns if c.kind != "key"]

    def amount(self, name: str, change: Number) -> Text:
        """The size of a change without its sign; of a ratio in percentage points."""
        size = change if change >= 0 else -change
        if self.unit(name) == "ratio":
            points = fmt.number(size * 100, "number")
            return Text(en=f"{points} percentage points", zh=f"{points}个百分点")
        text = fmt.number(size, self.unit(name), self.currency)
        return Text(en=text, zh=text)

    def rate(self, row: Row, name: str) -> str:
        """A change as a signed percentage; empty for ratios and where nothing was before."""
        rate = self.value(row, f"{name}__change_pct")
        return "" if rate is None or self.unit(name) == "ratio" else fmt.signed(rate, "ratio")

    def item(self, row: Row) -> Text:
        """A row in a list: "GROCERY $2,315,299.04 (50.4%)"."""
        key, tail = self.key(row), self.tail(row)
        dash = " " if self.unit(self.name) == "currency" and len(self.query.metrics) == 1 else " – "
        dash_zh = "" if key.zh.endswith("）") and dash == " " else dash
        return Text(en=f"{key.en}{dash}{tail.en}", zh=f"{key.zh}{dash_zh}{tail.zh}")

    def tail(self, row: Row) -> Text:
        """A row's figures: each metric with its share and its change."""
        en, zh = [], []
        for name in self.query.metrics:
            column = f"{name}__running" if self.query.running and self.has(f"{name}__running") else name
            metric = self.words.metric(name) if len(self.query.metrics) > 1 else Text(en="", zh="")
            extras = self._extras(row, name)
            en.append(f"{metric.en} {self.shown(row, column)}{extras.en}".strip())
            zh.append(f"{metric.zh}{self.shown(row, column)}{extras.zh}")
        return Text(en=", ".join(en), zh="、".join(zh))

    def _extras(self, row: Row, name: str) -> Text:
        en, zh = [], []
        if self.has(f"{name}__share"):
            share = self.shown(row, f"{name}__share")
            en.append(share)
            zh.append(f"占{share}")
        if self.has(f"{name}__change"):
            change = self._moved(row, name)
            en.append(change.en)
            zh.append(change.zh)
        return Text(en=f" ({'; '.join(en)})", zh=f"（{'；'.join(zh)}）") if en else Text(en="", zh="")

    def _moved(self, row: Row, name: str) -> Text:
        if self.value(row, f"{name}__change") is None:
            return Text(en="nothing to compare with", zh="无可比数据")
        change, before, rate = (
            self.figure(row, f"{name}__change"),
            self.shown(row, f"{name}__previous"),
            self.rate(row, name),
        )
        if change == 0:
            return Text(en=f"unchanged from {before}", zh=f"与{before}持平")
        amount = self.amount(name, change)
        return Text(
            en=f"{'up' if change > 0 else 'down'} {amount.en}{f', {rate},' if rate else ''} from {before}",
            zh=f"较{before}{'增加' if change > 0 else '减少'}{amount.zh}{f'，{rate}' if rate else ''}",
        )

    def limits(self) -> Text:
        """The query's conditions on metrics: "revenue above $100,000"."""
        en, zh = [], []
        for limit in self.query.having:
            name, extra, _ = limit.metric.partition("__")
            metric = self.words.metric(name)
            if extra:  # of how much it changed
                moved = _moved_by(limit)
                en.append(f"{metric.en} {moved.en}")
                zh.append(f"{metric.zh}{moved.zh}")
                continue
            unit: Unit = self.words.schema.metrics[limit.metric].unit
            for bound, above in ((limit.low, True), (limit.high, False)):
                if bound is None:
                    continue
                text = fmt.number(bound, unit, self.currency).removesuffix(".00")
                sign_en = (
                    ("above" if limit.strict else "at least") if above else ("below" if limit.strict else "at most")
                )
                sign_zh = ("超过" if limit.strict else "不低于") if above else ("低于" if limit.strict else "不超过")
                en.append(f"{metric.en} {sign_en} {text}")
                zh.append(f"{metric.zh}{sign_zh}{text}")
        return Text(en=" and ".join(en), zh="且".join(zh))


def _moved_by(limit: MetricFilter) -> Text:
    """A bound on a relative change: "down by more than 10%"."""
    bound = limit.low if limit.low is not None else limit.high or 0.0
    share = fmt.number(abs(bound), "ratio", "").removesuffix("%").rstrip("0").rstrip(".") + "%"
    down = limit.low is None
    more_en = ("more than" if limit.strict else "at least") if down == (bound < 0) else "at most"
    more_zh = ("超过" if limit.strict else "至少") if down == (bound < 0) else "不超过"
    return Text(
        en=f"{'down' if bound < 0 else 'up'} by {more_en} {share}",
        zh=f"{'下降' if bound < 0 else '上升'}{more_zh}{share}",
    )
