"""Sections: departments and products up and down, each department against its own usual weeks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from agent.brief.contracts import Block, Grid, Line, Picture, Section, Verdict
from agent.brief.ledger import column, numeric
from agent.brief.parts import Desk, label_of
from agent.brief.usual import Usual, usual
from agent.brief.week import WEEK
from db.semantic.schema import Text
from tools.evidence import Cell, Column, Evidence, Fact, Value

SMALL = 0.005  # of the week's or the week before's total: smaller departments are not named
_WORDS: dict[Verdict, Text] = {
    "low": Text(en="below usual", zh="低于正常"),
    "high": Text(en="above usual", zh="高于正常"),
    "usual": Text(en="usual", zh="正常"),
    "unknown": Text(en="too short a history", zh="历史不足"),
}


@dataclass(frozen=True, slots=True)
class Department:
    """A department's week. ``row``: its row in the table of departments."""

    member: Value
    name: Text
    now: float
    before: float
    limits: Usual | None
    verdict: Verdict
    row: int = 0

    @property
    def change(self) -> float:
        """Now minus before."""
        return self.now - self.before


def departments(desk: Desk) -> tuple[Section, tuple[Department, ...], Evidence | None]:
    """The section, and every department for the actions; the table holds those that are shown, the most moved first."""
    name, found = "departments", desk.found("departments")
    if found is None or not desk.kpis:
        return (
            desk.missing(name, "departments") if desk.frame.layout.wants(name) else Section(name, Text(en="", zh="")),
            (),
            None,
        )
    every = _every(desk, found.table(0))
    if not every:
        return Section(name, desk.heading(name), missing=desk.why_absent()), (), None
    shown = sorted(every, key=lambda d: -abs(d.change))[: desk.frame.layout.rows]
    shown += [d for d in every if d.verdict in ("low", "high") and d not in shown]
    shown = [replace(d, row=i) for i, d in enumerate(shown)]
    table = desk.ledger.keep(_table(desk, found.table(0), shown))
    facts = _facts(desk, table, shown)
    title = Text(
        en=f"Change in {desk.kpis[0].label.en.lower()} on the week before", zh=f"{desk.kpis[0].label.zh}环比变化"
    )
    blocks: list[Block] = [*(Line(f) for f in facts), Picture("bars", table, title), Grid(table)]
    if not desk.frame.layout.wants(name):
        return Section(name, Text(en="", zh="")), tuple(shown), table
    return Section(name, desk.heading(name), tuple(blocks), tuple(facts[:1])), tuple(shown), table


