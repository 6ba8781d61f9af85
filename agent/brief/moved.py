"""Section: what moved and why, from explain_change of the main figure and of those that left their usual range."""

from __future__ import annotations

from agent.brief.contracts import Block, Kpi, Line, Note, Picture, Section
from agent.brief.jobs import Found
from agent.brief.ledger import at, cells, column, english, marked, numeric, weekly
from agent.brief.parts import Desk
from agent.brief.verdicts import closed_days, verdict
from db.semantic.schema import Metric, Text
from tools import format as fmt
from tools.evidence import Evidence, Fact
from tools.grammar import first_up, is_plural, listed

SKIPPED = ("typical", "change_pct")  # what the strip says already: how large the change is, and whether that is usual
TOLD = 2  # further facts of a figure's explanation
CAUSE = 1.1  # the weight of explain_change's fact that names the members behind a change
_NOTHING = Text(
    en="The change is within what is usual; there is nothing to explain.", zh="变化在正常波动之内，无需追查。"
)
SMALL = 0.02  # of the whole change: a smaller part is not named


def write(desk: Desk) -> Section:
    """The section; its leads: the days without trade, what made the change, and the figures that are out of range."""
    name, main = "moved", desk.kpis[0]
    explained = [(k, f) for k in desk.kpis if (f := desk.found(f"why {k.metric}")) is not None]
    if not explained:
        return desk.missing(name, *(f"why {k.metric}" for k in desk.kpis))
    blocks: list[Block] = [Picture("weeks", desk.figures, _weeks_title(main))]
    leads: list[Fact] = []
    shut = closed_days(desk)
    if shut is not None:
        leads.append(shut)
        blocks.append(Line(shut))
    for kpi, found in explained:
        if kpi is main:
            made = _factors(desk, kpi, found)
            leads += [made] if made else []
            told = ([made] if made else []) + _told(desk, kpi, found, shut is not None)
        else:
            beside = verdict(desk, kpi)
            more = _told(desk, kpi, found, shut is not None)
            leads += [beside, *(fact for fact in more[:1] if fact.weight == CAUSE)]
            told = [beside, *more]
        blocks += [Line(fact) for fact in told]
    if main.verdict == "usual" and len(blocks) == 1:
        blocks.append(Note(_NOTHING))
    others = [verdict(desk, k) for k in desk.kpis if k.verdict in ("low", "high") and k not in dict(explained)]
    blocks += [Line(fact) for fact in others]
    return Section(name, desk.heading(name), tuple(blocks), (*leads, *others))


def _weeks_title(kpi: Kpi) -> Text:
    if kpi.low is None:
        return Text(en=f"{kpi.label.en} by week", zh=f"每周{kpi.label.zh}")
    return Text(
        en=f"{kpi.label.en} by week; the bar is this week's usual range", zh=f"每周{kpi.label.zh}；竖条为本周的正常区间"
    )


def _told(desk: Desk, kpi: Kpi, found: Found, shut: bool) -> list[Fact]:
    """The explanation's facts, the weightiest first, but for those that say nothing new here.

    Members, hours and weekdays behind a usual change are noise, and a day without trade is told already.
    """
    schema = desk.frame.schema
    factors = _factor_table(found)
    days = tuple(f"By {d.label.en.lower()}," for d in schema.dimensions.values() if d.kind == "time")
    facts = [
        fact
        for fact in found.facts
        if fact.cells
        and not any(cell.column in SKIPPED for cell in fact.cells)
        and not (factors and fact.cells[0].evidence == factors.id)
        and not (shut and fact.text.en.startswith(days))
        and not (kpi.verdict == "usual" and (fact.weight == CAUSE or fact.text.en.startswith("By ")))
        and fmt.MISSING.en not in fact.text.en
    ][:TOLD]
    _keep(desk, found, facts)
    return [_named(desk, kpi, fact) for fact in facts]


def _keep(desk: Desk, found: Found, facts: list[Fact]) -> None:
    cited = {cell.evidence for fact in facts for cell in fact.cells}
    for table in found.tables:
        if table.id in cited:
            desk.ledger.keep(table)


