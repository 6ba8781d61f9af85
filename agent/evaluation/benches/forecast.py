"""Forecasts of the demo store's daily series: rolling origins, against seasonal-naive, and what the intervals cover."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from agent.evaluation.benches import BenchRow, BenchTable, Setup, bar
from agent.open import store_yaml
from db.engine import open_store
from db.semantic.load import load_store_schema
from db.semantic.query import Filter
from models.timeseries.forecast import LEVELS, Forecaster, Series
from tools.forecast_series import calendar_of, parts_of, read_history
from tools.registry import ToolContext

if TYPE_CHECKING:
    from db.engine import Store

HORIZON = 28
ORIGINS = 20  # weekly, back from the last that leaves a whole horizon
BAR = 0.13  # WAPE of daily revenue over the last 28 days; seasonal naive .183
COVERAGE = 0.07  # by how much a coverage over twenty overlapping horizons may differ from its claim by chance
_DEPARTMENTS = ("GROCERY", "PRODUCE", "DRUG GM")
_STORES = (367, 406)


@dataclass(frozen=True, slots=True)
class Scores:
    """Of one series: WAPE of the last horizon and of all, each with the naive one's; coverages; the total's error."""

    last: tuple[float, float]
    every: tuple[float, float]
    days: tuple[float, ...]
    totals: tuple[float, ...]
    total_error: float


def run(setup: Setup) -> BenchTable:
    """Forecast 28 days from weekly origins, each from the days before it alone, its weights and intervals too."""
    store = open_store(setup.settings.store_file("journey"), load_store_schema(store_yaml("journey")))
    try:
        context = ToolContext(store, "e1")
        wanted: list[tuple[str, tuple[Filter, ...]]] = [
            (metric, ()) for metric in ("revenue", "orders", "units", "customers", "aov")
        ]
        wanted += [("revenue", (Filter(dimension="department", values=(d,)),)) for d in _DEPARTMENTS]
        wanted += [("revenue", (Filter(dimension="store", values=(s,)),)) for s in _STORES]
        rows: list[BenchRow] = []
        found: list[Scores] = []
        for index, (metric, filters) in enumerate(wanted):
            setup.progress(f"forecast {metric}", index / len(wanted))
            series = read_history(context, metric, filters).series[None]
            found.append(score(store, metric, series))
            rows += _rows(" ".join([metric, *(str(v) for f in filters for v in f.values)]), found[-1], not index)
        rows += _coverage(found)
    finally:
        store.close()
    return BenchTable(
        "forecast",
        "journey, daily series of 2017",
        f"{ORIGINS} weekly origins, {HORIZON} days each, the last one being 4 to 31 December",
        setup.seed,
        tuple(rows),
        ("Christmas Day, on which the store has never been seen, is taken to be shut: it has doors (calendar rule).",),
    )


def score(store: Store, metric: str, series: Series) -> Scores:
    """Scores of one series over the origins."""
    forecaster = Forecaster(series, calendar_of(store.schema, parts_of(store.schema, metric)))
    last = series.days - HORIZON
    points, naive, truth, days, totals, sums = [], [], [], [], [], []
    for today in range(last, last - 7 * ORIGINS, -7):
        origin = series.start + timedelta(days=today)
        spans = [(origin + timedelta(days=i), origin + timedelta(days=i + 1)) for i in range(HORIZON)]
        made = forecaster.forecast(spans, today)
        known = [part[today : today + HORIZON] for part in series.parts]
        actual = np.array([series.span(known, i, i + 1) for i in range(HORIZON)], dtype=float)
        week = [np.resize(part[today - 7 : today], HORIZON) for part in series.parts]
        naive.append(np.array([series.span(week, i, i + 1) for i in range(HORIZON)], dtype=float))
        points.append(np.array([span.point for span in made.spans]))
        truth.append(actual)
        whole = float(series.span(known, 0, HORIZON))
        known_days = [(span, value) for span, value in zip(made.spans, actual, strict=True) if not np.isnan(value)]
        days.append([[low <= value <= high for low, high in span.intervals] for span, value in known_days])
        totals.append([a <= whole <= b for a, b in made.total.intervals])
        sums.append(abs(made.total.point - whole) / whole)
    return Scores(
        (_wape(truth[:1], points[:1]), _wape(truth[:1], naive[:1])),
        (_wape(truth, points), _wape(truth, naive)),
        tuple(np.concatenate(days).mean(axis=0)),
        tuple(np.mean(totals, axis=0)),
        float(np.mean(sums)),
    )


def _wape(truth: list[np.ndarray], made: list[np.ndarray]) -> float:
    actual, forecast = np.concatenate(truth), np.concatenate(made)
    known = ~np.isnan(actual) & ~np.isnan(forecast)
    return float(np.abs(actual - forecast)[known].sum() / np.abs(actual[known]).sum())


def _rows(name: str, scores: Scores, headline: bool) -> list[BenchRow]:
    last, naive = scores.last
    first = (
        bar(f"{name}: WAPE of the last 28 days", last, BAR, least=False)
        if headline
        else BenchRow(f"{name}: WAPE of the last 28 days", last, f"{last:.3f}")
    )
    every, shown = scores.every, f"{scores.every[0]:.3f} (naive {scores.every[1]:.3f})"
    return [
        BenchRow(first.measured, last, f"{last:.3f} (naive {naive:.3f})", first.bar, first.ok),
        BenchRow(f"{name}: WAPE of all origins", every[0], shown, "below naive", every[0] < every[1]),
        BenchRow(f"{name}: error of the 28 days' total", scores.total_error, f"{scores.total_error:.1%}"),
    ]


def _coverage(found: list[Scores]) -> list[BenchRow]:
    rows = []
    for index, level in enumerate(LEVELS):
        for what, values in (("days", [s.days[index] for s in found]), ("totals", [s.totals[index] for s in found])):
            covered = float(np.mean(values))
            name = f"{level:.0%} intervals of {what}, all series: covered"
            ok = abs(covered - level) <= COVERAGE or (what == "totals" and covered > level)
            rows.append(BenchRow(name, covered, f"{covered:.1%}", f"{level:.0%}, totals at least", ok))
    return rows
