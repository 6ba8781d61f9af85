"""detect_anomalies: planted incidents, holidays, steps, ratios, members, exact figures, refusals, both languages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Event as Stop

import numpy as np
import pytest

from agent.figures import numbers_of
from db.engine import Store
from db.errors import AnalysisError, Cancelled, QueryError, UnknownMetric
from db.semantic.query import Filter, Interval
from models.timeseries.anomaly_baseline import Series, baseline, holiday_of
from models.timeseries.anomaly_events import Event, events
from models.timeseries.calendars import features, holiday_names
from tests.flow import open_journey
from tools import format as fmt
from tools.anomaly_scan import main_metrics
from tools.detect_anomalies import AnomalyArguments, run
from tools.evidence import Evidence, worded
from tools.people import PSEUDONYM
from tools.registry import ToolContext, ToolResult

START = date(2016, 1, 4)  # a Monday
WEEK = np.array([1.0, 0.9, 0.95, 1.0, 1.1, 1.4, 1.3])
YEAR = Interval(start=date(2017, 1, 1), end=date(2018, 1, 1))


@pytest.fixture(scope="module")
def store(journey_folder: Path) -> Iterator[Store]:
    opened = open_journey(journey_folder)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def incidents(journey_folder: Path) -> dict[str, list[dict[str, str]]]:
    truth = json.loads((journey_folder / "stores" / "journey.truth.json").read_text(encoding="utf-8"))
    found: dict[str, list[dict[str, str]]] = {}
    for incident in truth["incidents"]:
        found.setdefault(incident["kind"], []).append(incident)
    return found


def ask(store: Store, **arguments: object) -> ToolResult:
    return run(AnomalyArguments.model_validate(arguments), ToolContext(store, "e1"))


def rows(table: Evidence) -> list[dict[str, object]]:
    return [dict(zip((c.name for c in table.columns), row, strict=True)) for row in table.rows]


def day(text: str) -> date:
    return date.fromisoformat(text[:10])


def shop(days: int, seed: int = 0, noise: float = 0.08) -> np.ndarray:
    """Daily sales of a shop with a week, a slow wave and noise."""
    t = np.arange(days)
    wave = 1 + 0.15 * np.sin(t / 58)
    return 1_000 * np.resize(WEEK, days) * wave * np.exp(np.random.default_rng(seed).normal(0, noise, days))


def series(values: np.ndarray, **more: object) -> Series:
    return Series(tuple(START + timedelta(days=i) for i in range(len(values))), values, **more)  # type: ignore[arg-type]


def found(values: Series, last: int = 10_000) -> tuple[Event, ...]:
    fitted = baseline(values, ("US",))
    return events(values, fitted, START, START + timedelta(days=last), ("US",))


# ------------------------------------------------------------------------------------------------ planted in the store


def test_payment_outages(store: Store, incidents: dict[str, list[dict[str, str]]]) -> None:
    """Both outages are the gravest findings of the year's failure rate."""
    result = ask(store, metric="payment_failure_rate", time=YEAR)
    worst = {row["from"] for row in rows(result.more[0])[:2]}
    assert worst == {incident["start"][:10] for incident in incidents["payment_outage"]}
    assert result.evidence.origin == "simulated"
    assert result.facts[-1].text.en == "These figures come from simulated data."


def test_traffic_drop_by_source(store: Store, incidents: dict[str, list[dict[str, str]]]) -> None:
    """Only the source that was cut is off, on the days on which it was."""
    incident = incidents["traffic_drop"][0]
    august = Interval(start=date(2017, 8, 1), end=date(2017, 9, 1))
    result = ask(store, metric="sessions", dimensions=("traffic_source",), time=august)
    row = rows(result.evidence)[0]
    assert abs((day(str(row["from"])) - day(incident["start"])).days) <= 1
    assert abs((day(str(row["to"])) - day(incident["end"])).days) <= 1
    assert float(str(row["off"])) == pytest.approx(-incident["share"], abs=0.15)
    assert "Paid search" in result.facts[1].text.en


def test_support_backlog(store: Store, incidents: dict[str, list[dict[str, str]]]) -> None:
    """Slow answers are no holiday's excuse, though the days lie around Black Friday."""
    incident = incidents["support_backlog"][0]
    row = rows(ask(store, metric="first_response_time").more[0])[0]
    assert str(row["from"]) == incident["start"][:10]
    assert abs((day(str(row["to"])) - day(incident["end"])).days) <= 1


