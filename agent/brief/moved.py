"""Section: what moved and why, from explain_change of the main figure and of those that left their usual range."""

from __future__ import annotations

from agent.brief.contracts import Block, Line, Picture, Section
from agent.brief.jobs import Found
from agent.brief.ledger import weekly
from agent.brief.parts import Desk
from agent.brief.verdicts import closed_days, verdict
from tools.evidence import Fact

SKIPPED = ("typical", "change_pct")  # what the strip says already: how large the change is, and whether that is usual
TOLD = 3  # facts of a figure's explanation


def write(desk: Desk) -> Section:
    """The section; its leads are the days without trade, what made the change, and the figures that are out of range."""
    name = "moved"
    explained = [(k, f) for k in desk.kpis if (f := desk.found(f"why {k.metric}")) is not None]
    if not explained:
        return desk.missing(name, *(f"why {k.metric}" for k in desk.kpis))
    main = desk.kpis[0]
    blocks: list[Block] = [Picture("weeks", desk.figures, main.label)]
    leads: list[Fact] = []
    shut = closed_days(desk)
    if shut is not None:
        leads.append(shut)
        blocks.append(Line(shut))
    for kpi, found in explained:
        if kpi is not main:
            beside = verdict(desk, kpi)
            leads.append(beside)
            blocks.append(Line(beside))
        told = _told(desk, found)
        blocks += [Line(fact) for fact in told]
        if kpi is main:
            leads += told[:1]
    simulated = any(kpi.simulated for kpi, _ in explained)
    return Section(name, desk.heading(name), tuple(blocks), tuple(leads), simulated=simulated)


def _told(desk: Desk, found: Found) -> list[Fact]:
    """The explanation's facts, the weightiest first, but for what the strip says and what has no figure."""
    facts = [f for f in found.facts if f.cells and not any(cell.column in SKIPPED for cell in f.cells)]
    cited = {cell.evidence for fact in facts[:TOLD] for cell in fact.cells}
    for table in found.tables:
        if table.id in cited:
            desk.ledger.keep(table)
    return [desk.ledger.adopt(fact, weekly(fact.text, desk.frame.week)) for fact in facts[:TOLD]]
