"""Just enough Markdown: headings, paragraphs, lists and tables, each as cleaned parts that can be quoted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from db.knowledge.text import HAN, clean, sentences

_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)[ \t#]*$")
_ITEM = re.compile(r"^[ \t]{0,12}(?:[-*+•]|\d{1,3}[.)、])[ \t]+(?=\S)")
_UNDERLINE = re.compile(r"^ {0,3}(=+|-+)[ \t]*$")
_RULE = re.compile(r"^ {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$")
_ROW = re.compile(r"^[ \t]*\|.*\|[ \t]*$")
_DASHES = re.compile(r"^[ \t:|-]+$")
_PAIR = re.compile(r"^(\w+)[ \t]*:[ \t]*(.+?)[ \t]*$")
_COMMENTED = re.compile(r"<!--.*?-->", re.DOTALL)
FRONT_MATTER_LINES = 200


@dataclass(frozen=True, slots=True)
class Block:
    """A heading with its level, or a paragraph, list or table of parts."""

    kind: Literal["heading", "paragraph", "list", "table"]
    parts: tuple[str, ...]
    level: int = 0


def front_matter(text: str) -> tuple[dict[str, str], str]:
    """The plain ``key: value`` lines of YAML front matter, and the text behind it.

    >>> front_matter("---\\ntitle: Returns\\n---\\nText.")
    ({'title': 'Returns'}, 'Text.')
    """
    lines = text.splitlines()
    if not lines or lines[0].strip() != "---":
        return {}, text
    end = next((i for i, line in enumerate(lines[1:FRONT_MATTER_LINES], 1) if line.strip() in ("---", "...")), None)
    if end is None:
        return {}, text
    pairs = (match for line in lines[1:end] if (match := _PAIR.match(line)))
    return {m[1].casefold(): clean(m[2].strip("\"'")) for m in pairs}, "\n".join(lines[end + 1 :])


def blocks(text: str) -> Iterator[Block]:
    """The blocks of Markdown; a list or table goes with the sentence that ends in a colon before it.

    >>> [b.parts for b in blocks("# A\\n\\nNot these:\\n- fuel\\n- gift cards")]
    [('A',), ('Not these:', 'fuel;', 'gift cards.')]
    """
    lead: Block | None = None
    for block in _raw(_COMMENTED.sub("", text).splitlines()):
        if lead is not None and block.kind in ("list", "table"):
            block, lead = Block(block.kind, lead.parts + block.parts), None
        elif lead is not None:
            yield lead
            lead = None
        if block.kind == "paragraph" and block.parts[-1].endswith((":", "：")):
            lead = block
        else:
            yield block
    if lead is not None:
        yield lead


def _raw(lines: Sequence[str]) -> Iterator[Block]:
    held: list[str] = []
    for line in [*lines, ""]:
        heading = _HEADING.match(line)
        underline = _UNDERLINE.match(line) if held and not _kind(held[-1]) else None
        if underline:
            level = 1 if underline[1].startswith("=") else 2
            yield from _heading(" ".join(held), level)
            held = []
        elif heading or not line.strip() or _RULE.match(line) or line.lstrip().startswith(("```", "~~~")):
            yield from _block(held)
            held = []
            if heading:
                yield from _heading(heading[2], len(heading[1]))
        elif held and _kind(line) != _kind(held[-1]) and not _continues(line, held[-1]):
            yield from _block(held)
            held = [line]
        else:
            held.append(line)


def _heading(words: str, level: int) -> Iterator[Block]:
    if words := clean(words):
        yield Block("heading", (words,), level)


def _kind(line: str) -> Literal["", "list", "table"]:
    return "table" if _ROW.match(line) else "list" if _ITEM.match(line) else ""


def _continues(line: str, before: str) -> bool:
    """Whether a line goes on with the list item above it."""
    return _kind(line) == "" and (_kind(before) == "list" or before.startswith("  ")) and line.startswith("  ")


def _block(lines: Sequence[str]) -> Iterator[Block]:
    kind = _kind(lines[0]) if lines else ""
    if kind == "table":
        found = _table(lines)
    elif kind == "list":
        found = _list(lines)
    else:
        found = sentences(clean(" ".join(line.lstrip("> \t") for line in lines)))
    if found:
        yield Block(kind or "paragraph", tuple(found))


def _list(lines: Sequence[str]) -> tuple[str, ...]:
    items: list[str] = []
    for line in lines:
        match = _ITEM.match(line)
        if match:
            items.append(line[match.end() :])
        else:
            items[-1] += " " + line.strip()
    cleaned = [item for item in map(clean, items) if item]
    return tuple(_ended(item, last=i == len(cleaned) - 1) for i, item in enumerate(cleaned))


def _ended(item: str, *, last: bool) -> str:
    """A list item with the stop that a sentence of items needs."""
    if item[-1] in ".!?;:。！？；：":
        return item
    return item + (("。" if last else "；") if HAN.search(item) else ("." if last else ";"))


def _table(lines: Sequence[str]) -> tuple[str, ...]:
    rows = [[clean(c) for c in line.strip().strip("|").split("|")] for line in lines if not _DASHES.match(line)]
    if len(rows) < 2:  # a header alone states nothing
        return ()
    return tuple(filter(None, (_row(rows[0], row) for row in rows[1:])))


def _row(header: Sequence[str], row: Sequence[str]) -> str:
    """ "Standard delivery (Time: 3 days; Price: $4.99)." — the first column names the row."""
    if any(HAN.search(cell) for cell in (*header, *row)):
        form, colon, between = "{}（{}）。", "：", "；"
    else:
        form, colon, between = "{} ({}).", ": ", "; "
    pairs = [f"{name}{colon}{cell}" for name, cell in zip(header[1:], row[1:], strict=False) if cell]
    return form.format(row[0], between.join(pairs)) if row[0] and pairs else row[0]
