"""Random questions on random shops: SQL against loops over the rows, DuckDB against SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.semantic import calendar
from db.semantic.compile import compile_query
from db.semantic.dialects import dialect_of
from db.semantic.query import Filter, Interval, Order, SemanticQuery
from db.semantic.render import render
from tests.property import semantic_truth as truth
from tests.property.semantic_shop import DATA, DAYS, START, Databases, Shop, close, journey, same, shops

FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
VALUES: dict[str, list[Any]] = {
    "department": ["GROCERY", "FUEL", "DELI", None],
    "brand": ["Private", "National", None],
    "store": [1, 2, 3],
    "age": ["19-24", "65+", None],
    "customer": [0, 1, 4],
    "campaign": [0, 1],
    "weekday": [1, 6, 7],
    "hour": [0, 9, 23],
    "month": ["2017-01", "2017-02"],
    "week": ["2017-01-30", "2017-02-06"],
    "date": ["2017-01-31", "2017-02-14"],
}


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    """Periods inside the data and over its edges, empty ones among them."""
    start = START + timedelta(days=draw(st.integers(-10, DAYS)))
    return Interval(start=start, end=start + timedelta(days=draw(st.integers(0, DAYS))))


@st.composite
def queries(draw: st.DrawFn, metrics: tuple[str, ...] = tuple(truth.BASE)) -> SemanticQuery:
    """Several metrics, of several fact tables, by and under dimensions that all of them record."""
    asked = tuple(draw(st.lists(st.sampled_from(metrics), min_size=1, max_size=3, unique=True)))
    shared = sorted(set.intersection(*(truth.REACH[truth.BASE[m][0]] for m in asked)))
    filters = []
    for name in draw(st.lists(st.sampled_from(shared), max_size=2, unique=True)):
        op = draw(st.sampled_from(["in", "not_in"]))
        values = draw(st.lists(st.sampled_from(VALUES[name]), min_size=1, max_size=2, unique=True))
        filters.append(Filter(dimension=name, op=op, values=tuple(values)))
    if "hour" in shared and draw(st.booleans()):
        filters.append(Filter(dimension="hour", op="range", values=(draw(st.sampled_from([None, 1, 9])), 23)))
    return SemanticQuery(
        metrics=asked,
        group_by=tuple(draw(st.lists(st.sampled_from(shared), max_size=2, unique=True))),
        filters=tuple(filters),
        time=draw(st.none() | intervals()),
    )


@contextmanager
def databases(shop: Shop) -> Iterator[Databases]:
    """Both databases, closed afterwards."""
    made = Databases(shop)
    try:
        yield made
    finally:
        made.close()


def table(query: SemanticQuery, rows: Any) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Rows by their group; no group twice."""
    keys = len(query.group_by)
    found = {tuple(row[:keys]): tuple(row[keys:]) for row in rows}
    assert len(found) == len(rows)
    return found


@FEW
@given(shops(), queries())
def test_figures_are_those_of_the_rows(shop: Shop, query: SemanticQuery) -> None:
    with databases(shop) as both:
        _, rows = both.run(query, "duckdb")
    found, expected = table(query, rows), truth.answer(shop, query)
    assert set(found) == set(expected)
    for key, values in expected.items():
        assert all(close(a, b) for a, b in zip(found[key], values, strict=True)), (key, found[key], values)


@st.composite
def dressed(draw: st.DrawFn) -> SemanticQuery:
    """Questions with everything that can be added to one."""
    query = draw(queries(tuple(truth.ZERO)))
    times = [name for name in query.group_by if name in truth.TIME]
    extra: dict[str, Any] = {"share": draw(st.booleans())}
    summable = {"revenue", "orders", "units", "discount", "lines", "new_customers", "coupon_redemptions"}
    extra["running"] = bool(times) and set(query.metrics) <= summable and draw(st.booleans())
    covered = query.time is None or (query.time.start < DATA.end and query.time.end > DATA.start and query.time.days)
    if covered:
        extra["per"] = draw(st.sampled_from([None, "day", "week", "month"]))
    if query.time is not None and query.time.days and extra.get("per") is None:
        extra["compare"] = draw(st.none() | intervals().filter(lambda i: i.days > 0))
    extra["order"] = draw(
        st.sampled_from([None, Order(by=query.metrics[-1], direction="asc")])
        if not query.group_by
        else st.sampled_from([None, Order(by=query.group_by[-1], direction="asc"), Order(by="lines")])
        if "coupon_redemptions" not in query.metrics and "campaign_reach" not in query.metrics
        else st.none()
    )
    extra["limit"] = draw(st.sampled_from([None, 1, 3]))
    if len(query.group_by) == 2 and extra["limit"]:
        extra["limit_per"] = draw(st.sampled_from([None, *query.group_by]))
    return query.model_copy(update=extra)


