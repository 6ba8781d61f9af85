"""What connecting a shop would give, to be looked at before anything is kept; and the form that begins it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import cast

from agent.connecting.drafts import Draft
from agent.contracts import Language
from agent.interfaces.chat.views.html import attributes, button
from agent.interfaces.chat.words import tabs as words
from db.semantic.schema import Text
from tools import format as fmt
from tools.evidence import Unit


def form_html(language: Language) -> str:
    """Name, and an address or files."""
    name = attributes(class_="so-input", name="name", required=True, pattern="[a-z][a-z0-9_]{0,39}", autocomplete="off")
    address = attributes(
        class_="so-input", name="address", placeholder="postgresql://USER@HOST/DATABASE", autocomplete="off",
        type="password", aria_label=words.CONNECT_ADDRESS.of(language),
    )  # fmt: skip
    files = attributes(type="file", name="files", multiple=True, accept=".csv,.tsv,.txt,.xlsx,.parquet")
    return (
        f'<section class="so-card"><h2>{escape(words.CONNECT.of(language))}</h2>'
        f'<p class="so-note">{escape(words.CONNECT_LEAD.of(language))}</p><form class="so-form so-connect">'
        + _field(words.CONNECT_NAME, f"<input{name}>", language)
        + _field(words.CONNECT_ADDRESS, f"<input{address}>", language)
        + _field(words.CONNECT_FILES, f"<input{files}>", language)
        + f'<button type="submit" class="so-button so-primary">{escape(words.CONNECT_LOOK.of(language))}</button>'
        + '<span class="so-wait so-note" role="status"></span></form></section>'
    )


def _field(name: Text, control: str, language: Language) -> str:
    return f'<label class="so-field"><span>{escape(name.of(language))}</span>{control}</label>'


def draft_html(draft: Draft, language: Language) -> str:
    """The draft, with yes and no."""
    yes = button(words.CONNECT_YES.of(language), class_="so-button so-primary", data_do="connect-yes")
    no = button(words.CONNECT_NO.of(language), data_do="connect-no")
    metrics = [
        (m.label.of(language), fmt.number(m.value, cast(Unit, m.unit), draft.schema.currency)) for m in draft.metrics
    ]
    tables = [(t.name, "–" if t.rows is None else f"{t.rows:,}") for t in draft.tables]
    hidden = sum(len(columns) for columns in draft.personal.values())
    notes = [text.of(language) for text in (*draft.left_off, *draft.asks)]
    if hidden:
        notes.insert(0, words.CONNECT_HIDDEN.of(language).format(n=hidden))
    listed = "".join(f"<li>{escape(note)}</li>" for note in notes)
    asks = f"<ul>{listed}</ul>" if notes else ""
    return (
        f'<div class="so-page"><header><h1>{escape(draft.name)}</h1>'
        f'<p class="so-note">{draft.start} – {draft.end}</p></header>'
        + _card(words.CONNECT_CHECK.of(language), _pairs(metrics))
        + _card(words.TABLES.of(language), _pairs(tables))
        + (_card(words.CONNECT_ASKS.of(language), asks, "so-listed") if asks else "")
        + f'<div class="so-choices">{yes}{no}</div></div>'
    )


def _card(title: str, inner: str, kind: str = "") -> str:
    return f'<section class="so-card {kind}"><h2>{escape(title)}</h2>{inner}</section>'


def _pairs(rows: Sequence[tuple[str, str]]) -> str:
    shown = "".join(f"<div><dt>{escape(a)}</dt><dd>{escape(b)}</dd></div>" for a, b in rows)
    return f'<dl class="so-facts">{shown}</dl>'