def _named(desk: Desk, kpi: Kpi, fact: Fact) -> Fact:
    """A tool's sentence that can stand alone: "of it" says of what."""
    text = weekly(fact.text, desk.frame.week)
    way = ("rise", "上升") if (kpi.change or 0) > 0 else ("fall", "下降")
    en, zh = text.en, text.zh
    if en.startswith("Of it, "):
        en = f"Of the {way[0]} in {kpi.label.en.lower()}, {en.removeprefix('Of it, ')}"
        zh = f"{kpi.label.zh}的{way[1]}中，{zh.removeprefix('其中')}"
    if kpi is not desk.kpis[0]:  # whose figures these are; the main one's need no name here
        en, zh = f"{first_up(kpi.label.en)}: {first_down(en)}", f"{kpi.label.zh}：{zh}"
    return desk.ledger.adopt(fact, marked(Text(en=en, zh=zh), kpi.simulated))


def first_down(text: str) -> str:
    """A sentence as it goes on behind a colon; a name in capitals keeps them.

    >>> first_down("By weekday, all"), first_down("DELI on Monday")
    ('by weekday, all', 'DELI on Monday')
    """
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _factor_table(found: Found) -> Evidence | None:
    """The table of the factors behind the change: customers × orders × basket."""
    return next((t for t in found.tables if [c.name for c in t.columns] == ["part", "change", "share"]), None)


def _factors(desk: Desk, kpi: Kpi, found: Found) -> Fact | None:
    """What the change is made of: the factors that pushed it, and those that held against it."""
    table, ledger = _factor_table(found), desk.ledger
    now, before = numeric(kpi.now), numeric(kpi.previous)
    if table is None or now is None or before is None or now == before:
        return None
    labels = {m.label.en: m for m in desk.frame.schema.metrics.values()}
    whole, place = now - before, column(table, "change")
    rows = sorted(range(len(table.rows)), key=lambda i: -abs(numeric(table.rows[i][place]) or 0.0))
    parts = [(i, numeric(table.rows[i][place]) or 0.0, labels.get(english(at(table, i, "part")))) for i in rows]
    if any(metric is None for _, _, metric in parts):
        return None
    named = [(i, v, m) for i, v, m in parts if m is not None and abs(v) >= SMALL * abs(whole)]
    with_it = [(v, m) for _, v, m in named if v * whole > 0]
    against = [(v, m) for _, v, m in named if v * whole < 0]
    if not with_it:
        return None
    amounts = [(ledger.figure(abs(v), kpi.unit), m, v) for v, m in with_it]
    size, way = ledger.figure(abs(whole), kpi.unit), ("gained", "增加") if whole > 0 else ("lost", "减少")
    pushed = [f"{amount} from {_way(m, v)}" for amount, m, v in amounts]
    en = f"{first_up(kpi.label.en)} {way[0]} {size}: {listed(pushed)}"
    zh = f"{kpi.label.zh}{way[1]}{size}，" + "、".join(
        f"{m.label.zh}{'上升' if v > 0 else '下降'}影响{a}" for a, m, v in amounts
    )
    if against:
        held = [(ledger.moved(v, kpi.unit), m, v) for v, m in against]
        en += f"; {listed([f'{_way(m, v)} ({a})' for a, m, v in held])} held against it"
        zh += "；" + "、".join(f"{m.label.zh}{'上升' if v > 0 else '下降'}（{a}）" for a, m, v in held) + "部分抵消"
    ledger.keep(table)
    places = [c for i, _, _ in named for c in cells(table, i, "change")]
    places += cells(desk.figures, kpi.row, "now", "previous")
    return ledger.say(Text(en=f"{en}.", zh=f"{zh}。"), round(whole, 2), kpi.unit, places)


def _way(metric: Metric, value: float) -> str:
    label = metric.label.en.lower()
    if (metric.unit == "count" and is_plural(label)) or label.startswith("orders per"):
        return f"{'more' if value > 0 else 'fewer'} {label}"
    return f"a {'higher' if value > 0 else 'lower'} {label}"