@FEW
@given(shops(), dressed())
def test_databases_agree_and_shown_sql_runs(shop: Shop, query: SemanticQuery) -> None:
    with databases(shop) as both:
        names, rows = both.run(query, "duckdb")
        assert same(both.run(query, "duckdb", inlined=True)[1], rows)
        other_names, other = both.run(query, "sqlite")
    assert other_names == names
    assert same(other, rows), (rows, other)
    postgres = render(compile_query(journey(), query, "postgresql", data_range=DATA), dialect_of("postgresql"))
    assert postgres.text.count("SELECT") >= 2


@FEW
@given(shops(), st.sampled_from(["revenue", "units", "orders"]), st.sampled_from(["department", "store", "date"]))
def test_shares_are_of_the_whole_before_the_limit(shop: Shop, metric: str, dimension: str) -> None:
    plain = SemanticQuery(metrics=(metric,), group_by=(dimension,))
    total = truth.answer(shop, SemanticQuery(metrics=(metric,)))[()][0] or 0
    parts = truth.answer(shop, plain)
    with databases(shop) as both:
        _, rows = both.run(plain.model_copy(update={"share": True, "limit": 2}), "duckdb")
    for key, value, share in rows:
        assert close(value, parts[(key,)][0])
        assert close(share, float(value) / total if total else None)


@FEW
@given(shops(), intervals().filter(lambda i: i.days > 0), st.sampled_from(["department", "store", "age"]))
def test_top_members_are_the_largest_of_the_period(shop: Shop, period: Interval, dimension: str) -> None:
    top = Filter(dimension=dimension, op="top", values=(2,), by="revenue")
    whole = truth.answer(shop, SemanticQuery(metrics=("revenue",), group_by=(dimension,), time=period))
    ranked = sorted((float(v[0] or 0) for k, v in whole.items() if k[0] is not None), reverse=True)[:2]
    with databases(shop) as both:
        _, rows = both.run(
            SemanticQuery(metrics=("revenue",), group_by=(dimension,), time=period, filters=(top,)), "duckdb"
        )
        _, total = both.run(SemanticQuery(metrics=("revenue",), time=period, filters=(top,)), "duckdb")
    assert sorted((float(row[1]) for row in rows), reverse=True) == [round(v, 2) for v in ranked]
    assert close(total[0][0], sum(ranked))


@FEW
@given(
    shops(),
    st.integers(0, 20),
    st.integers(1, 12),
    st.integers(1, 12),
    st.sampled_from([(), ("department",), ("date",), ("week",), ("date", "store"), ("weekday",)]),
)
def test_comparisons_align_by_place_in_the_period(
    shop: Shop, start: int, days: int, before: int, keys: tuple[str, ...]
) -> None:
    now = Interval(start=START + timedelta(days=start), end=START + timedelta(days=start + days))
    then = Interval(start=now.start - timedelta(days=before), end=now.start)
    query = SemanticQuery(metrics=("revenue",), group_by=keys, time=now)
    current = truth.answer(shop, query)
    earlier: dict[tuple[Any, ...], float] = {}
    for key, rows in truth.groups(shop, "revenue", query, then).items():
        moved = tuple(_moved(name, value, now, then) for name, value in zip(keys, key, strict=True))
        if None not in [m for m, name in zip(moved, keys, strict=True) if name in ("date", "week")]:
            earlier[moved] = sum(row["sales"] for row in rows)
    with databases(shop) as both:
        _, rows = both.run(query.model_copy(update={"compare": then}), "duckdb")
    found = table(query, rows)
    assert {k for k, v in found.items() if v[0] or v[1]} == {
        k for k in {*current, *earlier} if current.get(k, [0])[0] or earlier.get(k)
    }
    for key, (value, previous, change, pct) in found.items():
        assert close(value, current.get(key, [0])[0])
        assert close(previous, earlier.get(key, 0))
        assert close(change, float(value) - float(previous))
        assert close(pct, float(change) / float(previous) if previous else None)


