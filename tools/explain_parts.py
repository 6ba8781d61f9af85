"""A change beside its splits: customers × frequency × basket, price × volume × mix, the calendar, and what is usual."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from statistics import median

from db.semantic.query import Interval
from db.semantic.schema import Metric, StoreSchema, Text
from models.causes.decomposition import Goods, price_volume_mix, product_parts
from tools.explain_data import Reader, Split
from tools.explain_periods import past_pairs

PAST = 12  # earlier changes that say what is usual
ENOUGH = 6  # fewer say nothing
FULL_CYCLE = 14  # days of a baseline that hold every weekday twice
USUAL = 2  # times the median earlier change: of a normal spread, four in five stay below


@dataclass(frozen=True, slots=True)
class Effect:
    """One part of a change. ``metric``: the metric whose move it is, where the store has one."""

    name: str
    label: Text
    amount: Fraction
    before: Fraction | None = None
    now: Fraction | None = None
    metric: str | None = None


@dataclass(frozen=True, slots=True)
class Habit:
    """How much the metric moved from period to period before: ``typical`` is the median size, as a fraction."""

    typical: float
    count: int
    now: float

    @property
    def usual(self) -> bool:
        """Whether this change is no larger than earlier ones tend to be."""
        return abs(self.now) <= USUAL * self.typical


def factors(reader: Reader) -> tuple[Effect, ...]:
    """Customers × orders per customer × amount per order, or a ratio's two parts; Shapley, so they sum to the change.

    Empty where the store has no such metrics over the same rows, or one of them was zero.
    """
    if reader.is_ratio:
        return _ratio_factors(reader)
    chain = _chain(reader.schema, reader.metric)
    if len(chain) < 2:
        return ()
    before, now = reader.figures(chain)
    if not all(before[name] and now[name] for name in chain[:-1]):
        return ()
    then, today = _factors_of(chain, before), _factors_of(chain, now)
    labels = [_factor_name(reader.schema, chain, i) for i in range(len(chain))]
    return tuple(
        Effect(name or label.en, label, part, a, b, name)
        for (name, label), part, a, b in zip(labels, product_parts(then, today), then, today, strict=True)
    )


def _ratio_factors(reader: Reader) -> tuple[Effect, ...]:
    whole = reader.total
    if not (whole.under_before and whole.under_now):
        return ()
    parts = product_parts([whole.before, 1 / whole.under_before], [whole.now, 1 / whole.under_now])
    ends = [(whole.before, whole.now), (whole.under_before, whole.under_now)]
    return tuple(
        Effect(name, reader.schema.metric(name).label, part, a, b, name)
        for name, part, (a, b) in zip(reader.names, parts, ends, strict=True)
    )


def _factors_of(chain: Sequence[str], values: dict[str, Fraction]) -> list[Fraction]:
    """The first metric, then each metric per unit of the one before it."""
    return [values[name] / (values[chain[i - 1]] if i else 1) for i, name in enumerate(chain)]


def _factor_name(schema: StoreSchema, chain: Sequence[str], index: int) -> tuple[str | None, Text]:
    if index == 0:
        return chain[0], schema.metric(chain[0]).label
    over, under = chain[index], chain[index - 1]
    for metric in schema.offered():
        if (metric.numerator, metric.denominator) == (over, under):
            return metric.name, metric.label
    a, b = schema.metric(over).label, schema.metric(under).label
    return None, Text(en=f"{a.en} per {b.en.lower()}", zh=f"每{b.zh}{a.zh}")


def _chain(schema: StoreSchema, metric: Metric) -> list[str]:
    """customers → orders → the metric, as far as the store has them over the metric's own rows."""
    sales = schema.roles.get("sales")
    if sales is None or metric.table != sales.table or metric.where or metric.entity:
        return []
    counted = [_distinct(sales.table, sales.columns[field]) for field in ("customer", "order")]
    found = [name for name in (_metric_of(schema, expr) for expr in counted) if name]
    if metric.name in found:
        return found[: found.index(metric.name) + 1]
    return [*found, metric.name] if metric.additive else []


def _distinct(table: str, column: str) -> str:
    return f"count(distinct {table}.{column})"


def _metric_of(schema: StoreSchema, expr: str, where: str | None = None) -> str | None:
    for metric in schema.metrics.values():
        if _same(metric.expr, expr) and metric.where == where and not metric.entity:
            return metric.name
    return None


def _same(one: str | None, other: str) -> bool:
    return re.sub(r"\s+", "", one or "").lower() == re.sub(r"\s+", "", other).lower()


