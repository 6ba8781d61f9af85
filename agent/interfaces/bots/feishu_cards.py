"""Posts as Feishu's message cards, within its limits. All text is escaped here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from agent.contracts import Language
from agent.delivery.marks import cut, feishu_text
from agent.interfaces.bots import words
from agent.interfaces.bots.posts import shown_rows
from agent.interfaces.bots.shape import Button, Post, Table

Card = dict[str, Any]
MOST_BYTES = 28_000  # of a card; Feishu takes 30 KB
MOST_TEXT = 4_000  # characters of the answer's words
COLUMNS = 10
_SIZES = ((30, 3), (15, 3), (10, 1), (5, 1), (0, 0))  # rows of a table (which shows ten at a time), tables of a card
LABEL = 100  # characters of a button


def card(post: Post, place: Mapping[str, Any], pictures: tuple[tuple[str, str], ...] = ()) -> Card:
    """An answer as a card.

    Args:
        place: where the card stands; its buttons bring it back.
        pictures: (key, title) of each chart that was stored.
    """
    for rows, tables in _SIZES:
        made = _made(post, place, pictures, rows, tables)
        if len(json.dumps(made, ensure_ascii=False).encode()) <= MOST_BYTES:
            break
    return made


def working(text: str, language: Language, place: Mapping[str, Any]) -> Card:
    """Progress, with a button that stops it."""
    stop = _button(words.STOP.of(language), {**place, "do": "stop", "language": language})
    return _card([_note(text), {"tag": "action", "actions": [stop]}])


def _made(post: Post, place: Mapping[str, Any], pictures: tuple[tuple[str, str], ...], rows: int, tables: int) -> Card:
    language = post.language
    found: list[dict[str, Any]] = [{"tag": "markdown", "content": feishu_text(cut(post.text, MOST_TEXT))}]
    if post.note:
        found.append(_note(post.note))
    for key, title in pictures:
        found.append({"tag": "img", "img_key": key, "alt": {"tag": "plain_text", "content": cut(title, 200)}})
    for table in post.tables[:tables]:
        found += _table(table, rows, language)
    for offer in post.offers[:3]:
        buttons = [
            _button(offer.yes.label, {**place, "do": "yes", "id": offer.yes.value, "language": language}, "primary"),
            _button(offer.no.label, {**place, "do": "no", "id": offer.no.value, "language": language}),
        ]
        found += [_text(offer.summary), {"tag": "action", "actions": buttons}]
    if post.choices:
        found.append({"tag": "action", "actions": _asks(post.choices[:9], place)})
    if post.suggestions:
        found += [_note(words.NEXT.of(language)), {"tag": "action", "actions": _asks(post.suggestions[:3], place)}]
    if post.footer:
        found.append(_note(post.footer))
    return _card(found)


def _card(elements: list[dict[str, Any]]) -> Card:
    """A card that may be edited, and does not leave the chat: what it shows is for who may see it there."""
    return {"config": {"wide_screen_mode": True, "update_multi": True, "enable_forward": False}, "elements": elements}


def _table(table: Table, rows: int, language: Language) -> list[dict[str, Any]]:
    mark = f" · {words.SIMULATED.of(language)}" if table.simulated else ""
    shown, note = shown_rows(table, rows, language)
    notes = [note] if note else []
    if len(table.head) > COLUMNS:
        notes.append(words.COLUMNS_CUT.of(language).format(n=len(table.head) - COLUMNS))
    columns = [
        {
            "name": f"c{number}",
            "display_name": cut(label, 60),
            "data_type": "text",
            "horizontal_align": "right" if numeric else "left",
        }
        for number, (label, numeric) in enumerate(zip(table.head, table.numeric, strict=True))
    ][:COLUMNS]
    cells = [{f"c{number}": cut(cell, 200) for number, cell in enumerate(row[:COLUMNS])} for row in shown]
    title = {"tag": "markdown", "content": f"**{feishu_text(cut(table.title, 200))}**{mark}"}
    found: list[dict[str, Any]] = [title, {"tag": "table", "page_size": 10, "columns": columns, "rows": cells}]
    return [*found, _note(" ".join(notes))] if notes else found


def _asks(buttons: tuple[Button, ...], place: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [_button(button.label, {**place, "do": "ask", "question": button.value}) for button in buttons]


def _button(label: str, value: Mapping[str, Any], kind: str = "default") -> dict[str, Any]:
    text = {"tag": "plain_text", "content": cut(label, LABEL)}
    return {"tag": "button", "text": text, "type": kind, "value": dict(value)}


def _text(text: str) -> dict[str, Any]:
    return {"tag": "div", "text": {"tag": "plain_text", "content": text}}


def _note(text: str) -> dict[str, Any]:
    return {"tag": "note", "elements": [{"tag": "plain_text", "content": text}]}
