"""Posts as Slack's blocks, within its limits. All text is escaped here; nothing in it becomes a link or a mention."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

from agent.contracts import Language
from agent.delivery.marks import cut, pieces, slack_text
from agent.delivery.slack import MOST_BLOCKS, MOST_FALLBACK, MOST_TEXT, context, section
from agent.interfaces.bots import words
from agent.interfaces.bots.posts import shown_rows
from agent.interfaces.bots.shape import Button, Offer, Post, Table

Block = dict[str, Any]
ASK, YES, NO, STOP = "shopops_ask", "shopops_yes", "shopops_no", "shopops_stop"
ROWS = 30  # of a table; a message with more is hidden behind "show more"
COLUMNS = 20  # of a table; Slack's limits from here on
CELLS = 10_000  # characters of all cells together
LABEL = 75  # characters of a button's label
VALUE = 2_000  # characters of a button's value
BUTTONS = 25  # in a row
TABLES = 6  # of one answer; more are in the chat
CODE_WIDTH = 100  # characters of a line of a table that is written as text
_SPARE = 14  # blocks kept for note, buttons, offers and footer


def blocks(post: Post, *, native: bool = True) -> list[Block]:
    """An answer as blocks.

    Args:
        native: the first table is Slack's own table; it takes only one a message. Without, all are text.
    """
    texts = pieces(slack_text(post.text), MOST_TEXT) or ["…"]
    found = [section(text) for text in texts[: MOST_BLOCKS - _SPARE - 2 * TABLES]]
    if len(found) < len(texts):
        found.append(context(words.TEXT_CUT.of(post.language)))
    if post.note:
        found.append(context(post.note))
    for number, table in enumerate(post.tables[:TABLES]):
        found += _table(table, post.language, native and number == 0)
    for offer in post.offers[:3]:
        found += _offer(offer, post.language)
    found += _actions(post.choices, "choices")
    if row := _actions(post.suggestions[:3], "next"):
        found += [context(words.NEXT.of(post.language)), *row]
    if post.footer:
        found.append(context(post.footer))
    return found[:MOST_BLOCKS]


def working(text: str, language: Language) -> list[Block]:
    """Progress, with a button that stops it."""
    button = _button(STOP, words.STOP.of(language), language)
    return [context(text), {"type": "actions", "block_id": "working", "elements": [button]}]


def fallback(post: Post) -> str:
    """The text of notifications and of screen readers."""
    return cut(slack_text(post.text), MOST_FALLBACK)


def chosen(shown: list[Block], block_id: str, label: str, user: str) -> list[Block]:
    """A message's blocks with a row of buttons replaced by what was pressed, and by whom."""
    text = f"✓ {cut(slack_text(label), 200)} · <@{user}>"
    pressed = {"type": "context", "elements": [{"type": "mrkdwn", "text": text}]}
    return [pressed if block.get("block_id") == block_id else block for block in shown]


def _table(table: Table, language: Language, native: bool) -> list[Block]:
    mark = f"  `{words.SIMULATED.of(language)}`" if table.simulated else ""
    found = [section(f"*{cut(slack_text(table.title), MOST_TEXT - 50)}*{mark}")]
    rows, _ = shown_rows(table, ROWS, language)
    block, lines, columns = _native(table, rows) if native else _code(table, rows)
    _, note = shown_rows(table, lines, language)
    notes = [note] if note else []
    if columns < len(table.head):
        notes.append(words.COLUMNS_CUT.of(language).format(n=len(table.head) - columns))
    found.append(block)
    return [*found, context(" ".join(notes))] if notes else found


def _native(table: Table, rows: tuple[tuple[str, ...], ...]) -> tuple[Block, int, int]:
    """Slack's own table, and how many of its rows and columns fit."""
    shown, room = [], CELLS
    for row in (table.head, *rows):
        room -= sum(max(len(cell), 1) for cell in row[:COLUMNS])
        if room < 0:
            break
        shown.append([{"type": "raw_text", "text": cell or " "} for cell in row[:COLUMNS]])
    settings = [{"align": "right"} if numeric else {"is_wrapped": True} for numeric in table.numeric[:COLUMNS]]
    block = {"type": "table", "column_settings": settings, "rows": shown}
    return block, max(len(shown) - 1, 0), min(len(table.head), COLUMNS)


def _code(table: Table, rows: tuple[tuple[str, ...], ...]) -> tuple[Block, int, int]:
    """The table in letters of one width, and how many of its rows and columns fit."""
    wide = [max(_width(row[i]) for row in (table.head, *rows)) for i in range(len(table.head))]
    columns = max((n for n in range(1, len(wide) + 1) if sum(wide[:n]) + 2 * (n - 1) <= CODE_WIDTH), default=1)
    lines: list[str] = []
    size = 0
    for row in (table.head, *rows):
        cells = (_padded(cell, wide[i], table.numeric[i]) for i, cell in enumerate(row[:columns]))
        line = slack_text(cut("  ".join(cells).rstrip().replace("`", "'"), CODE_WIDTH))
        size += len(line) + 1
        if size > MOST_TEXT - 10:
            break
        lines.append(line)
    text = "\n".join(lines)
    return section(f"```{text}```"), max(len(lines) - 1, 0), columns


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, width: int, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


def _offer(offer: Offer, language: Language) -> list[Block]:
    buttons = [
        {**_button(YES, offer.yes.label, _decision(offer.yes, language)), "style": "primary"},
        _button(NO, offer.no.label, _decision(offer.no, language)),
    ]
    text = section(cut(slack_text(offer.summary), MOST_TEXT))
    return [text, {"type": "actions", "block_id": f"offer_{offer.yes.value}"[:255], "elements": buttons}]


def _decision(button: Button, language: Language) -> str:
    return json.dumps([language, button.value])


def _actions(buttons: tuple[Button, ...], block_id: str) -> list[Block]:
    """A row of buttons; a question that is too long for one is left out."""
    elements = [
        _button(f"{ASK}_{number}", button.label, button.value)
        for number, button in enumerate(buttons[:BUTTONS])
        if len(button.value) <= VALUE
    ]
    return [{"type": "actions", "block_id": block_id, "elements": elements}] if elements else []


def _button(action: str, label: str, value: str) -> Block:
    text = {"type": "plain_text", "text": cut(label, LABEL), "emoji": False}
    return {"type": "button", "action_id": action, "text": text, "value": value}
