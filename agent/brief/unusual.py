"""Section: unusual days, from detect_anomalies over the store's main figures."""

from __future__ import annotations

from agent.brief.contracts import Line, Section
from agent.brief.ledger import at, weekly
from agent.brief.parts import Desk

SUMMARY = 0  # the place of the table that counts the findings of each figure


def write(desk: Desk) -> Section:
    """The section; its lead is the first finding that no holiday explains."""
    name, found = "unusual", desk.found("unusual")
    if found is None:
        return desk.missing(name, "unusual")
    ledger = desk.ledger
    summary = found.table(SUMMARY)
    told = [
        f for i, f in enumerate(found.facts) if f.cells or i == 0
    ]  # the last one says what is simulated: the badge does
    facts = [ledger.adopt(fact, weekly(fact.text, desk.frame.week)) for fact in told]
    cited = {cell.evidence for fact in facts for cell in fact.cells}
    for table in found.tables:
        if table is summary or table.id in cited:
            ledger.keep(table)
    open_findings = sum(
        int(str(at(summary, i, "events"))) - int(str(at(summary, i, "explained"))) for i in range(len(summary.rows))
    )
    leads = tuple(facts[1:2]) if open_findings and len(facts) > 1 else tuple(facts[:1])
    return Section(
        name, desk.heading(name), tuple(Line(f) for f in facts), leads, simulated=summary.origin == "simulated"
    )
