"""The brief of the demo store, held against pandas over its rows and against what the simulation planted."""

from __future__ import annotations

import json
import os
from datetime import date
from itertools import pairwise
from pathlib import Path
from statistics import median

import duckdb
import pandas as pd
import pytest

from agent.brief import Brief, Order, write_briefs
from agent.service import Service
from agent.settings import Settings
from db.state import State
from tests.brief_text import page_text, pool_of, unescaped, ungrounded
from tools.people import PSEUDONYM

LAYOUT = (
    "kpis: [revenue, orders, customers, aov, discount_rate, refund_rate, payment_failure_rate]\nactions: 0\nsections:\n"
    + "".join(f"  - name: {name}\n" for name in ("moved", "unusual", "departments", "products", "campaigns", "risk"))
)
WEEK = date(2017, 9, 11)  # in it a payment processor was down on a Saturday evening
DAY = pd.Timedelta(days=7)


@pytest.fixture(scope="module")
def briefs(journey_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Brief, ...]:
    """The week of the outage in both languages."""
    folder = tmp_path_factory.mktemp("data")
    os.symlink(journey_folder / "stores", folder / "stores")
    (own := folder / "brief" / "journey").mkdir(parents=True)
    (own / "sections.yaml").write_text(LAYOUT, encoding="utf-8")
    settings = Settings(data_dir=folder, cache_dir=folder / "cache", query_seconds=120)
    with Service(settings, State.open(None, folder)) as service:
        order = Order(week=WEEK, languages=("en", "zh"), formats=("md", "html"), model=False)
        return write_briefs(service, order)


@pytest.fixture(scope="module")
def weeks(journey_folder: Path) -> pd.DataFrame:
    """Revenue, orders, customers and basket of every week, by pandas from the raw rows."""
    with duckdb.connect(str(journey_folder / "stores" / "journey.duckdb"), read_only=True) as store:
        rows = store.execute(
            "SELECT transaction_timestamp AS at, basket_id, household_id, sales_value, product_id FROM transactions"
        ).df()
        goods = store.execute("SELECT product_id, department FROM products").df()
    rows["week"] = rows["at"].dt.to_period("W-SUN").dt.start_time
    rows["sales_value"] = rows["sales_value"].astype(float)
    table = rows.groupby("week").agg(
        revenue=("sales_value", "sum"), orders=("basket_id", "nunique"), customers=("household_id", "nunique")
    )
    table["aov"] = table["revenue"] / table["orders"]
    departments = rows.merge(goods, on="product_id").pivot_table("sales_value", "week", "department", "sum")
    return table.join(departments)


def _limits(values: list[float]) -> tuple[float, float]:
    ranges = [abs(b - a) for a, b in pairwise(values)]
    middle, spread = median(values[-13:]), 3.145 * median(ranges)
    return max(middle - spread, 0.0), middle + spread


@pytest.mark.timeout(240)
@pytest.mark.slow
def test_the_key_figures_are_those_of_pandas(briefs: tuple[Brief, ...], weeks: pd.DataFrame) -> None:
    start = pd.Timestamp(WEEK)
    past = weeks.loc[(weeks.index >= "2017-01-02") & (weeks.index < start)].tail(26)
    for kpi in briefs[0].analysis.kpis[:4]:
        own = weeks[kpi.metric]
        assert float(kpi.now) == pytest.approx(own[start], abs=0.006)  # type: ignore[arg-type]
        assert float(kpi.previous) == pytest.approx(own[start - DAY], abs=0.006)  # type: ignore[arg-type]
        assert kpi.change == pytest.approx(own[start] / own[start - DAY] - 1, abs=1e-5)
        low, high = _limits(past[kpi.metric].tolist())
        assert float(kpi.low) == pytest.approx(low, rel=1e-3)  # type: ignore[arg-type]
        assert float(kpi.high) == pytest.approx(high, rel=1e-3)  # type: ignore[arg-type]
        assert kpi.verdict == ("low" if own[start] < low else "high" if own[start] > high else "usual")
        assert kpi.last_year is None


@pytest.mark.timeout(240)
def test_the_departments_are_those_of_pandas(briefs: tuple[Brief, ...], weeks: pd.DataFrame) -> None:
    start = pd.Timestamp(WEEK)
    table = next(t for t in briefs[0].analysis.evidence if t.id == "e2")
    assert len(table.rows) >= 5
    for department, now, change, _, low, high, verdict in table.rows:
        own = weeks[department].fillna(0.0)
        assert now == pytest.approx(own[start], abs=0.01)
        assert change == pytest.approx(own[start] - own[start - DAY], abs=0.02)
        edges = _limits(own[(own.index >= "2017-01-02") & (own.index < start)].tail(26).tolist())
        assert (low, high) == pytest.approx(edges, abs=0.02)
        assert verdict == ("low" if own[start] < edges[0] else "high" if own[start] > edges[1] else "usual")
    moves = [abs(row[2]) for row in table.rows[:5]]
    assert moves == sorted(moves, reverse=True)


@pytest.mark.timeout(240)
def test_the_planted_outage_is_reported_with_its_place(briefs: tuple[Brief, ...], journey_folder: Path) -> None:
    truth = json.loads((journey_folder / "stores" / "journey.truth.json").read_text("utf-8"))
    outage = next(i for i in truth["incidents"] if i["kind"] == "payment_outage" and i["start"] > str(WEEK))
    assert (outage["method"], outage["start"][:10]) == ("digital_wallet", "2017-09-16")
    failures = next(k for k in briefs[0].analysis.kpis if k.metric == "payment_failure_rate")
    assert failures.verdict == "high"
    english, chinese = (brief.files["md"].read_text("utf-8") for brief in briefs)
    assert "payment failure rate was above its own" in briefs[0].analysis.headline.text.en
    assert "digital wallet on Saturday" in english
    assert "On Saturday, 2017-09-16, payment failure rate was" in english
    assert "电子钱包" in chinese
    assert "（模拟）" in chinese


@pytest.mark.timeout(240)
def test_every_number_resolves_in_the_demo_store_too(briefs: tuple[Brief, ...]) -> None:
    for brief in briefs:
        pool = pool_of(brief.analysis)
        assert ungrounded(unescaped(brief.files["md"].read_text("utf-8")), pool) == []
        assert ungrounded(page_text(brief.files["html"].read_text("utf-8")), pool) == []


@pytest.mark.timeout(240)
def test_customers_stand_under_pseudonyms(briefs: tuple[Brief, ...]) -> None:
    """For the operator too, who may see ids: a brief is sent to others."""
    tables = [t for t in briefs[0].analysis.evidence if "customer" in [c.name for c in t.columns]]
    assert tables
    for table in tables:
        place = [c.name for c in table.columns].index("customer")
        assert all(PSEUDONYM.fullmatch(str(row[place])) for row in table.rows)
    assert PSEUDONYM.search(briefs[0].files["md"].read_text("utf-8"))
