"""The list of conversations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape

from agent.contracts import Language
from agent.interfaces.chat.views.html import attributes, button
from agent.interfaces.chat.words import tabs as words
from db.state.answers import Conversation


def history_html(found: Sequence[Conversation], now: datetime, language: Language) -> str:
    """By today, yesterday and earlier; each opens, each can be deleted."""
    if not found:
        return f'<p class="so-note">{escape(words.NO_HISTORY.of(language))}</p>'
    groups: dict[str, list[Conversation]] = {}
    for item in found:
        day = item.last.astimezone().date()
        today = now.astimezone().date()
        name = words.TODAY if day == today else words.YESTERDAY if day == today - timedelta(days=1) else words.EARLIER
        groups.setdefault(name.of(language), []).append(item)
    return "".join(
        f"<h3>{escape(name)}</h3><ul>{''.join(_item(item, language) for item in items)}</ul>"
        for name, items in groups.items()
    )


def _item(item: Conversation, language: Language) -> str:
    opening = attributes(class_="so-past", data_do="open", data_id=item.id, title=_when(item, language))
    delete = words.DELETE.of(language).format(title=item.title)
    bin_ = button(delete, icon_name="trash", class_="so-quiet so-delete", quiet=True, data_do="delete", data_id=item.id)
    return f'<li><button type="button"{opening}>{escape(item.title)}</button>{bin_}</li>'


def _when(item: Conversation, language: Language) -> str:
    moment = item.last.astimezone().strftime("%Y-%m-%d %H:%M")
    return f"{item.title} · {moment} · {words.TURNS.of(language).format(n=item.turns)}"