def test_stock_out_and_wrong_price(store: Store, incidents: dict[str, list[dict[str, str]]]) -> None:
    """Refunds tell which category was out of stock, and for what reason money went back in June."""
    october = Interval(start=date(2017, 10, 1), end=date(2017, 11, 1))
    category = rows(ask(store, metric="refunds", dimensions=("category",), time=october).evidence)[0]
    assert incidents["stock_out"][0]["category"] in str(category["category"]).upper()
    june = Interval(start=date(2017, 6, 1), end=date(2017, 7, 1))
    reason = rows(ask(store, metric="refunds", dimensions=("refund_reason",), time=june).evidence)[0]
    assert "rice error" in str(reason["refund_reason"])


def test_scan_finds_the_outage(store: Store) -> None:
    """Without a metric, the week of the outage is told by its failure rate."""
    week = Interval(start=date(2017, 9, 11), end=date(2017, 9, 18))
    result = ask(store, time=week)
    assert "payment failure rate" in result.facts[0].text.en.lower()
    assert "支付失败率" in result.facts[0].text.zh
    assert result.facts[1].words[0] == "Saturday, 2017-09-16"


# -------------------------------------------------------------------------------------------------------- the sentences


def test_christmas_is_told_but_no_alarm(store: Store) -> None:
    result = ask(store, metric="revenue", time=Interval(start=date(2017, 12, 25), end=date(2017, 12, 26)))
    told = result.facts[1]
    assert told.text.en.startswith("On Monday, 2017-12-25, there was no revenue at all, where $")
    assert told.text.en.endswith("it was Christmas Day, so it is no alarm.")
    assert told.text.zh.endswith("当天是圣诞节，因此不算异常。")
    assert told.weight < 1.0


def test_figures_are_the_store_s_own(store: Store) -> None:
    """The actual figure of each day, and of the run of days, to the cent."""
    result = ask(store, metric="revenue", time=Interval(start=date(2017, 11, 20), end=date(2017, 12, 1)))
    actual = {str(row[0]): row[1] for row in result.evidence.rows}
    assert actual["2017-11-24"] == Decimal("7074.57")
    for row in rows(result.more[0]):
        between = [v for key, v in actual.items() if str(row["from"]) <= key <= str(row["to"])]
        assert row["actual"] == sum(Decimal(str(v)) for v in between)
        assert row["rows"] == len(between)


@pytest.mark.parametrize(
    "arguments",
    [
        {"metric": "revenue"},
        {"metric": "support_tickets", "time": YEAR},
        {"metric": "aov", "time": YEAR},
        {"metric": "orders", "dimensions": ("department",), "time": YEAR},
        {},
    ],
)
def test_every_number_stands_in_its_cells(store: Store, arguments: dict[str, object]) -> None:
    """Each figure of an event's sentence is one of the cells it cites, as they are written."""
    result = ask(store, **arguments)
    tables = {table.id: table for table in (result.evidence, *result.more)}
    currency = store.schema.currency
    for fact in result.facts:
        if not fact.cells:
            continue
        shown = set()
        for cell in fact.cells:
            table = tables[cell.evidence]
            column = next(c for c in table.columns if c.name == cell.column)
            value = rows(table)[cell.row][cell.column]
            written = [fmt.number(value, column.unit, currency)]  # type: ignore[arg-type]
            if column.unit == "count" and isinstance(value, float):
                written.append(f"{value:,.1f}")
            shown |= {abs(n.value) for text in written for n in numbers_of(text)}
        for text in (fact.text.en, fact.text.zh):
            bare = text
            for word in sorted(fact.words, key=len, reverse=True):
                bare = bare.replace(word, "").replace(word.removeprefix("the week of "), "")
            assert {abs(n.value) for n in numbers_of(bare)} <= shown | {Decimal(2)}, text  # "two days before"


def test_nothing_unusual(store: Store) -> None:
    september = Interval(start=date(2017, 9, 1), end=date(2017, 9, 30))
    result = ask(store, metric="orders", time=september)
    assert [fact.text.en for fact in result.facts] == [
        "Nothing unusual from 2017-09-01 to 2017-09-29: orders stayed within the usual range on all 29 days."
    ]
    assert result.facts[0].text.zh == "2017-09-01至2017-09-29没有异常：订单数一直在通常范围内。"


