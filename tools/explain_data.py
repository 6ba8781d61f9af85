"""What an explanation reads: totals and splits of both periods, by the semantic layer and under its row filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from db.semantic.query import Filter, Interval, SemanticQuery
from db.semantic.result import QueryResult
from db.semantic.schema import Dimension
from models.causes.decomposition import Part, exact, rate_and_mix
from tools.evidence import Value
from tools.explain_periods import Periods
from tools.registry import ToolContext

SPLIT_ROWS = 3_000  # members of one dimension; the demo store's product types are 2,378, read in 0.2 s
PAIR_ROWS = 20_000
Key = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """One member (or pair, or the whole) in two periods. ``under`` is the denominator of a ratio, 1 for a sum.

    ``part``: what it adds to the change of the whole; for ratios the sum of ``rate`` and ``mix``.
    """

    key: Key
    before: Fraction
    now: Fraction
    under_before: Fraction = Fraction(1)
    under_now: Fraction = Fraction(1)
    part: Fraction = Fraction(0)
    rate: Fraction | None = None
    mix: Fraction | None = None

    @property
    def value_before(self) -> Fraction | None:
        """The metric of this member before; None where a ratio has no denominator."""
        return self.before / self.under_before if self.under_before else None

    @property
    def value_now(self) -> Fraction | None:
        """The metric of this member now."""
        return self.now / self.under_now if self.under_now else None


@dataclass(frozen=True, slots=True)
class Split:
    """The members of one dimension or pair. ``exact``: their parts sum to the change, since no row counts in two."""

    dimensions: tuple[str, ...]
    moves: tuple[Move, ...]
    exact: bool
    sql: str


class Reader:
    """Reads one metric in two periods.

    Args:
        filters: conditions of the question, on top of the asker's own.
    """

    def __init__(self, metric: str, filters: tuple[Filter, ...], periods: Periods, context: ToolContext) -> None:
        self.schema, self.store, self.context = context.store.schema, context.store, context
        self.metric, self.filters, self.periods = self.schema.metric(metric), filters, periods
        over, under = self.metric.numerator, self.metric.denominator
        self.names: tuple[str, ...] = (over, under) if over and under else (metric,)

    @cached_property
    def total(self) -> Move:
        """The whole; its part is the whole change."""
        move = self._moves(())[0][0]
        whole = (move.value_now or Fraction(0)) - (move.value_before or Fraction(0))
        return Move((), move.before, move.now, move.under_before, move.under_now, whole)

    @property
    def is_ratio(self) -> bool:
        """Whether the metric is a ratio of two others."""
        return len(self.names) == 2

    def split(self, dimensions: Sequence[str]) -> Split | None:
        """The members of a dimension or pair; None where there are too many to read."""
        moves, sql, truncated = self._moves(tuple(dimensions))
        if truncated:
            return None
        parts, whole = self._parts(moves)
        return Split(tuple(dimensions), parts, whole, sql)

    def figures(self, metrics: Sequence[str]) -> tuple[dict[str, Fraction], dict[str, Fraction]]:
        """Other metrics under the same conditions: before, and now."""
        result = self._run(tuple(metrics), (), self.periods.time, self.periods.compare)
        row, size = result.rows[0], len(metrics)
        column = {c.name: i for i, c in enumerate(result.columns)}
        names = list(metrics)[:size]
        before = {m: exact(_number(row[column[f"{m}__previous"]])) for m in names}
        return before, {m: exact(_number(row[column[m]])) for m in names}

    def goods(self, dimension: str, metrics: tuple[str, str]) -> list[tuple[Fraction, Fraction, Fraction, Fraction]]:
        """Two metrics by a dimension: (first before, second before, first now, second now) of each member."""
        result = self._run(metrics, (dimension,), self.periods.time, self.periods.compare, PAIR_ROWS)
        column = {c.name: i for i, c in enumerate(result.columns)}
        wanted = [column[name] for name in (f"{metrics[0]}__previous", f"{metrics[1]}__previous", *metrics)]
        if result.truncated:
            return []
        found = [tuple(exact(_number(row[i])) for i in wanted) for row in result.rows]
        return [(a, b, c, d) for a, b, c, d in found]

    def value(self, period: Interval) -> Fraction | None:
        """The metric in another period; None where it has no value."""
        row = self._run(self.names, (), period, None).rows[0]
        over, under = exact(_number(row[0])), exact(_number(row[1])) if self.is_ratio else Fraction(1)
        return over / under if under else None

    def days(self, period: Interval) -> dict[str, tuple[Fraction, Fraction]] | None:
        """Numerator and denominator of each day; None where days do not add up to a period."""
        day = next((d for d in self.schema.dimensions.values() if d.grain == "day"), None)
        if day is None or not all(self.schema.metric(name).sums_over_time for name in self.names):
            return None
        rows = self._run(self.names, (day.name,), period, None, PAIR_ROWS).rows
        return {
            str(row[0]): (exact(_number(row[1])), exact(_number(row[2])) if self.is_ratio else Fraction(1))
            for row in rows
        }

    def splits_by(self, dimension: Dimension) -> bool:
        """Whether the metric can be split by a dimension whose members may be shown."""
        return dimension.pii == "none" and self.schema.can_split(self.metric.name, dimension.name)

    def _moves(self, dimensions: tuple[str, ...]) -> tuple[list[Move], str, bool]:
        cap = SPLIT_ROWS if len(dimensions) < 2 else PAIR_ROWS
        result = self._run(self.names, dimensions, self.periods.time, self.periods.compare, cap)
        column = {c.name: i for i, c in enumerate(result.columns)}
        moves = []
        for row in result.rows:
            now = [exact(_number(row[column[name]])) for name in self.names]
            then = [exact(_number(row[column[f"{name}__previous"]])) for name in self.names]
            under = (then[1], now[1]) if self.is_ratio else (Fraction(1), Fraction(1))
            moves.append(Move(row[: len(dimensions)], then[0], now[0], *under))
        return moves, result.sql, result.truncated

    def _parts(self, moves: list[Move]) -> tuple[tuple[Move, ...], bool]:
        """What each member adds to the change, and whether these parts are the whole of it."""
        whole = self.total
        adds = _adds(moves, whole, "before", "now")
        if not self.is_ratio:
            return tuple(_with(m, m.now - m.before) for m in moves), adds
        if adds and _adds(moves, whole, "under_before", "under_now"):
            both = rate_and_mix({i: Part(m.before, m.under_before, m.now, m.under_now) for i, m in enumerate(moves)})
            return tuple(_with(m, sum(both[i], Fraction(0)), *both[i]) for i, m in enumerate(moves)), True
        shares = [m.now / whole.under_now - m.before / whole.under_before for m in moves]
        return tuple(_with(m, part) for m, part in zip(moves, shares, strict=True)), adds

    def _run(
        self,
        metrics: tuple[str, ...],
        group_by: tuple[str, ...],
        time: Interval,
        compare: Interval | None,
        cap: int = PAIR_ROWS,
    ) -> QueryResult:
        query = SemanticQuery(metrics=metrics, group_by=group_by, filters=self.filters, time=time, compare=compare)
        return self.store.run(query, self.context.row_filters, self.context.query_seconds, cap)


def _with(move: Move, part: Fraction, rate: Fraction | None = None, mix: Fraction | None = None) -> Move:
    return Move(move.key, move.before, move.now, move.under_before, move.under_now, part, rate, mix)


def _adds(moves: Sequence[Move], whole: Move, *names: str) -> bool:
    """Whether the members' figures sum to the whole's, to a millionth (databases that keep money as floats)."""
    for name in names:
        total = getattr(whole, name)
        gap = abs(sum((getattr(m, name) for m in moves), Fraction(0)) - total)
        if gap > max(abs(total), 1) / 1_000_000:
            return False
    return True


def _number(value: Value) -> int | float | Decimal | None:
    return value if isinstance(value, (int, float, Decimal)) else None