def prices(reader: Reader) -> tuple[tuple[Effect, ...], str]:
    """Price, volume and mix of an amount, and the dimension by which prices are compared; empty without units."""
    schema = reader.schema
    sales, products = schema.roles.get("sales"), schema.roles.get("products")
    if sales is None or products is None or "quantity" not in sales.columns:
        return (), ""
    if not _same(reader.metric.expr, f"sum({sales.table}.{sales.columns['amount']})") or reader.metric.where:
        return (), ""
    units = next(
        (m for m in schema.offered() if _same(m.expr, f"sum({sales.table}.{sales.columns['quantity']})")), None
    )
    counted = _metric_of(schema, reader.metric.expr or "", units.where) if units else None
    level = next(
        (d for field in ("type", "category", "department") if (d := _level(reader, products.columns, field))), ""
    )
    if units is None or counted is None or not level:
        return (), ""
    goods = [Goods(*figures) for figures in reader.goods(level, (counted, units.name))]
    if not goods:
        return (), ""
    found = price_volume_mix(goods)
    change = reader.total.part
    named = [
        ("volume", Text(en="Units sold", zh="销量"), found.volume),
        ("price", Text(en="Prices", zh="价格"), found.price),
        ("mix", Text(en="Mix of goods", zh="商品结构"), found.mix),
        (
            "uncounted",
            Text(en="Goods not counted in units", zh="不计件商品"),
            change - found.volume - found.price - found.mix,
        ),
    ]
    return tuple(Effect(name, label, amount) for name, label, amount in named if amount or name != "uncounted"), level


def _level(reader: Reader, columns: dict[str, str], field: str) -> str | None:
    role = reader.schema.roles["products"]
    column = f"{role.table}.{columns[field]}" if field in columns else ""
    fits = (
        d.name for d in reader.schema.dimensions.values() if d.column and column in d.columns and reader.splits_by(d)
    )
    return next(fits, None)


def rate_mix(split: Split) -> tuple[Effect, ...]:
    """A ratio's change as its members' own moves and the shift between them; empty where denominators overlap."""
    if any(move.rate is None for move in split.moves):
        return ()
    rate = sum((move.rate or Fraction(0) for move in split.moves), Fraction(0))
    mix = sum((move.mix or Fraction(0) for move in split.moves), Fraction(0))
    return Effect("rate", Text(en="Rate", zh="比率"), rate), Effect("mix", Text(en="Mix", zh="结构"), mix)


def calendar_effect(reader: Reader) -> Effect | None:
    """What the days alone make: more or fewer of each weekday, at the baseline's mean for that weekday.

    None where both periods have the same weekdays, the baseline is shorter than two weeks, or days do not add up.
    """
    now, then = _weekdays(reader.periods.time), _weekdays(reader.periods.compare)
    if now == then or reader.periods.compare.days < FULL_CYCLE or reader.is_ratio:
        return None
    days = reader.days(reader.periods.compare)
    if days is None:
        return None
    sums = [Fraction(0)] * 7
    for day, (value, _) in days.items():
        sums[date.fromisoformat(day).weekday()] += value
    amount = sum((sums[w] / then[w] * (now[w] - then[w]) for w in range(7) if then[w]), Fraction(0))
    return Effect("calendar", Text(en="Calendar", zh="日历"), amount)


def _weekdays(period: Interval) -> list[int]:
    counts = [0] * 7
    for step in range(period.days):
        counts[(period.start + timedelta(days=step)).weekday()] += 1
    return counts


def habit(reader: Reader) -> Habit | None:
    """How large earlier changes of this kind were; None where the baseline is another year's, or the past is short."""
    whole = reader.total
    if not reader.periods.adjacent or not whole.value_before:
        return None
    pairs = past_pairs(reader.periods, reader.store.data_start, PAST)
    if len(pairs) < ENOUGH:
        return None
    span = Interval(start=pairs[-1][1].start, end=pairs[0][0].end)
    days = reader.days(span)
    values = {p: _folded(days, p) if days is not None else reader.value(p) for pair in pairs for p in pair}
    changes = [abs(float((values[a] or 0) / b - 1)) for a, before in pairs if (b := values[before])]
    if len(changes) < ENOUGH:
        return None
    return Habit(median(changes), len(changes), float(whole.part / whole.value_before))


def _folded(days: dict[str, tuple[Fraction, Fraction]], period: Interval) -> Fraction | None:
    inside = [
        days[day] for step in range(period.days) if (day := (period.start + timedelta(days=step)).isoformat()) in days
    ]
    over, under = sum((o for o, _ in inside), Fraction(0)), sum((u for _, u in inside), Fraction(0))
    return over / under if under else None
