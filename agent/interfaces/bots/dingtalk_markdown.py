"""Posts as DingTalk's Markdown, within limits. It has no tables and no buttons: one reads lines, types numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agent.contracts import Language
from agent.delivery.marks import cut, dingtalk_text, pieces
from agent.interfaces.bots import words
from agent.interfaces.bots.posts import shown_rows
from agent.interfaces.bots.shape import Post, Table

MOST_TEXT = 5_000  # characters of all: DingTalk takes 20,000 bytes, and a Chinese character is three
MOST_WORDS = 2_000  # characters of the answer's words
ROWS = 20
TABLES = 2
TITLE = 60  # characters of what a notification shows


def markdown(post: Post, pictures: Sequence[tuple[str, str]] = (), at: str | None = None) -> dict[str, Any]:
    """An answer as a robot's message.

    Args:
        pictures: (media id, title) of each chart that was stored.
        at: who asked, in a group; nobody else is mentioned.
    """
    language = post.language
    parts = ["\n\n".join(dingtalk_text(cut(post.text, MOST_WORDS)).split("\n"))]
    if at is not None:
        parts.insert(0, f"@{at}")
    if post.note:
        parts.append(f"> {dingtalk_text(post.note)}")
    parts += [f"![{dingtalk_text(cut(title, 60))}]({key})" for key, title in pictures]
    last = [*_typed(post), *([f"> {dingtalk_text(post.footer)}"] if post.footer else [])]
    room = MOST_TEXT - sum(len(part) + 2 for part in (*parts, *last))
    for table in post.tables[:TABLES]:
        lines = _lines(table, language, room)
        parts += lines
        room -= sum(len(line) + 2 for line in lines)
    body: dict[str, Any] = {"title": cut(" ".join(post.text.split()), TITLE), "text": "\n\n".join([*parts, *last])}
    return {"msgtype": "markdown", "markdown": body, "at": {"atUserIds": [at] if at else [], "isAtAll": False}}


def _lines(table: Table, language: Language, room: int) -> list[str]:
    """A table as a line a row, as many as there is room for."""
    mark = f" · {words.SIMULATED.of(language)}" if table.simulated else ""
    head = f"**{dingtalk_text(table.title)}**{mark}"
    names = dingtalk_text(" · ".join(table.head))
    rows, _ = shown_rows(table, ROWS, language)
    lines = [f"- {dingtalk_text(cut(' · '.join(row), 300))}" for row in rows]
    room -= len(head) + len(names) + 100
    while lines and sum(len(line) + 2 for line in lines) > room:
        lines.pop()
    _, note = shown_rows(table, len(lines), language)
    return [head, f"> {names}", *lines, *([f"> {note}"] if note else [])] if lines else []


def _typed(post: Post) -> list[str]:
    """What can be typed next."""
    language = post.language
    found = []
    if post.choices:
        found += [f"{number}\\. {dingtalk_text(b.label)}" for number, b in enumerate(post.choices[:9], 1)]
        found.append(f"> {words.TYPE_NUMBER.of(language)}")
    for offer in post.offers[:3]:
        found += [f"**{dingtalk_text(offer.summary)}**", f"> {words.TYPE_YES.of(language).format(id=offer.yes.value)}"]
    if post.suggestions:
        asked = " / ".join(dingtalk_text(button.label) for button in post.suggestions[:3])
        found.append(f"> {words.NEXT.of(language)} {asked}")
    for path in post.files:
        found.append(f"> {dingtalk_text(words.NO_FILES.of(language).format(name=path.name))}")
    return pieces("\n".join(found), MOST_WORDS)[0].split("\n") if found else []
