"""Section: customer segments that grew or bled, from segment_customers' movement over the week."""

from __future__ import annotations

from collections import defaultdict

from agent.brief.contracts import Grid, Line, Section
from agent.brief.ledger import at, cells, english
from agent.brief.parts import Desk
from db.semantic.schema import Text
from models.segmentation.rfm import NAMES
from tools.evidence import Column, Evidence, Fact, Value
from tools.grammar import first_up

_LOSING = ("about_to_leave", "at_risk", "lost")


def write(desk: Desk) -> Section:
    """The section: sizes before and now, the largest gain and loss, and who slid towards leaving."""
    name, found = "customers", desk.found("movement")
    if found is None:
        return desk.missing(name, "movement")
    source = found.table(0)
    flows = [
        (_key(at(source, i, "before")), _key(at(source, i, "now")), int(str(at(source, i, "customers"))))
        for i in range(len(source.rows))
    ]
    table = desk.ledger.keep(_table(source, flows))
    facts = [fact for fact in (_slid(desk, source, flows), _net(desk, table)) if fact is not None]
    return Section(name, desk.heading(name), (*(Line(f) for f in facts), Grid(table)), tuple(facts[:1]))


def _key(name: Value) -> str:
    """A segment by the name that a table writes; empty for who was no customer yet."""
    return next((key for key, text in NAMES.items() if text.en == english(name)), "")


def _table(source: Evidence, flows: list[tuple[str, str, int]]) -> Evidence:
    then: defaultdict[str, int] = defaultdict(int)
    now: defaultdict[str, int] = defaultdict(int)
    for a, b, count in flows:
        then[a] += count
        now[b] += count
    columns = (
        Column("segment", Text(en="Segment", zh="客群"), "text"),
        Column("then", Text(en="A week ago", zh="一周前"), "count"),
        Column("now", Text(en="Now", zh="现在"), "count"),
        Column("change", Text(en="Change", zh="变化"), "count"),
    )
    rows = tuple((key, then[key], now[key], now[key] - then[key]) for key in NAMES if then[key] or now[key])
    title = Text(en="Customers by segment", zh="各客群客户数")
    return Evidence(
        f"{source.id}n", source.tool, source.args, title, columns, rows, method=source.method, origin=source.origin
    )


def _slid(desk: Desk, source: Evidence, flows: list[tuple[str, str, int]]) -> Fact | None:
    """How many of the good segments slid into leaving or at risk, and how many came back from there."""
    good = [key for key in NAMES if key not in _LOSING]
    went = [(i, n) for i, (a, b, n) in enumerate(flows) if a in good and b in _LOSING]
    back = [(i, n) for i, (a, b, n) in enumerate(flows) if a in _LOSING and b in good]
    lost, won = sum(n for _, n in went), sum(n for _, n in back)
    if not (lost or won):
        return None
    en = f"{lost:,} customers slid towards leaving this week and {won:,} came back."
    zh = f"本周有{lost:,}位客户滑向流失，{won:,}位客户回流。"
    places = [cell for i, _ in (*went, *back) for cell in cells(source, i, "customers")]
    desk.ledger.keep(source)
    return desk.ledger.say(Text(en=en, zh=zh), lost, "count", places)


def _net(desk: Desk, table: Evidence) -> Fact | None:
    """The segment that grew most and the one that bled most, by heads."""
    order = sorted(range(len(table.rows)), key=lambda i: int(str(at(table, i, "change"))))
    if not order:
        return None
    low, high = order[0], order[-1]
    down, up = int(str(at(table, low, "change"))), int(str(at(table, high, "change")))
    if down >= 0 or up <= 0:
        return None
    grew, bled = NAMES[str(at(table, high, "segment"))], NAMES[str(at(table, low, "segment"))]
    en = f"{first_up(grew.en)} grew most (+{up:,}), {bled.en} shrank most ({down:,})."
    zh = f"增加最多的是{grew.zh}（+{up:,}），减少最多的是{bled.zh}（{down:,}）。"
    return desk.ledger.say(
        Text(en=en, zh=zh), up, "count", (*cells(table, high, "change"), *cells(table, low, "change"))
    )
