"""Forecasts: totals and rows that agree, no look-ahead, closed days, intervals, refusals, and both languages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from db.engine import Store
from db.errors import AnalysisError, Cancelled, QueryError, UnknownMember, UnknownMetric
from db.semantic.query import Filter, Interval
from models.timeseries import backtest
from models.timeseries.forecast import Forecaster, Series
from models.timeseries.forecast_calendar import Calendar, shut
from models.timeseries.forecast_models import MODELS, point_paths
from tests.flow import open_journey
from tools.forecast import ForecastArguments, run
from tools.forecast_series import read_history
from tools.registry import ToolContext, ToolResult

START = date(2017, 1, 2)  # a Monday
WEEK = np.array([10.0, 11, 12, 13, 15, 22, 20])
YULE = date(2017, 12, 25)


@pytest.fixture(scope="module")
def store(journey_folder: Path) -> Iterator[Store]:
    opened = open_journey(journey_folder)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def december(store: Store) -> ToolResult:
    """The last four weeks as they were forecast on 4 December."""
    return run(ForecastArguments(metric="revenue"), ToolContext(store, "e1", as_of=date(2017, 12, 4)))


def days(start: date, count: int) -> list[tuple[date, date]]:
    return [(start + timedelta(days=i), start + timedelta(days=i + 1)) for i in range(count)]


def shop(count: int, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """So many days of a shop with a week and nothing else, but noise."""
    return np.resize(WEEK, count) * (1 + noise * np.random.default_rng(seed).standard_normal(count)) * 100


def column(result: ToolResult, table: int, name: str) -> list[object]:
    evidence = (result.evidence, *result.more)[table]
    index = [c.name for c in evidence.columns].index(name)
    return [row[index] for row in evidence.rows]


def texts(result: ToolResult) -> str:
    return " ".join(fact.text.en for fact in result.facts)


def test_a_plain_week_comes_back() -> None:
    series = Series(START, (shop(140),))
    made = Forecaster(series, Calendar(None), most=6).forecast(days(series.end, 14))
    assert [span.point for span in made.spans] == pytest.approx(np.resize(WEEK, 14) * 100, rel=0.03)
    assert made.total.point == pytest.approx(sum(span.point for span in made.spans))
    assert made.wape < 0.03
    assert sum(made.weights.values()) == pytest.approx(1.0)


def test_intervals_cover_what_they_claim_on_a_noisy_week() -> None:
    hits, totals = [], []
    for seed in range(4):
        values = shop(210, 0.15, seed)
        series = Series(START, (values[:182],))
        made = Forecaster(series, Calendar(None), most=10).forecast(days(series.end, 28))
        hits += [[low <= v <= high for low, high in s.intervals] for s, v in zip(made.spans, values[182:], strict=True)]
        totals += [[low <= values[182:].sum() <= high for low, high in made.total.intervals]]
    eighty, ninety_five = np.mean(hits, axis=0)
    assert 0.7 <= eighty <= 0.9
    assert 0.9 <= ninety_five <= 0.99
    assert np.mean(totals, axis=0)[1] >= 0.75


def test_the_future_changes_nothing() -> None:
    """Forecast from a day inside the series: whatever comes after that day, the same answer."""
    values = shop(200, 0.1)
    other = np.concatenate([values[:150], values[150:] * 7 + 1000])
    ahead = days(START + timedelta(days=150), 14)
    made = [Forecaster(Series(START, (v,)), most=5).forecast(ahead, 150) for v in (values, other)]
    assert made[0] == made[1]


def test_origins_see_only_days_before_them() -> None:
    seen: list[int] = []
    values = shop(120)

    def told(origin: int) -> dict[str, np.ndarray]:
        seen.append(origin)
        return {"m": values[origin : origin + 28]}

    found = backtest.run(values, 28, backtest.origins(120, 28), told)
    assert max(seen) + 28 <= 120
    assert min(seen) >= backtest.LEAST_HISTORY
    assert found.wape(found.paths["m"]) == 0


@pytest.mark.parametrize(
    ("last_year", "doors", "closed"),
    [(None, True, True), (None, False, False), (0.0, False, True), (1500.0, True, False)],
)
def test_christmas_is_shut_by_rule_until_the_data_says_otherwise(
    last_year: float | None, doors: bool, closed: bool
) -> None:
    end = date(2018, 12, 20) if last_year is not None else date(2017, 12, 20)
    values = shop((end - START).days)
    if last_year is not None:
        values[(YULE - START).days] = last_year
    christmas = YULE.replace(year=end.year)
    mask = shut(Calendar("US", doors), START, values, 14)
    assert bool(mask[(christmas - end).days]) is closed
    assert int(mask.sum()) == int(closed)
    paths = point_paths(Calendar("US", doors), START, values, 14)
    assert [paths[m][(christmas - end).days] == 0 for m in MODELS] == [closed] * 3


def test_a_slow_start_is_no_closed_new_year() -> None:
    start, end = date(2017, 1, 1), date(2017, 12, 20)
    values = np.full((end - start).days, 50.0)
    values[:3] = [0.0, 1.0, 20.0]
    assert not shut(Calendar("US", False), start, values, 20).any()


def test_money_that_flows_back_and_empty_weekdays() -> None:
    loss = shop(140) - 1600
    made = Forecaster(Series(START, (loss,)), most=4).forecast(days(START + timedelta(days=140), 7))
    assert made.spans[0].point == pytest.approx(-600, rel=0.05)
    sundays_off = shop(140) * (np.arange(140) % 7 != 6)
    week = days(START + timedelta(days=140), 7)
    made = Forecaster(Series(START, (sundays_off,)), Calendar(None), most=4).forecast(week)
    assert made.spans[6].point < 0.1 * made.spans[5].point
    assert all(low >= 0 for span in made.spans for low, _ in span.intervals)


def test_december_beats_the_naive_forecast_and_the_bar(store: Store, december: ToolResult) -> None:
    actual = read_history(ToolContext(store, "e1"), "revenue").series[None].parts[0][-28:]
    forecast = np.array([float(str(v)) for v in column(december, 0, "forecast") if v is not None])
    assert backtest.wape(actual, forecast) <= 0.13
    (low,), (high,) = column(december, 1, "low_95"), column(december, 1, "high_95")
    assert float(str(low)) <= actual.sum() <= float(str(high))


def test_rows_total_and_sentences_agree(december: ToolResult) -> None:
    points = [v for v in column(december, 0, "forecast") if isinstance(v, Decimal)]
    (total,) = column(december, 1, "total")
    assert len(points) == 28
    assert isinstance(total, Decimal)
    assert abs(sum(points) - total) < Decimal("0.20")
    first = december.facts[0]
    assert first.value == total
    assert f"${total:,.2f}" in first.text.en
    assert f"${total:,.2f}" in first.text.zh
    assert "The shop is taken to be shut on Christmas Day (2017-12-25)." in texts(december)
    assert "假定圣诞节（2017-12-25）不营业。" in [fact.text.zh for fact in december.facts]
    assert december.facts[0].weight == max(fact.weight for fact in december.facts)
    assert 3 <= len(december.facts) <= 8
    for fact in december.facts:
        for cell in fact.cells:
            evidence = next(e for e in (december.evidence, *december.more) if e.id == cell.evidence)
            assert evidence.rows[cell.row][[c.name for c in evidence.columns].index(cell.column)] is not None


def test_a_month_that_has_begun_counts_what_it_has(store: Store) -> None:
    asked = Interval(start=date(2017, 12, 1), end=date(2018, 1, 1))
    result = run(ForecastArguments(metric="orders", horizon=asked), ToolContext(store, "e1", as_of=date(2017, 12, 4)))
    (recorded,), (total,), (together,) = (column(result, 1, n) for n in ("recorded", "total", "together"))
    assert recorded == 374 + 459 + 502
    assert together == total + recorded  # type: ignore[operator]
    assert "With the 1,335 recorded before 2017-12-04, December 2017 would come to" in texts(result)


def test_a_horizon_that_begins_later_is_reached_through_the_gap(store: Store) -> None:
    asked = Interval(start=date(2018, 1, 8), end=date(2018, 1, 15))
    result = run(ForecastArguments(metric="orders", horizon=asked, grain="week"), ToolContext(store, "e1"))
    assert [row[0] for row in result.evidence.rows if row[2] is not None] == ["2018-01-08"]
    assert result.facts[0].text.en.startswith("Orders in the week of 2018-01-08 to 2018-01-14 are forecast at ")


def test_ratios_go_through_their_parts(store: Store) -> None:
    context = ToolContext(store, "e1")
    whole = {m: run(ForecastArguments(metric=m), context) for m in ("aov", "revenue", "orders")}
    aov, revenue, orders = (float(str(column(whole[m], 1, "total")[0])) for m in ("aov", "revenue", "orders"))
    assert aov == pytest.approx(revenue / orders, rel=0.002)
    assert whole["aov"].evidence.columns[2].unit == "currency"


def test_counts_that_do_not_add_up_are_averaged(store: Store) -> None:
    result = run(ForecastArguments(metric="customers"), ToolContext(store, "e1"))
    text = result.facts[0].text
    assert " are forecast to average " in text.en
    assert "平均每天" in text.zh
    (total,) = column(result, 1, "total")
    assert 300 < int(str(total)) < 450


def test_a_split_forecasts_the_largest_members(store: Store) -> None:
    arguments = ForecastArguments(metric="revenue", dimensions=("department",), limit=2)
    result = run(arguments, ToolContext(store, "e1"))
    assert column(result, 0, "department") == ["GROCERY", "DRUG GM"]
    assert result.evidence.chart is not None
    assert result.evidence.chart.kind == "bar"
    assert "日用百货（DRUG GM）" in result.facts[0].text.zh
    week = run(ForecastArguments(metric="revenue", dimensions=("week",)), ToolContext(store, "e1"))
    assert week.evidence.rows[-1][0] == "2018-01-22"


def test_filters_of_the_asker_hold(store: Store) -> None:
    produce = (Filter(dimension="department", values=("PRODUCE",)),)
    limited = read_history(ToolContext(store, "e1", row_filters=produce), "revenue").series[None]
    asked = read_history(ToolContext(store, "e1"), "revenue", produce).series[None]
    assert np.array_equal(limited.parts[0], asked.parts[0])


@pytest.mark.parametrize(
    ("arguments", "as_of", "error", "words"),
    [
        ({"metric": "revenu"}, None, UnknownMetric, "revenue"),
        ({"metric": "repeat_rate"}, None, AnalysisError, "depends on the length of its period"),
        ({"metric": "revenue"}, date(2017, 2, 1), AnalysisError, "31 days, and 56 are needed"),
        ({"metric": "revenue", "horizon": Interval(start=date(2018, 1, 1), end=date(2019, 1, 1))}, None, AnalysisError,
         "A forecast can go up to 2018-07-01"),
        ({"metric": "revenue", "horizon": Interval(start=date(2017, 3, 1), end=date(2017, 4, 1))}, None, AnalysisError,
         "nothing to forecast"),
        ({"metric": "revenue", "dimensions": ("store", "department")}, None, AnalysisError, "one dimension only"),
        ({"metric": "revenue", "dimensions": ("campaign",)}, None, QueryError, "Campaign"),
        ({"metric": "revenue", "filters": (Filter(dimension="store", values=(1,)),)}, None, UnknownMember, "'1'"),
    ],
)  # fmt: skip
def test_what_it_refuses(
    store: Store, arguments: dict[str, object], as_of: date | None, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        run(ForecastArguments.model_validate(arguments), ToolContext(store, "e1", as_of=as_of))


def test_the_operator_can_stop_it(store: Store) -> None:
    cancel = Event()
    cancel.set()
    with pytest.raises(Cancelled):
        run(ForecastArguments(metric="revenue"), ToolContext(store, "e1", cancel=cancel))
