"""The figures of an answer's text as buttons: each opens the cell of the evidence that it states."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from html import escape
from itertools import pairwise

from agent.contracts import Answer
from agent.figures import Figure, placed_numbers
from agent.interfaces.chat import words
from agent.interfaces.chat.views.html import attributes
from tools.evidence import Cell, Column, Evidence, Fact, Value

_STOPS = ".,;:!?%)]」。，；：！？、）"  # they stay on the line of the figure before them
_SIGNS = "-−+"
_OPEN = "(（"
LEAD = 220  # characters: a longer sentence is a list, and is not set apart
_KINDS = {"currency": "money", "ratio": "percent", "percent": "percent"}


def cell_id(answer_id: str, evidence: str, row: int, column: str) -> str:
    """The id of a table's cell on the page."""
    return f"cell-{answer_id}-{evidence}-{row}-{column}"


def marked_text(answer: Answer) -> tuple[str, str]:
    """The text in HTML, each figure that a fact's cell holds as a button: the leading sentence, and the rest.

    The leading sentence is the first fact's own, where it stands first, is short, and something follows it.
    """
    text, spans = answer.text, _spans(answer.text, answer)
    lead = min((end for start, end, _ in spans if start == 0), default=0)
    if not 0 < lead <= LEAD or not text[lead:].strip():
        lead = 0
    pieces = _pieces(answer, spans)
    shown = ["".join(html for start, html in pieces if (start < lead) is first) for first in (True, False)]
    return shown[0].strip(), shown[1].strip()


def _pieces(answer: Answer, spans: Sequence[tuple[int, int, Fact]]) -> list[tuple[int, str]]:
    """The text as pieces of HTML with where each begins; none reaches over the end of a fact's sentence."""
    text, tables = answer.text, {evidence.id: evidence for evidence in answer.evidence}
    used: set[Cell] = set()
    pieces: list[tuple[int, str]] = []
    done = 0
    for start, end, figure in placed_numbers(text):
        cell = _cell(figure, _facts_at(start, spans, answer.facts), tables, used)
        if cell is None:
            continue
        used.add(cell)
        if start > done and text[start - 1] in _SIGNS:
            start -= 1
        shown = text[start:end]
        label = words.OPEN_FIGURE.of(answer.language).format(figure=shown)
        place = cell_id(answer.id, cell.evidence, cell.row, cell.column)
        said = attributes(class_="so-figure", data_cell=place, aria_label=f"{shown}. {label}", title=label)
        first = start - 1 if start > done and text[start - 1] in _OPEN else start
        last = end
        while last < len(text) and text[last] in _STOPS:
            last += 1
        pieces += _plain(text, done, first, spans)
        one = f'{escape(text[first:start])}<button type="button"{said}>{escape(shown)}</button>{escape(text[end:last])}'
        pieces.append((first, f'<span class="so-one">{one}</span>'))
        done = last
    return pieces + _plain(text, done, len(text), spans)


def _plain(text: str, start: int, end: int, spans: Sequence[tuple[int, int, Fact]]) -> list[tuple[int, str]]:
    """Text without figures, cut where the first sentence ends."""
    cuts = [start, *sorted({at for _, at, _ in spans if start < at < end}), end]
    return [(low, escape(text[low:high])) for low, high in pairwise(cuts) if high > low]


def _spans(text: str, answer: Answer) -> list[tuple[int, int, Fact]]:
    """Where the facts' own sentences stand in the text."""
    found, start = [], 0
    for fact in answer.facts:
        own = fact.text.of(answer.language)
        place = text.find(own, start)
        if place < 0:
            place = text.find(own)
        if own and place >= 0:
            found.append((place, place + len(own), fact))
            start = place + len(own)
    return found


def _facts_at(start: int, spans: Sequence[tuple[int, int, Fact]], facts: Sequence[Fact]) -> Sequence[Fact]:
    """The fact whose sentence this is; in a model's own prose any of them."""
    return [fact for low, high, fact in spans if low <= start < high] or facts


def _cell(figure: Figure, facts: Sequence[Fact], tables: dict[str, Evidence], used: set[Cell]) -> Cell | None:
    """The cell that a figure states; of several alike the first that no earlier figure stands for."""
    alike = [cell for fact in facts for cell in fact.cells if _states(figure, cell, tables.get(cell.evidence))]
    return next((cell for cell in alike if cell not in used), alike[0] if alike else None)


def _states(figure: Figure, cell: Cell, evidence: Evidence | None) -> bool:
    if evidence is None or not 0 <= cell.row < len(evidence.rows):
        return False
    for place, column in enumerate(evidence.columns):
        if column.name == cell.column:
            return _same(figure, column, evidence.rows[cell.row][place])
    return False


def _same(figure: Figure, column: Column, value: Value) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return False
    if figure.kind not in ("plain", _KINDS.get(column.unit, "plain")):
        return False
    exact = abs(Decimal(str(value)))
    # what is kept as a float may differ from the Decimal it was, behind the places that anyone writes
    return exact.is_finite() and abs(exact - figure.value) <= figure.half + Decimal("1e-9")
