"""Thumbs to go through: what was asked, and the query that would answer it from then on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

from agent.contracts import Language
from agent.interfaces.chat.views.html import button
from agent.interfaces.chat.words import tabs as words
from db.semantic.schema import StoreSchema
from db.state.reviews import Thumb


def review_html(waiting: Sequence[Thumb], wrong: Sequence[Thumb], schema: StoreSchema, language: Language) -> str:
    """The whole tab."""
    asked = "".join(_waiting(thumb, language) for thumb in waiting)
    said = "".join(_wrong(thumb, language) for thumb in wrong)
    return (
        f'<div class="so-page"><header><h1>{escape(words.REVIEW.of(language))}</h1>'
        f'<p class="so-note">{escape(words.REVIEW_LEAD.of(language))}</p></header>'
        f'<section class="so-card">{_list(asked, words.NOTHING_TO_REVIEW.of(language))}</section>'
        f'<section class="so-card"><h2>{escape(words.DOWN_LIST.of(language))}</h2>'
        f"{_list(said, words.NO_DOWN.of(language))}</section></div>"
    )


def _list(items: str, none: str) -> str:
    return f'<ul class="so-reviews">{items}</ul>' if items else f'<p class="so-note">{escape(none)}</p>'


def _waiting(thumb: Thumb, language: Language) -> str:
    query = json.dumps(dict(thumb.turn.calls[0][1]), ensure_ascii=False, indent=1)
    name = thumb.turn.answer_id
    yes = button(words.ACCEPT.of(language), class_="so-button so-primary", data_do="accept", data_id=name)
    no = button(words.REFUSE.of(language), data_do="refuse", data_id=name)
    return (
        f"<li><strong>{escape(thumb.turn.question)}</strong><small>{escape(_who(thumb, language))}</small>"
        f'<pre>{escape(query)}</pre><div class="so-choices">{yes}{no}</div></li>'
    )


def _wrong(thumb: Thumb, language: Language) -> str:
    why = f"<p>{escape(thumb.why)}</p>" if thumb.why else ""
    return f"<li><strong>{escape(thumb.turn.question)}</strong><small>{escape(_who(thumb, language))}</small>{why}</li>"


def _who(thumb: Thumb, language: Language) -> str:
    day = thumb.at.astimezone().strftime("%Y-%m-%d %H:%M")
    return words.PERIOD_ASKED.of(language).format(who=thumb.turn.principal, day=day)