def _moved(name: str, value: Any, now: Interval, then: Interval) -> Any:
    """A bucket of the baseline as the bucket of the same place in the period; None where there is none."""
    if name not in ("date", "week"):
        return value
    size = 7 if name == "week" else 1
    grain = "week" if name == "week" else "day"
    first, base = calendar.bucket_start(now.start, grain), calendar.bucket_start(then.start, grain)
    day = first + (date.fromisoformat(value) - base)
    last = calendar.bucket_start(now.end - timedelta(days=1), grain)
    return day.isoformat() if day <= last and (day - first).days % size == 0 else None


@FEW
@given(shops(), intervals().filter(lambda i: i.days > 0), st.sampled_from([(), ("weekday",), ("month",), ("hour",)]))
def test_averages_divide_by_the_days_covered(shop: Shop, period: Interval, keys: tuple[str, ...]) -> None:
    query = SemanticQuery(metrics=("revenue", "customers"), group_by=keys, time=period, per="day")
    days = truth.calendar_days(query, period)
    if not days:
        return
    with databases(shop) as both:
        _, rows = both.run(query, "duckdb")
    for key, (revenue, customers) in table(query, rows).items():
        inside = [day for day in days if not keys or keys == ("hour",) or day[keys[0]] == key[0]]
        lines = truth.groups(shop, "revenue", query, period).get(key, [])
        assert close(revenue, sum(row["sales"] for row in lines) / len(inside))
        daily = {(row["day"], row["customer"]) for row in lines}
        assert close(customers, len(daily) / len(inside))


@FEW
@given(shops(), st.sampled_from(["date", "week"]), st.sampled_from(["revenue", "orders", "new_customers"]))
def test_running_totals_add_up(shop: Shop, grain: str, metric: str) -> None:
    with databases(shop) as both:
        _, rows = both.run(SemanticQuery(metrics=(metric,), group_by=(grain,), running=True), "duckdb")
    total = 0.0
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    for _, value, running in rows:
        total += float(value)
        assert close(running, total)


@FEW
@given(shops(), st.integers(1, 3))
def test_limit_within_each_member(shop: Shop, limit: int) -> None:
    query = SemanticQuery(metrics=("revenue",), group_by=("store", "department"), limit=limit, limit_per="store")
    competing = {key: values for key, values in truth.answer(shop, query).items() if None not in key}
    with databases(shop) as both:
        _, rows = both.run(query, "duckdb")
    assert all(None not in row[:2] for row in rows)
    for store in {key[0] for key in competing}:
        best = sorted((v[0] or 0 for k, v in competing.items() if k[0] == store), reverse=True)[:limit]
        assert [float(row[2]) for row in rows if row[0] == store] == [round(v, 2) for v in best]


@FEW
@given(shops(), queries(("revenue", "orders", "repeat_rate")), st.sampled_from([1, 2]))
def test_row_filters_always_hold(shop: Shop, query: SemanticQuery, store: int) -> None:
    limit = Filter(dimension="store", values=(store,))
    allowed = Shop(**{**shop.__dict__, "lines": tuple(ln for ln in shop.lines if ln.store == store)})
    with databases(shop) as both:
        _, rows = both.run(query, "duckdb", limits=(limit,))
    found, expected = table(query, rows), truth.answer(allowed, query)
    assert set(found) == set(expected)
    for key, values in expected.items():
        assert all(close(a, b) for a, b in zip(found[key], values, strict=True))
