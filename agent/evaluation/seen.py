"""What the grader sees of an answer: status, text, tables. From an :class:`Answer` or from its JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from agent.contracts import Answer
from agent.evaluation.stated import names_of
from tools.evidence import worded

_PERIOD = re.compile(r"(\d{4})(?:-(?:(\d\d)(?:-(\d\d))?|[QW](\d\d?)))?(?:[T ].*)?")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one evidence, with the unit of each column."""

    units: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer as the grader sees it.

    ``ungrounded``: numbers of the text that stand in no fact. ``plan``: its calls, ``{"tool", "args"}`` each.
    """

    status: str
    text: str
    tables: tuple[Table, ...]
    ungrounded: int = 0
    plan: tuple[Mapping[str, Any], ...] = ()


def seen(answer: Answer) -> Seen:
    """The grader's view of an answer. Only an answered question states figures, so only there are they counted."""
    from agent.verify import grounded_numbers

    loose = grounded_numbers(answer.text, answer.facts) if answer.status == "answered" else 0
    tables = tuple(
        Table(tuple(c.unit for c in e.columns), tuple(tuple(worded(v, answer.language) for v in row) for row in e.rows))
        for e in answer.evidence
    )
    calls = answer.plan.calls if answer.plan else ()
    return Seen(answer.status, answer.text, tables, loose, tuple({"tool": c.tool, "args": c.args} for c in calls))


def seen_json(data: Mapping[str, Any]) -> Seen:
    """The grader's view of an answer's JSON (docs/answer-json.md); groundedness is not counted again."""
    tables = tuple(
        Table(tuple(c["unit"] for c in e["columns"]), tuple(tuple(row) for row in e["rows"])) for e in data["evidence"]
    )
    return Seen(data["status"], data["text"], tables, plan=tuple(data.get("plan", ())))


def figure_of(cell: object, unit: str) -> float | None:
    """A cell as a number, percentages as fractions; None where it is none."""
    if isinstance(cell, bool) or cell is None:
        return None
    try:
        value = float(cell) if isinstance(cell, int | float | Decimal) else float(str(cell).replace(",", ""))
    except ValueError:
        return None
    return value / 100 if unit == "percent" else value


def is_key(cell: object, key: str | int) -> bool:
    """Whether a cell holds a key, in one of its ways of writing: ``2017-12`` is ``2017-12-01``, ``Monday`` is 1.

    >>> is_key("2017-Q4", "2017-10-01"), is_key("PRODUCE", "produce"), is_key("08:00", 8), is_key(3670, 367)
    (True, True, True, False)
    """
    if cell is None or isinstance(cell, bool):
        return False
    if isinstance(cell, int | float | Decimal) and isinstance(key, int):
        return cell == key
    text = cell.isoformat() if isinstance(cell, date) else str(cell).strip()
    if isinstance(key, int):
        return _number_key(text, key)
    if text.casefold() == key.casefold():
        return True
    wanted = _first_day(key)
    return wanted is not None and _first_day(text) == wanted


def _number_key(text: str, key: int) -> bool:
    if text.isdigit():
        return int(text) == key
    hour = re.fullmatch(r"(\d\d?)(?::00(?::00)?|点|时)", text)
    if hour:
        return int(hour[1]) == key
    return 1 <= key <= 7 and text.casefold() in {form.casefold() for form in names_of(_WEEKDAYS[key - 1], {})}


_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


def _first_day(text: str) -> date | None:
    match = _PERIOD.fullmatch(text)
    if not match:
        return None
    year = int(match[1])
    try:
        if match[4] and "W" in text:
            return date.fromisocalendar(year, int(match[4]), 1)
        if match[4]:
            return date(year, 3 * int(match[4]) - 2, 1)
        return date(year, int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        return None
