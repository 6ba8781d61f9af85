"""Right or wrong: one answer against what was computed elsewhere. Pure; the rules are in tests/evals/README.md.

>>> from agent.evaluation.sets import expectation_of
>>> from agent.evaluation.seen import Seen, Table
>>> wanted = expectation_of({"values": [{"value": 2460}], "text_values": [2460]})
>>> grade(Seen("answered", "There were 2,460 orders last week.", (Table(("count",), ((2460,),)),)), wanted).right
True
>>> grade(Seen("answered", "There were some orders last week.", (Table(("count",), ((2460,),)),)), wanted).reason
'not stated'
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from agent.evaluation.planned import missing
from agent.evaluation.seen import Seen, Table, figure_of, is_key
from agent.evaluation.sets import Expectation, Finding, Key
from agent.evaluation.stated import agrees, numbers, states
from db.semantic.schema import StoreSchema

Reason = Literal["", "wrong status", "wrong plan", "value missing", "not stated", "ungrounded", "invented"]
Labels = Mapping[str, tuple[str, ...]]
NO_LABELS: Labels = MappingProxyType({})
_ROUNDED = 5e-7
"""Absolute: shares and ratios that were cut to six places."""
_ORDER: tuple[Reason, ...] = ("", "ungrounded", "not stated", "value missing")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Right, or why not. ``detail`` names what was looked for."""

    right: bool
    reason: Reason = ""
    detail: str = ""


def labels_of(schema: StoreSchema) -> Labels:
    """The names under which the product shows members, by the raw member in lower case."""
    found: dict[str, tuple[str, ...]] = {}
    for dimension in schema.dimensions.values():
        for raw, member in dimension.members.items():
            if member.label:
                found[raw.casefold()] = (*found.get(raw.casefold(), ()), member.label.en, member.label.zh)
    return found


def grade(answer: Seen, expect: Expectation, labels: Labels = NO_LABELS) -> Verdict:
    """Grade one answer.

    Args:
        labels: other names of members, see :func:`labels_of`.

    Returns:
        The first fault of the reading that came nearest: its status, a value that no evidence holds, one that the text
        does not state, a figure where there is no data, a number that no fact backs.
    """
    if answer.status not in expect.status:
        return Verdict(False, "wrong status", f"{answer.status}, not {' or '.join(sorted(expect.status))}")
    if expect.no_data:
        return _no_data(answer, expect, labels)
    if answer.status != "answered":
        return Verdict(True)
    lacking = [missing(answer.plan, plan) for plan in expect.plans]
    if lacking and all(lacking):
        return Verdict(False, "wrong plan", lacking[0])
    verdicts = [_reading(answer, reading, labels) for reading in expect.readings]
    best = min(verdicts, key=lambda verdict: _ORDER.index(verdict.reason))
    if best.right and answer.ungrounded:
        return Verdict(False, "ungrounded", f"{answer.ungrounded} numbers stand in no fact")
    return best


def _reading(answer: Seen, findings: Sequence[Finding], labels: Labels) -> Verdict:
    for finding in findings:
        if missing := _missing(answer.tables, finding):
            return Verdict(False, "value missing", missing)
    return _stated(answer, [said for finding in findings for said in finding.stated], labels)


def _stated(answer: Seen, wanted: Sequence[tuple[str | int | float, ...]], labels: Labels) -> Verdict:
    for said in wanted:
        if not any(states(answer.text, one, labels) for one in said):
            return Verdict(False, "not stated", " or ".join(map(str, said[:3])))
    return Verdict(True)


def _no_data(answer: Seen, expect: Expectation, labels: Labels) -> Verdict:
    """The text must say that there is no data; figures of its own it must not have."""
    (main, *_) = expect.readings
    known = [value for finding in main for value in finding.values]
    if answer.status == "answered":
        verdict = _reading(answer, main, labels)
    else:
        worded = [said for finding in main for said in finding.stated if all(isinstance(one, str) for one in said)]
        verdict = _stated(answer, worded, labels)
    if not verdict.right:
        return verdict
    for number in numbers(answer.text):
        if number.figure and number.value and not any(agrees(number, value) for value in known):
            return Verdict(False, "invented", f"{number.value:g} where there is no data")
    return verdict


def _missing(tables: Sequence[Table], finding: Finding) -> str:
    """What of a finding no evidence holds; empty when all is there."""
    for value in finding.values:
        if not any(_holds(t, row, value, finding.tolerance) for t in tables for row in t.rows):
            return f"{value:.12g}"
    for keys, figures in finding.rows:
        held = [(t, row) for t in tables for row in t.rows if all(_column(row, key) is not None for key in keys)]
        for figure in figures or ():
            if not any(_holds(t, row, figure, finding.tolerance) for t, row in held):
                return f"{', '.join(map(str, keys))}: {figure:.12g}"
        if not held:
            return ", ".join(map(str, keys))
    if (finding.order_matters or finding.exact_rows) and not any(_fits(table, finding) for table in tables):
        return "the rows in this order, and no others" if finding.exact_rows else "the rows in this order"
    return ""


def _fits(table: Table, finding: Finding) -> bool:
    """Whether one table has all rows of a finding, by their keys and first figures, in order and alone where asked."""
    places: list[int] = []
    for keys, figures in finding.rows:
        place = next(
            (i for i, row in enumerate(table.rows) if i not in places and _is_row(table, row, keys, figures, finding)),
            None,
        )
        if place is None:
            return False
        places.append(place)
    if finding.order_matters and places != sorted(places):
        return False
    if not finding.exact_rows:
        return True
    first = table.rows[places[0]]
    columns = [_column(first, key) for key in finding.rows[0][0]]
    others = [row for i, row in enumerate(table.rows) if i not in places]
    return all(any(row[c] is None for c in columns if c is not None) for row in others)


def _is_row(
    table: Table, row: Sequence[object], keys: Sequence[Key], figures: Sequence[float], finding: Finding
) -> bool:
    if not all(_column(row, key) is not None for key in keys):
        return False
    return not figures or _holds(table, row, figures[0], finding.tolerance)


def _column(row: Sequence[object], key: Key) -> int | None:
    return next((i for i, cell in enumerate(row) if is_key(cell, key)), None)


def _holds(table: Table, row: Sequence[object], value: float, tolerance: float) -> bool:
    room = max(tolerance * abs(value), _ROUNDED)
    found = (figure_of(cell, unit) for cell, unit in zip(row, table.units, strict=True))
    return any(figure is not None and abs(figure - value) <= room for figure in found)
