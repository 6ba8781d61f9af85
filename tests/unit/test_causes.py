"""Root causes in leaf tables: planted ones are found, spread ones are not, and the bench counts as it says."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agent.evaluation.benches import BenchSkipped, Setup
from agent.evaluation.benches.causes import run, score
from agent.settings import Settings
from db.errors import AnalysisError
from models.causes.cells import cells_of, kind_of
from models.causes.incidents import incident_table
from models.causes.localise import localise

SHOPS, BRANDS, DEVICES = "abcd", "xyz", "pq"
DIMENSIONS = ["shop", "brand", "device"]


def leaves(seed: int = 0) -> pd.DataFrame:
    """A sum of 24 leaves, each near its expectation."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(list(product(SHOPS, BRANDS, DEVICES)), columns=DIMENSIONS)
    table["expected"] = rng.uniform(80, 120, len(table))
    table["actual"] = table["expected"] * rng.normal(1, 0.01, len(table))
    return table


def names(found: tuple[object, ...]) -> list[dict[str, object]]:
    return [dict(cause.members) for cause in found]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("cause", "factor"),
    [
        ({"shop": "b"}, 0.4),
        ({"shop": "b", "brand": "x"}, 0.2),
        ({"shop": "c", "brand": "z", "device": "q"}, 3.0),
        ({"device": "p"}, 1.8),
    ],
)
def test_a_planted_combination_is_found_whole(cause: dict[str, str], factor: float) -> None:
    table = leaves()
    inside = np.logical_and.reduce([table[name] == value for name, value in cause.items()])
    table.loc[inside, "actual"] *= factor
    found = localise(table, DIMENSIONS)
    assert names(found.causes) == [cause]
    assert found.causes[0].explained == pytest.approx(1, abs=0.15)
    assert found.confidence > 0.7
    moved = (table["actual"] - table["expected"])[inside].sum()
    assert found.causes[0].change == pytest.approx(moved)


def test_two_members_of_one_dimension_are_both_named() -> None:
    table = leaves()
    table.loc[table["shop"].isin(["a", "c"]), "actual"] *= 0.5
    assert sorted(map(str, names(localise(table, DIMENSIONS).causes))) == ["{'shop': 'a'}", "{'shop': 'c'}"]


def test_a_fall_shared_by_all_has_no_single_cause() -> None:
    table = leaves()
    table["actual"] *= 0.7
    found = localise(table, DIMENSIONS)
    assert found.causes == ()
    assert found.confidence == 0


def test_nothing_moved_gives_no_answer() -> None:
    table = leaves().assign(actual=lambda t: t["expected"])
    assert localise(table, DIMENSIONS).answers == ()


def test_a_rate_is_told_apart_from_traffic() -> None:
    """Shop a has twice the traffic, shop b fails more: the failure rate is shop b's doing."""
    table = leaves()[DIMENSIONS].assign(count=1000.0, count_before=1000.0, value=20.0, value_before=20.0)
    table.loc[table["shop"] == "a", ["count", "value"]] *= 2
    table.loc[table["shop"] == "b", "value"] = 200.0
    assert names(localise(table, DIMENSIONS).causes) == [{"shop": "b"}]


def test_a_missing_member_is_no_cause() -> None:
    table = leaves()
    table.loc[table["shop"] == "b", "shop"] = None
    table.loc[table["shop"].isna(), "actual"] *= 0.1
    assert all(value is not None for members in cells_of(table, DIMENSIONS)["members"] for _, value in members)


def test_a_table_of_neither_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="a table needs the columns"):
        kind_of(pd.DataFrame({"shop": ["a"], "revenue": [1.0]}))


def moments(bad: dict[str, str], at: int = 360) -> pd.DataFrame:
    """Seven minutes of failures; in the last, and once before, those of ``bad`` fail."""
    rows = []
    for minute in range(0, 420, 60):
        for shop, brand in product(SHOPS, BRANDS):
            leaf = {"shop": shop, "brand": brand}
            broken = minute in (at, 120) and all(leaf[k] == v for k, v in bad.items())
            rows.append({"min": minute, **leaf, "value": 300 if broken else 20 + minute % 7, "cnt": 1000})
    return pd.DataFrame(rows)


def test_an_incident_is_held_against_quiet_moments() -> None:
    frame = moments({"shop": "c"})
    table = incident_table(frame, ["shop", "brand"], 360)
    before = table[table["shop"] == "c"]
    assert (before["value_before"] / before["count_before"]).max() < 0.03  # minute 120 is left out
    assert names(localise(table, ["shop", "brand"]).causes) == [{"shop": "c"}]


@pytest.mark.parametrize(("moment", "words"), [(999, "no rows at 999"), (0, "nothing before 0")])
def test_an_incident_without_moment_or_past_is_refused(moment: int, words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        incident_table(moments({"shop": "c"}), ["shop", "brand"], moment)


def test_elements_count_only_when_whole() -> None:
    found = localise(incident_table(moments({"shop": "c", "brand": "x"}), ["shop", "brand"], 360), ["shop", "brand"])
    right = score(found, frozenset([frozenset({("shop", "c"), ("brand", "x")})]))
    assert (right.right, right.wrong, right.missed, right.f1) == (1, 0, 0, 1.0)
    part = score(found, frozenset([frozenset({("shop", "d")})]))
    assert (part.right, part.wrong, part.missed, part.f1) == (0, 1, 1, 0.0)


def test_the_bench_reads_labels_and_leaves_each_incident_out(tmp_path: Path) -> None:
    folder = tmp_path / "rca_dev"
    folder.mkdir()
    causes = [{"shop": "c"}, {"shop": "a", "brand": "y"}, {"brand": "z"}]
    for i, cause in enumerate(causes):
        moments(cause).to_csv(folder / f"case{i}.csv", index=False)
    labels = [json.dumps({"case": f"case{i}", "timestamp": 360, "cause": c}) for i, c in enumerate(causes)]
    (folder / "labels.jsonl").write_text("\n".join(labels), encoding="utf-8")
    table = run(Setup(Settings(), tmp_path))
    measured = {row.measured: row.value for row in table.rows}
    assert measured["F1 at one answer, leave-one-out"] == 1.0
    assert measured["recall@3, leave-one-out"] == 1.0
    assert "3 labelled incidents" in table.data


def test_the_bench_says_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(BenchSkipped, match="rca_dev"):
        run(Setup(Settings(), tmp_path))
    (tmp_path / "rca_dev").mkdir()
    with pytest.raises(BenchSkipped, match=r"labels\.jsonl"):
        run(Setup(Settings(), tmp_path))
