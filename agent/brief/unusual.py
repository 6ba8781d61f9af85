"""Section: unusual days, from detect_anomalies over the store's main figures."""

from __future__ import annotations

from agent.brief.contracts import Line, Section
from agent.brief.ledger import at, marked, weekly
from agent.brief.parts import Desk
from tools.evidence import Evidence, Fact

SUMMARY = 0  # the place of the table that counts the findings of each figure
TOLD = 4  # findings


def write(desk: Desk) -> Section:
    """The section; its lead is the first finding that no holiday explains."""
    name, found = "unusual", desk.found("unusual")
    if found is None:
        return desk.missing(name, "unusual")
    ledger, summary = desk.ledger, found.table(SUMMARY)
    tables = {table.id: table for table in found.tables}
    shut = [str(day) for day in desk.days.shut(desk.frame)]
    told = [
        f for f in found.facts if f.cells and not any(day in f.text.en for day in shut)
    ]  # "moved" tells of those days
    told = told[:TOLD]
    ledger.keep(summary)
    first = ledger.adopt(found.facts[0], weekly(found.facts[0].text, desk.frame.week))
    facts = [
        ledger.adopt(
            fact, marked(weekly(fact.text, desk.frame.week), tables[fact.cells[0].evidence].origin == "simulated")
        )
        for fact in told
    ]
    for fact in facts:
        ledger.keep(tables[fact.cells[0].evidence])
    return Section(name, desk.heading(name), tuple(Line(f) for f in (first, *facts)), _lead(summary, facts))


def _lead(summary: Evidence, facts: list[Fact]) -> tuple[Fact, ...]:
    left = sum(
        int(str(at(summary, i, "events"))) - int(str(at(summary, i, "explained"))) for i in range(len(summary.rows))
    )
    return tuple(facts[:1]) if left else ()
