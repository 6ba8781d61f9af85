"""Running a plan's calls: what a call of the turn before brings is marked, and said no second time."""

from __future__ import annotations

from pathlib import Path

from agent.contracts import Call, Plan, Principal
from agent.execute import Desk, Limits, execute
from tests.flow import open_journey


def test_tables_of_the_turn_before_are_kept_but_marked(journey_folder: Path) -> None:
    store = open_journey(journey_folder)
    month = {"start": "2017-12-01", "end": "2018-01-01"}
    calls = tuple(
        Call("query_metrics", {"metrics": [metric], "time": month}, quiet=metric == "revenue")
        for metric in ("revenue", "orders")
    )
    try:
        found = execute(Plan("run", calls), Desk(store, Principal("test"), Limits(), store.as_of))
    finally:
        store.close()
    assert [(table.id, table.quiet) for table in found.evidence] == [("e1", True), ("e2", False)]
    assert {cell.evidence for fact in found.facts for cell in fact.cells} == {"e2"}
