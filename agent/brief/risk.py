"""Section: risk, from check_risk's scan of the week's payments and refunds."""

from __future__ import annotations

from agent.brief.contracts import Grid, Line, Section
from agent.brief.ledger import at, cells, marked
from agent.brief.parts import Desk, cut
from db.semantic.schema import Text

SHOWN = ("customer", "event", "amount", "score", "reasons")
TOLD = 3


def write(desk: Desk) -> Section:
    """The section: how many cases, the worst of them, and the reason that comes up most."""
    name, found = "risk", desk.found("risk")
    if found is None:
        return desk.missing(name, "risk")
    cases, sums = found.table(0), desk.ledger.keep(found.table(1))
    ledger = desk.ledger
    counts = {c: int(str(at(sums, 0, c))) for c in ("scanned", "alerts", "reviews")}
    alerts, reviews = counts["alerts"], counts["reviews"]
    if alerts:
        en = f"{alerts:,} of {counts['scanned']:,} payments and refunds need action now; {reviews:,} more need a look."
        zh = f"{counts['scanned']:,}笔支付和退款中有{alerts:,}个案件需立即处理，另有{reviews:,}个值得复核。"
    elif reviews:
        en = f"None of {counts['scanned']:,} payments and refunds needs action now; {reviews:,} are worth a look."
        zh = f"{counts['scanned']:,}笔支付和退款中没有需立即处理的案件，{reviews:,}个值得复核。"
    else:
        en = f"Nothing stands out among {counts['scanned']:,} payments and refunds."
        zh = f"{counts['scanned']:,}笔支付和退款中未见异常。"
    simulated = cases.origin == "simulated"
    first = ledger.say(marked(Text(en=en, zh=zh), simulated), alerts, "count", cells(sums, 0, *counts))
    lines = [first]
    common = next((f for f in found.facts if any(c.column == "cases" for c in f.cells)), None)
    if common is not None and len(found.tables) > 2:
        ledger.keep(found.table(2))
        lines.append(ledger.adopt(common))
    blocks: list[Line | Grid] = [Line(f) for f in lines]
    if alerts or reviews:
        blocks.append(Grid(ledger.keep(cut(cases, SHOWN, TOLD))))
    return Section(name, desk.heading(name), tuple(blocks), (first,) if alerts else (), simulated=simulated)