def test_answers_are_short(store: Store) -> None:
    """At most eight sentences, however much is off, and as many findings as were asked for."""
    assert len(ask(store, time=YEAR).facts) <= 8
    few = ask(store, metric="revenue", dimensions=("store",), time=YEAR, limit=2)
    assert sum(f.weight >= 0.9 for f in few.facts) == 3  # the headline and two


def test_customers_stay_hidden(store: Store) -> None:
    """Members of a personal dimension have made-up names in rows and sentences."""
    result = ask(store, metric="orders", dimensions=("customer",), time=YEAR)
    names = [str(worded(row[0], "zh")) for row in result.evidence.rows]
    assert names
    assert [name for name in names if not PSEUDONYM.fullmatch(name)] == []
    assert [fact.text.zh for fact in result.facts[1:] if not PSEUDONYM.search(fact.text.zh)] == []


def test_row_filters_hold(store: Store) -> None:
    """An asker who sees one store is told about that store alone."""
    context = ToolContext(store, "e1", (Filter(dimension="store", values=(367,)),))
    mine = run(AnomalyArguments(metric="revenue"), context)
    asked = ask(store, metric="revenue", filters=(Filter(dimension="store", values=(367,)),))
    assert mine.evidence.rows == asked.evidence.rows != ask(store, metric="revenue").evidence.rows


def test_clock_hides_the_days_after_it(store: Store) -> None:
    """Neither the rows nor what is expected know of days after the clock."""
    result = run(AnomalyArguments(metric="revenue"), ToolContext(store, "e1", as_of=date(2017, 11, 20)))
    assert (result.evidence.rows[0][0], result.evidence.rows[-1][0]) == ("2017-09-25", "2017-11-19")


# ------------------------------------------------------------------------------------------------------------- refusals


def test_refusals(store: Store) -> None:
    later = Interval(start=date(2019, 1, 1), end=date(2019, 2, 1))
    with pytest.raises(AnalysisError, match="no day to examine"):
        ask(store, metric="revenue", time=later)
    with pytest.raises(AnalysisError, match="31 days of history"):
        run(AnomalyArguments(metric="revenue"), ToolContext(store, "e1", as_of=date(2017, 2, 1)))
    with pytest.raises(UnknownMetric):
        ask(store, metric="profit")
    with pytest.raises(AnalysisError, match="one dimension"):
        ask(store, metric="revenue", dimensions=("store", "department"))
    with pytest.raises(QueryError, match="cannot be split"):
        ask(store, metric="sessions", dimensions=("department",))


def test_stopped(store: Store) -> None:
    stop = Stop()
    stop.set()
    with pytest.raises(Cancelled):
        run(AnomalyArguments(), ToolContext(store, "e1", cancel=stop))


def test_scan_looks_at_money_and_at_failures(store: Store) -> None:
    names = main_metrics(store.schema, AnomalyArguments())
    assert {"revenue", "orders", "sessions", "conversion_rate", "payment_failure_rate", "refund_rate"} <= set(names)
    produce = AnomalyArguments(filters=(Filter(dimension="department", values=("PRODUCE",)),))
    assert "sessions" not in main_metrics(store.schema, produce)


# ------------------------------------------------------------------------------------------------------- the baseline


def test_spike_dip_and_closed_day() -> None:
    values = shop(200)
    values[100] *= 2.2
    values[120] *= 0.3
    values[140] = 0.0
    kinds = {event.first: event.kind for event in found(series(values))}
    assert kinds == {
        START + timedelta(days=100): "spike",
        START + timedelta(days=120): "dip",
        START + timedelta(days=140): "missing",
    }


def test_days_that_lean_together() -> None:
    """Six days, a quarter low, most of them within their range, are one event with its sum."""
    values = shop(200, 1)
    values[100:106] *= 0.75
    assert np.sum(np.abs(baseline(series(values), ("US",)).z[100:106]) < 3.5) >= 3
    event = next(e for e in found(series(values)) if e.kind == "low_run")
    assert abs((event.first - START).days - 100) <= 1
    assert event.actual == pytest.approx(values[(event.first - START).days : (event.last - START).days + 1].sum())


