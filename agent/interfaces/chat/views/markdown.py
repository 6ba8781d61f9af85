"""The Markdown of our own briefs as HTML: headings, lists, tables, bold, italics. Links and images stay text."""

from __future__ import annotations

import re
from html import escape
from itertools import takewhile

_DIGITS = tuple("0123456789")
_NUMBERED = re.compile(r"\d+\. +")
_ITALIC = re.compile(r"(?<![*\w])\*([^*]+)\*(?![*\w])")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_ESCAPED = re.compile(r"\\([\\`*_\[\]<>|~#:.\-!(){}+])")
_HEADING = re.compile(r"(#{1,4}) +(.*)")
_RULE = re.compile(r"\|?[\s:|-]+\|?")


def markdown_html(text: str) -> str:
    """Markdown as a brief writes it; raw HTML in it is shown as text.

    >>> markdown_html("# A <b>\\n\\n- **x** y\\\\*")
    '<h2>A &lt;b&gt;</h2><ul><li><strong>x</strong> y*</li></ul>'
    """
    shown: list[str] = []
    lines = text.splitlines()
    place = 0
    while place < len(lines):
        line = lines[place].strip()
        if match := _HEADING.fullmatch(line):
            level = min(len(match[1]) + 1, 4)
            shown.append(f"<h{level}>{_inline(match[2])}</h{level}>")
        elif line.startswith("|"):
            block = _block(lines[place:], ("|",))
            shown.append(_table(block))
            place += len(block) - 1
        elif line.startswith(("- ", "* ")):
            block = _block(lines[place:], ("- ", "* "))
            shown.append(f"<ul>{''.join(f'<li>{_inline(item[2:])}</li>' for item in block)}</ul>")
            place += len(block) - 1
        elif _NUMBERED.match(line):
            block = _block(lines[place:], _DIGITS)
            items = "".join(f"<li>{_inline(_NUMBERED.sub('', item))}</li>" for item in block)
            shown.append(f"<ol>{items}</ol>")
            place += len(block) - 1
        elif line and not re.fullmatch(r"[-*_]{3,}", line):
            shown.append(f"<p>{_inline(line)}</p>")
        place += 1
    return "".join(shown)


def _block(lines: list[str], begins: tuple[str, ...]) -> list[str]:
    """The lines of a list or a table, from the first on."""
    return [line.strip() for line in takewhile(lambda line: line.strip().startswith(begins), lines)]


def _inline(text: str) -> str:
    """Bold kept, backslashes before punctuation taken out, the rest escaped."""
    kept: list[str] = []

    def hide(match: re.Match[str]) -> str:
        kept.append(match[1])
        return f"\x00{len(kept) - 1}\x00"

    bold = _BOLD.sub(r"<strong>\1</strong>", escape(_ESCAPED.sub(hide, text.replace("\x00", " "))))
    both = _ITALIC.sub(r"<em>\1</em>", bold)
    return re.sub("\x00(\\d+)\x00", lambda m: escape(kept[int(m[1])]), both)


def _table(lines: list[str]) -> str:
    rows = [_cells(line) for line in lines if not _RULE.fullmatch(line)]
    if not rows:
        return ""
    rule = next((_cells(line) for line in lines if _RULE.fullmatch(line)), [])
    sides = [' class="so-number"' if mark.endswith(":") and not mark.startswith(":") else "" for mark in rule]
    sides += [""] * len(rows[0])
    head = "".join(f'<th scope="col"{side}>{_inline(cell)}</th>' for cell, side in zip(rows[0], sides, strict=False))
    body = "".join(
        "<tr>" + "".join(f"<td{side}>{_inline(cell)}</td>" for cell, side in zip(row, sides, strict=False)) + "</tr>"
        for row in rows[1:]
    )
    table = f'<table class="so-plain"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="so-wide">{table}</div>'


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