def _every(desk: Desk, table: Evidence) -> list[Department]:
    """All departments of some size, from their weekly values; weeks without a row are weeks without sales."""
    frame = desk.frame
    split, main = frame.department or "", frame.kpis[0]
    weeks = _weeks(table, split, main)
    span = [frame.recent.start + i * WEEK for i in range(frame.recent.days // 7)]
    now, before = span[-1], span[-1] - WEEK
    totals = [sum(own.get(w, 0.0) for own in weeks.values()) for w in (now, before)]
    like = _weeks(other.table(0), split, main) if (other := desk.found("departments open")) else weeks
    found = []
    for name, own in weeks.items():
        if name is None or max(own.get(now, 0.0) / (totals[0] or 1), own.get(before, 0.0) / (totals[1] or 1)) < SMALL:
            continue
        limits = usual([like.get(name, {}).get(w, 0.0) for w in span])
        verdict: Verdict = limits.verdict(own.get(now, 0.0)) if limits else "unknown"
        label = label_of(desk, split, name)
        found.append(Department(name, label, own.get(now, 0.0), own.get(before, 0.0), limits, verdict))
    return found


def _weeks(table: Evidence, split: str, metric: str) -> dict[Value, dict[date, float]]:
    member, week, value = (column(table, name) for name in (split, "week", metric))
    weeks: dict[Value, dict[date, float]] = {}
    for row in table.rows:
        weeks.setdefault(row[member], {})[date.fromisoformat(str(row[week]))] = numeric(row[value]) or 0.0
    return weeks


def _table(desk: Desk, source: Evidence, shown: Sequence[Department]) -> Evidence:
    main, split = desk.kpis[0], desk.frame.schema.dimension(desk.frame.department or "")
    columns = (
        Column(split.name, split.label, "member"),
        Column("now", Text(en="This week", zh="本周"), main.unit),
        Column("change", Text(en="Change", zh="变化"), main.unit),
        Column("change_pct", Text(en="in %", zh="环比"), "ratio"),
        Column("low", Text(en="Usually from", zh="正常下限"), main.unit),
        Column("high", Text(en="to", zh="正常上限"), main.unit),
        Column("verdict", Text(en="Verdict", zh="判断"), "text"),
    )
    rows = tuple(
        (
            str(d.member), round(d.now, 2), round(d.change, 2), d.change / d.before if d.before else None,
            round(d.limits.low, 2) if d.limits else None, round(d.limits.high, 2) if d.limits else None, d.verdict,
        )
        for d in shown
    )  # fmt: skip
    title = Text(en=f"{main.label.en} by {split.label.en.lower()}", zh=f"各{split.label.zh}{main.label.zh}")
    return Evidence(
        "e2", "brief", source.args, title, columns, rows, sql=source.sql, method=source.method, origin=source.origin
    )


def verdict_words(value: Value) -> Text:
    """The verdict of a row in words."""
    return _WORDS.get(str(value), _WORDS["unknown"])  # type: ignore[call-overload, no-any-return]


def _facts(desk: Desk, table: Evidence, shown: Sequence[Department]) -> list[Fact]:
    """Which moved most, each way, and which are out of their usual range."""
    facts = []
    ups = [d for d in shown if d.change > 0]
    downs = [d for d in shown if d.change < 0]
    if ups or downs:
        facts.append(_movers(desk, table, ups[:2], downs[:2]))
    outside = [(d, d.limits) for d in shown if d.verdict in ("low", "high") and d.limits is not None]
    if outside:
        facts.append(_outside(desk, table, outside))
    else:
        split = desk.frame.schema.dimension(desk.frame.department or "").label
        en = f"Every {split.en.lower()} of some size is within what is usual for it."
        facts.append(desk.ledger.say(Text(en=en, zh=f"主要{split.zh}均处于各自的正常区间。")))
    return facts


def _movers(desk: Desk, table: Evidence, ups: Sequence[Department], downs: Sequence[Department]) -> Fact:
    ledger, unit = desk.ledger, desk.kpis[0].unit

    def named(some: Sequence[Department], zh: bool) -> str:
        words = [
            f"{d.name.zh}（{ledger.moved(d.change, unit)}）" if zh else f"{d.name.en} ({ledger.moved(d.change, unit)})"
            for d in some
        ]
        return "、".join(words) if zh else " and ".join(words)

    parts_en, parts_zh = [], []
    if downs:
        parts_en.append(f"{named(downs, False)} lost most")
        parts_zh.append(f"下降最多的是{named(downs, True)}")
    if ups:
        parts_en.append(f"{named(ups, False)} gained most")
        parts_zh.append(f"增长最多的是{named(ups, True)}")
    elif downs:
        parts_en.append("none of the larger ones gained")
        parts_zh.append("其余主要项均无增长")
    text = Text(en=f"{'; '.join(parts_en)}.", zh=f"{'；'.join(parts_zh)}。")
    places = [Cell(table.id, d.row, "change") for d in (*downs, *ups)]
    first = (*downs, *ups)[0]
    return ledger.say(text, round(first.change, 2), unit, places)


def _outside(desk: Desk, table: Evidence, outside: Sequence[tuple[Department, Usual]]) -> Fact:
    ledger, unit = desk.ledger, desk.kpis[0].unit
    en, zh = [], []
    for d, limits in outside[:3]:
        edge = limits.low if d.verdict == "low" else limits.high
        side = ("below", "低于") if d.verdict == "low" else ("above", "高于")
        now, limit = ledger.figure(round(d.now, 2), unit), ledger.figure(round(edge, 2), unit)
        en.append(f"{d.name.en} with {now} is {side[0]} its usual {limit}")
        zh.append(f"{d.name.zh}{now}，{side[1]}正常水平的{limit}")
    text = Text(en=f"Out of range: {'; '.join(en)}.", zh=f"超出正常区间：{'；'.join(zh)}。")
    places = [Cell(table.id, d.row, c) for d, _ in outside[:3] for c in ("now", "low", "high")]
    return ledger.say(text, round(outside[0][0].now, 2), unit, places)


def products(desk: Desk) -> Section:
    """The products that moved most, under names that people recognise."""
    name = "products"
    up, down = desk.found("products desc"), desk.found("products asc")
    if up is None or down is None:
        return desk.missing(name, "products desc", "products asc")
    main = desk.kpis[0].metric
    labels = _labels(desk)
    blocks: list[Block] = []
    for found, words, sign in ((up, Text(en="Up", zh="上升"), 1), (down, Text(en="Down", zh="下降"), -1)):
        table = found.table(0)
        key, change = column(table, desk.frame.product or ""), column(table, f"{main}__change")
        rows = tuple((labels(str(row[key])), *row[1:]) for row in table.rows if sign * (numeric(row[change]) or 0) > 0)
        if rows:
            heads = (Column("product", words, "text"), *_heads(table.columns[1:]))
            named = replace(table, columns=heads, rows=rows, title=words)
            blocks.append(Grid(desk.ledger.keep(named)))
    if not blocks:
        return Section(name, desk.heading(name), missing=Text(en="No product moved.", zh="商品没有变化。"))
    return Section(name, desk.heading(name), tuple(blocks))


def _heads(columns: Sequence[Column]) -> list[Column]:
    """A comparison's columns under short heads: the section says which figure it is."""
    names = {
        "": Text(en="This week", zh="本周"),
        "previous": Text(en="Week before", zh="上周"),
        "change": Text(en="Change", zh="变化"),
        "change_pct": Text(en="in %", zh="环比"),
    }
    return [replace(c, label=names.get(c.name.partition("__")[2], c.label)) for c in columns]


def _labels(desk: Desk) -> Callable[[str], str]:
    """Names that people recognise: what it is, of which category, its size, and the id, which alone is unique."""
    from models.recommender.catalogue import Catalogue

    catalogue = Catalogue.read(desk.frame.store)

    def label(identifier: str) -> str:
        if not catalogue.known(identifier):
            return f"({identifier})"
        row = catalogue.table.loc[identifier]
        parts = [row.get(field) for field in ("name", "category", "size")]
        words = [" ".join(str(part).split()) for part in parts if isinstance(part, str) and part.strip()]
        return f"{' · '.join(dict.fromkeys(words)) or row.get('department') or ''} ({identifier})".strip()

    return label
