"""What stands in a brief's files, for tests: words without markup, and the figures that nothing grounds."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from agent.brief.contracts import Analysis
from agent.figures import Figure, grounded, numbers_of, values_of

_DATES = re.compile(r"\d{4}-W\d{2}|\d{4}-\d{2}-\d{2}|\bR\d{2}\b|\b80%|有80%")


def page_text(page: str) -> str:
    """The words of an HTML page, one element a line: no style, no script, no picture."""
    bare = re.sub(r"(?s)<(style|svg|script|head)\b.*?</\1>", " ", page)
    return html.unescape(re.sub(r"<[^>]+>", "\n", bare))


def unescaped(markdown: str) -> str:
    """Markdown as its reader sees it."""
    return re.sub(r"\\([\\`*_\[\]<>|~:.])", r"\1", markdown)


def pool_of(analysis: Analysis) -> list[Figure]:
    """Every number that the brief may write: of its facts, of its tables, of its key figures."""
    words = [text for fact in analysis.facts for text in (fact.text.en, fact.text.zh)]
    cells = [cell for table in analysis.evidence for row in table.rows for cell in row if cell is not None]
    words += [str(cell) for cell in cells if isinstance(cell, str)]
    pool = [number for text in words for number in numbers_of(text)]
    pool += [number for fact in analysis.facts for number in values_of(fact)]
    for cell in cells:
        if isinstance(cell, int | float) or hasattr(cell, "quantize"):
            value = f"{abs(float(str(cell))):.6f}"
            # a cell does not say its kind here: it may be written as money, as a percentage or plainly
            pool += [n for form in (f"${value}", value) for n in numbers_of(form)]
            pool += numbers_of(f"{abs(float(str(cell))) * 100:.4f}%")
    return pool


def ungrounded(text: str, pool: Iterable[Figure]) -> list[str]:
    """The numbers of a text, dates apart, that the pool does not hold."""
    held = list(pool)
    bare = _DATES.sub(" ", text)
    return [str(number.value) for number in numbers_of(bare) if not grounded(number, held)]


def sentences(analysis: Analysis, language: str) -> set[str]:
    """Every sentence that code stated."""
    return {fact.text.of("zh" if language == "zh" else "en") for fact in analysis.facts}
