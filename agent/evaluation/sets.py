"""Question sets: JSONL in the form of tests/evals/README.md, as types."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from agent.evaluation.planned import WantedCall
from db.errors import UsageError

SETS = Path(__file__).parents[2] / "tests" / "evals"
STATUSES = frozenset({"answered", "clarify", "out_of_scope", "refused", "failed"})
TOLERANCE = 0.001

Split = Literal["dev", "test", "all"]
Said = str | int | float
Key = str | int


@dataclass(frozen=True, slots=True)
class Finding:
    """What the evidence must hold and the text must state.

    Attributes:
        values: figures, each in some cell.
        rows: per row its keys and its figures.
        stated: of each inner tuple any one must be in the text.
        tolerance: relative, for the evidence.
    """

    values: tuple[float, ...] = ()
    rows: tuple[tuple[tuple[Key, ...], tuple[float, ...]], ...] = ()
    order_matters: bool = False
    exact_rows: bool = False
    stated: tuple[tuple[Said, ...], ...] = ()
    tolerance: float = TOLERANCE


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a right answer is.

    ``readings``: any of them will do; of one, all findings must hold. ``plans``: the plan must hold one of them.
    """

    status: frozenset[str]
    readings: tuple[tuple[Finding, ...], ...] = ()
    no_data: bool = False
    plans: tuple[tuple[WantedCall, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One question with its expectation."""

    id: str
    language: str
    kind: str
    split: str
    question: str
    expect: Expectation
    conversation: str | None = None
    pair: str | None = None
    as_of: date | None = None


# Dimensions whose members are numbers: in a row of an expectation they are keys, not figures.
_NUMBERED = frozenset({"store", "product", "manufacturer", "campaign", "weekday", "hour", "year", "household"})


def load_sets(folder: Path = SETS, split: Split = "all", language: str = "all") -> tuple[Case, ...]:
    """The shipped questions, in file order; those of a split may stand in several files (``en.dev.2.jsonl`` goes on).

    Raises:
        UsageError: they are not there (installed without the tests), or a line cannot be read.
    """
    splits = ("dev", "test") if split == "all" else (split,)
    languages = ("en", "zh") if language == "all" else (language,)
    first = [folder / f"{name}.{part}.jsonl" for part in splits for name in languages]
    paths = [each for path in first for each in (path, *sorted(folder.glob(f"{path.stem}.[2-9].jsonl")))]
    if not all(path.is_file() for path in paths):
        raise UsageError(
            "The question sets are not here: they lie in tests/evals of the source.",
            "Run this in a checkout of the source, or give your own questions with --set FILE.",
        )
    return tuple(case for path in paths for case in load_file(path))


def load_file(path: Path) -> tuple[Case, ...]:
    """The questions of one JSONL file. Raises UsageError naming file and line."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read.", "Give a JSONL file in UTF-8.") from error
    cases = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            cases.append(case_of(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            what = f"'{error.args[0]}' is missing" if isinstance(error, KeyError) else str(error)
            raise UsageError(
                f"{path.name} line {number}: {what}.", "The fields are in tests/evals/README.md."
            ) from None
    return tuple(cases)


def case_of(line: Mapping[str, Any]) -> Case:
    """One line as a case. Raises KeyError, ValueError or TypeError where it does not hold."""
    return Case(
        id=str(line["id"]),
        language=str(line.get("language", "en")),
        kind=str(line.get("kind", "own")),
        split=str(line.get("split", "own")),
        question=str(line["question"]),
        expect=expectation_of(line["expect"]),
        conversation=line.get("conversation"),
        pair=line.get("pair"),
        as_of=date.fromisoformat(line["as_of"]) if line.get("as_of") else None,
    )


def expectation_of(data: Mapping[str, Any]) -> Expectation:
    """An ``expect`` object as types. Raises as :func:`case_of`."""
    status = frozenset(data.get("status", ["answered"]))
    if not status or not status <= STATUSES:
        raise ValueError(f"status must be of {', '.join(sorted(STATUSES))}")
    parts = tuple(_finding(part, said=()) for part in data.get("parts", ()))
    stated = data.get("text_values") or [said for part in data.get("parts", ()) for said in part.get("text_values", ())]
    main = (*parts, _finding(data, stated)) if parts else (_finding(data, stated),)
    others = tuple((_finding(other, other.get("text_values", ())),) for other in data.get("alternatives", ()))
    plans = tuple(_calls(plan) for plan in (data.get("calls", ()), *data.get("calls_or", ())) if plan)
    return Expectation(status, (main, *others), bool(data.get("no_data", False)), plans)


def _calls(plan: Iterable[Mapping[str, Any]]) -> tuple[WantedCall, ...]:
    return tuple(WantedCall(str(call["tool"]), dict(call["args"])) for call in plan)


def _finding(data: Mapping[str, Any], said: Iterable[Any]) -> Finding:
    columns = data.get("columns", ())
    return Finding(
        values=tuple(float(item["value"]) for item in data.get("values", ())),
        rows=tuple(_row(row, columns) for row in data.get("rows", ())),
        order_matters=bool(data.get("order_matters", False)),
        exact_rows=bool(data.get("exact_rows", False)),
        stated=tuple(tuple(item) if isinstance(item, list) else (item,) for item in said),
        tolerance=float(data.get("tolerance", TOLERANCE)),
    )


def _row(row: list[Any], columns: Iterable[str]) -> tuple[tuple[Key, ...], tuple[float, ...]]:
    names = [*columns, *[""] * len(row)]
    is_key = [isinstance(cell, str) or name in _NUMBERED for cell, name in zip(row, names, strict=False)]
    keys = tuple(cell for cell, key in zip(row, is_key, strict=True) if key)
    return keys, tuple(float(cell) for cell, key in zip(row, is_key, strict=True) if not key)