def test_level_shift_is_told_once() -> None:
    """A new level is one event on its day; the days after it are as expected."""
    values = shop(300)
    values[200:] *= 1.5
    event, *others = found(series(values))
    assert event.kind == "shift"
    assert len(others) <= 1  # the noise of three hundred days
    assert abs((event.first - START).days - 200) <= 1
    assert event.off == pytest.approx(0.5, abs=0.12)


def test_calm_years_are_calm() -> None:
    """Of ten calm years at most one day in two hundred is off, and hardly a step."""
    years = [found(series(shop(365, seed))) for seed in range(10)]
    assert sum(len(year) for year in years) <= 18
    assert sum(event.kind == "shift" for year in years for event in year) <= 1


def test_trend_is_no_step() -> None:
    values = shop(365) * np.linspace(1, 2, 365)
    assert all(event.kind != "shift" for event in found(series(values)))


@pytest.mark.parametrize(("sessions", "off"), [(40, False), (4_000, True)])
def test_a_rate_is_as_sure_as_its_denominator(sessions: int, off: bool) -> None:
    """Ten percent instead of five is odd of 4,000 sessions, not of 40."""
    random = np.random.default_rng(4)
    weights = np.full(200, float(sessions))
    rate = random.binomial(sessions, 0.05, 200) / sessions
    rate[150] = 0.10
    told = found(series(rate, weights=weights, counts=True))
    assert (START + timedelta(days=150) in {event.first for event in told}) is off


def test_small_counts_vary_by_themselves() -> None:
    """Poisson counts of four a day give hardly a finding; twenty on one day do."""
    counts = np.random.default_rng(2).poisson(4, 300).astype(float)
    assert len(found(series(counts, counts=True))) <= 2
    counts[250] = 20
    assert found(series(counts, counts=True))[0].first == START + timedelta(days=250)


def test_last_year_s_holiday_is_expected() -> None:
    """What Thanksgiving did a year before is expected of it this year."""
    values = shop(730, noise=0.04)
    for when in (date(2016, 11, 24), date(2017, 11, 23)):
        values[(when - START).days] *= 1.8
    told = {event.first: event for event in found(series(values))}
    assert told[date(2016, 11, 24)].excused
    assert date(2017, 11, 23) not in told


def test_unknown_days_are_no_zeros() -> None:
    """Days without a value are told as missing, and bend nothing beside them."""
    values = shop(200)
    expected = baseline(series(values), ("US",)).expected
    values[100:102] = np.nan
    assert {e.first for e in found(series(values))} == {START + timedelta(days=d) for d in (100, 101)}
    assert baseline(series(values), ("US",)).expected[90] == pytest.approx(expected[90], rel=0.02)


def test_amounts_of_hardly_any_day_are_refused() -> None:
    values = np.zeros(200)
    values[::3] = 5.0
    with pytest.raises(AnalysisError, match="On most days there is nothing"):
        baseline(series(values), ("US",))


# -------------------------------------------------------------------------------------------------------- the calendar


def test_calendar_names() -> None:
    names = holiday_names(YEAR.start, YEAR.end)
    assert (names[date(2017, 11, 23)].en, names[date(2017, 11, 23)].zh) == ("Thanksgiving Day", "感恩节")
    assert (names[date(2017, 11, 24)].zh, names[date(2017, 1, 28)].zh) == ("黑色星期五", "春节")
    assert names[date(2017, 11, 11)].en == "Singles' Day"  # an American minor holiday gives way
    assert date(2017, 11, 11) not in holiday_names(YEAR.start, YEAR.end, ("US",)) or names[date(2017, 11, 11)]
    assert all(d < YEAR.end for d in names)
    with pytest.raises(AnalysisError, match="'FR'"):
        holiday_names(YEAR.start, YEAR.end, ("FR",))


def test_days_beside_a_holiday() -> None:
    near = holiday_of(date(2017, 11, 22), 1, ("US",))
    assert near is not None
    assert (near[0].en, near[1]) == ("Thanksgiving Day", -1)
    assert holiday_of(date(2017, 3, 8), 1, ("US",)) is None
    columns = features([date(2017, 12, 24), date(2017, 12, 25), date(2017, 12, 26)])
    assert columns["holiday:Christmas Day"] == [0.0, 1.0, 0.0]
    assert columns["holiday:Christmas Day+1"] == [0.0, 0.0, 1.0]
