"""Paragraphs of the handbook as rows and as sentences: quoted word for word, with the place they stand at."""

from __future__ import annotations

from db.knowledge.handbook import Passage
from db.knowledge.text import Language
from db.semantic.schema import Text
from models.retrieval import Found, Handbook, Search
from tools.evidence import Cell, Column, Fact, Value

Quotes = dict[Language, tuple[str, Passage]]
CLOSE = 0.02  # of score below the best: a passage so near may be the better answer, so it is quoted too
NEARBY = 0.15  # confidence from which the nearest paragraph is named though it does not answer
_COLUMNS = ("passage", "file", "heading", "paragraph", "relevance")


def columns() -> tuple[Column, ...]:
    """The columns of the evidence."""
    return (
        Column("passage", Text(en="Paragraph", zh="段落内容"), "text"),
        Column("file", Text(en="File", zh="文件"), "text"),
        Column("heading", Text(en="Heading", zh="标题"), "text"),
        Column("paragraph", Text(en="No.", zh="段号"), "count"),
        Column("relevance", Text(en="Relevance", zh="相关度"), "number"),
    )


def rows_of(search: Search) -> tuple[tuple[Value, ...], ...]:
    """A row a passage, best first."""
    return tuple(
        (f.passage.text, f.passage.file, f.passage.heading, f.passage.number, round(f.score, 4)) for f in search.found
    )


def facts_of(search: Search, handbook: Handbook, evidence: str, *, example: bool) -> tuple[Fact, ...]:
    """The answer, passages nearly as near, or that the handbook does not say.

    Args:
        example: the handbook is the one that ships, which is said.
    """
    if not search.answers:
        return _not_said(search, evidence)
    best = search.found[0]
    facts = [_quoted(best, 0, handbook, evidence)]
    for row, found in enumerate(search.found[1:], 1):
        if best.score - found.score <= CLOSE and len(facts) < 3:  # three quotations are enough to read
            facts.append(_quoted(found, row, handbook, evidence))
    if example:
        facts.append(_example())
    return tuple(facts)


def place(passage: Passage) -> Text:
    """The citation: file § heading, paragraph.

    >>> p = Passage("en/returns.md", "Returns", "Return window", 1, ("Within 30 days.",), "en")
    >>> place(p).en, place(p).zh
    ('en/returns.md § Return window, paragraph 1', 'en/returns.md § Return window，第1段')
    """
    at = f"{passage.file} § {passage.heading}"
    return Text(en=f"{at}, paragraph {passage.number}", zh=f"{at}，第{passage.number}段")


def _quoted(found: Found, row: int, handbook: Handbook, evidence: str) -> Fact:
    twin = handbook.other(found.passage)
    quotes: Quotes = {found.passage.language: (found.quote, found.passage)}
    if twin is not None:
        quotes[twin.language] = (_of_twin(found, twin), twin)
    lead = Text(en="The handbook says", zh="手册规定") if row == 0 else Text(en="It also says", zh="手册另外写道")
    return Fact(
        "",
        place(found.passage).en,
        "text",
        Text(en=_sentence("en", lead.en, quotes), zh=_sentence("zh", lead.zh, quotes)),
        tuple(Cell(evidence, row, name) for name in _COLUMNS[:4]),
        1.0 if row == 0 else 0.8,
        words=(found.quote, *(q for q, _ in quotes.values() if q != found.quote)),
    )


def _of_twin(found: Found, twin: Passage) -> str:
    """The same words of the twin: all of it where the passage is quoted whole, else the parts of the same places."""
    if found.quote == found.passage.text or len(twin.parts) != len(found.passage.parts):
        return twin.text
    kept = [part for part, own in zip(twin.parts, found.passage.parts, strict=True) if own in found.quote]
    return ("" if twin.language == "zh" else " ").join(kept) or twin.text


def _sentence(language: Language, lead: str, quotes: Quotes) -> str:
    own = language in quotes
    quote, passage = quotes[language] if own else next(iter(quotes.values()))
    at = place(passage).of(language)
    if language == "zh":
        return f"{lead}{'' if own else '（英文）'}：“{quote}”（{at}）"
    return f"{lead}{'' if own else ' (in Chinese)'}: “{quote}” ({at})"


def _not_said(search: Search, evidence: str) -> tuple[Fact, ...]:
    text = Text(en="The handbook doesn't say.", zh="手册中没有相关规定。")
    facts = [Fact("", None, "text", text, (), 1.0)]
    if search.found and search.confidence >= NEARBY:
        nearest = search.found[0].passage
        at = place(nearest)
        facts.append(
            Fact(
                "",
                at.en,
                "text",
                Text(en=f"The nearest paragraph is {at.en}.", zh=f"最接近的段落是{at.zh}。"),
                tuple(Cell(evidence, 0, name) for name in ("file", "heading", "paragraph")),
                0.9,
            )
        )
    return tuple(facts)


def _example() -> Fact:
    text = Text(
        en="This is the example handbook that ships with ShopOps, not your own policies.",
        zh="这是ShopOps自带的示例手册，并非贵店自己的政策。",
    )
    return Fact("", None, "text", text, (), 0.5)
