"""What earlier briefs claimed of days that are now past, held against the data; and what this one claims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from agent.brief.contracts import Action, Block, Claim, Line, Note, Section
from agent.brief.ledger import numeric
from agent.brief.parts import Desk
from agent.brief.week import WEEK
from agent.contracts import Call, Plan
from agent.execute import Desk as Bench
from agent.execute import execute
from db.errors import Cancelled, ShopOpsError
from db.semantic.query import Interval
from db.semantic.roles import entity_dimension
from db.semantic.schema import Text
from tools.evidence import Cell, Evidence, Fact


@dataclass(frozen=True, slots=True)
class Due:
    """A claim that fell due this week, and the Monday of the week whose brief made it."""

    claim: Claim
    made: date


def claims_of(actions: Sequence[Action], forecast: Claim | None) -> tuple[Claim, ...]:
    """The claims of a brief, numbered: its forecast, and what its actions should bring."""
    every = [claim for claim in (forecast, *(a.claim for a in actions if a.claim is not forecast)) if claim is not None]
    return tuple(replace(claim, id=f"c{i}") for i, claim in enumerate(every, 1))


def to_json(claim: Claim) -> dict[str, Any]:
    """As the state keeps it."""
    kept = asdict(claim)
    kept["text"] = {"en": claim.text.en, "zh": claim.text.zh}
    kept["period"] = claim.period.model_dump(mode="json")
    return kept


def from_json(kept: Mapping[str, Any]) -> Claim:
    """A claim that the state kept."""
    return Claim(
        kept["id"], kept["kind"], Text(**kept["text"]), kept["metric"], kept["unit"], Interval(**kept["period"]),
        kept["low"], kept["high"], kept["expected"], tuple(kept["filters"]), tuple(kept["members"]),
    )  # fmt: skip


def due(kept: Iterable[tuple[date, Sequence[Claim]]], week: Interval) -> list[Due]:
    """The claims of earlier briefs whose period ended within this week; of two alike the later one."""
    found: dict[tuple[str, str, str], Due] = {}
    for made, claims in sorted(kept, key=lambda pair: pair[0]):
        if made >= week.start:
            continue
        for claim in claims:
            if week.start < claim.period.end <= week.end:
                found[(claim.kind, claim.metric, str(claim.filters))] = Due(claim, made)
    return list(found.values())


def write(desk: Desk, fallen: Sequence[Due], earlier: bool, bench: Bench) -> Section:
    """The section: each claim that fell due, what became of it, and how many were right."""
    name, blocks, facts = "claims", [], []
    for i, one in enumerate(fallen):
        fact = _checked(desk, one, bench, i)
        facts.append(fact)
        blocks.append(Line(fact))
    if not blocks:
        words = (
            Text(en="No claim of an earlier brief fell due this week.", zh="此前周报没有在本周到期的判断。")
            if earlier
            else Text(
                en="This is the first brief of this store that is kept; what it claims is checked in the next ones.",
                zh="这是本店留存的第一份周报；其中的判断将在之后的周报中核对。",
            )
        )
        only: list[Block] = [Note(words)]
        return Section(name, desk.heading(name), tuple(only))
    return Section(name, desk.heading(name), tuple(blocks), tuple(facts[:1]))


def _checked(desk: Desk, one: Due, bench: Bench, place: int) -> Fact:
    """One claim against the data."""
    claim, ledger = one.claim, desk.ledger
    actual, table = _actual(desk, claim, bench, place)
    when = (
        ("last week's brief", "上周周报")
        if one.made == desk.frame.week.start - WEEK
        else (f"the brief of the week of {one.made}", f"{one.made}当周的周报")
    )
    expected = _range(desk, claim)
    if actual is None or table is None:
        text = Text(
            en=f"{when[0].capitalize()} expected {claim.text.en} ({expected.en}). "
            "It can't be checked: the data has no record of it.",
            zh=f"{when[1]}预计{claim.text.zh}（{expected.zh}）。无法核对：数据中没有相应记录。",
        )
        return ledger.say(text)
    low, high = claim.low, claim.high
    hit = (low is None or actual >= low) and (high is None or actual <= high)
    now = ledger.figure(round(actual, 2), claim.unit)
    side = "" if hit else ("above" if high is not None and actual > high else "below")
    missed = {
        "above": ("missed, it is higher", "未命中，实际更高"),
        "below": ("missed, it is lower", "未命中，实际更低"),
    }
    verdict = ("hit", "命中") if hit else missed[side]
    text = Text(
        en=f"{when[0].capitalize()} expected {claim.text.en} ({expected.en}). It came to {now}: {verdict[0]}.",
        zh=f"{when[1]}预计{claim.text.zh}（{expected.zh}）。实际为{now}：{verdict[1]}。",
    )
    cells = tuple(Cell(table.id, i, table.columns[-1].name) for i in range(min(len(table.rows), 1)))
    return ledger.say(text, round(actual, 2), claim.unit, cells)


def _range(desk: Desk, claim: Claim) -> Text:
    low, high = (None if v is None else desk.ledger.figure(v, claim.unit) for v in (claim.low, claim.high))
    if low and high:
        return Text(en=f"{low} to {high}", zh=f"{low}至{high}")
    if low:
        return Text(en=f"at least {low}", zh=f"不低于{low}")
    return Text(en=f"at most {high}", zh=f"不高于{high}")


def _actual(desk: Desk, claim: Claim, bench: Bench, place: int) -> tuple[float | None, Evidence | None]:
    """What the data shows of a claim's period; None where it shows nothing."""
    query: dict[str, Any] = {"metrics": [claim.metric], "time": claim.period.model_dump(mode="json")}
    query["filters"] = [dict(f) for f in claim.filters]
    customer = entity_dimension(desk.frame.schema, "customer")
    if claim.members:
        if customer is None:
            return None, None
        query["group_by"] = [customer]
    try:
        found = execute(Plan("run", (Call("query_metrics", query),), source="code"), bench)
    except Cancelled:
        raise
    except ShopOpsError:
        return None, None
    table = replace(found.evidence[0], id=f"claim{place + 1}")
    if claim.members:
        bought = {str(row[0]) for row in table.rows}
        count = len(bought & set(claim.members))
        table = replace(table, rows=((count,),), columns=(table.columns[-1],), title=claim.text)
        return float(count), desk.ledger.keep(table)
    value = numeric(table.rows[0][-1]) if table.rows else None
    return value, desk.ledger.keep(table)
