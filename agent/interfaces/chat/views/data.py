"""The store, as a page: facts, tables, metrics that can be searched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from html import escape

from agent.contracts import Language
from agent.interfaces.chat import words as chat
from agent.interfaces.chat.views.connect import form_html
from agent.interfaces.chat.views.html import attributes
from agent.interfaces.chat.words import tabs as words
from db.engine import Metadata
from db.semantic.schema import Metric, StoreSchema


@dataclass(frozen=True, slots=True)
class TableSize:
    """A table, its rows, and the day of its last entry where it has one."""

    name: str
    rows: int | None
    last: str | None


def data_html(
    schema: StoreSchema,
    known: Metadata,
    tables: Sequence[TableSize] | None,
    language: Language,
    connects: bool = False,
) -> str:
    """The whole tab. ``tables`` None: they are not the asker's to see. ``connects``: they may connect a shop."""
    behind = (known.as_of - known.data_end).days
    fresh = words.FRESH_NOW.of(language) if behind <= 0 else words.FRESH_OLD.of(language).format(n=behind)
    facts = (
        (words.STORE, schema.label.of(language)),
        (words.AS_OF, known.as_of.isoformat()),
        (words.RANGE, f"{known.data_start} – {known.data_end - timedelta(days=1)}"),
        (words.FRESH, fresh),
    )
    shown = "".join(f"<div><dt>{escape(n.of(language))}</dt><dd>{escape(v)}</dd></div>" for n, v in facts)
    about = f'<p class="so-note">{escape(schema.description.of(language))}</p>' if schema.description.en else ""
    connect = form_html(language) if connects else ""
    return (
        f'<div class="so-page"><header><h1>{escape(words.DATA.of(language))}</h1></header>'
        f'<section class="so-card"><dl class="so-facts">{shown}</dl>{about}</section>'
        f"{_metrics(schema, language)}{_tables(tables, language)}{connect}{_absent(schema, language)}</div>"
    )


def _tables(tables: Sequence[TableSize] | None, language: Language) -> str:
    title = escape(words.TABLES.of(language))
    if tables is None:
        why = escape(words.RESTRICTED.of(language))
        return f'<section class="so-card"><h2>{title}</h2><p class="so-note">{why}</p></section>'
    rows = "".join(
        f'<tr><td>{escape(t.name)}</td><td class="so-number">{"–" if t.rows is None else f"{t.rows:,}"}</td>'
        f'<td class="so-number">{escape(t.last or "–")}</td></tr>'
        for t in tables
    )
    head = "".join(
        f'<th scope="col"{attributes(class_="so-number" if place else None)}>{escape(name.of(language))}</th>'
        for place, name in enumerate((words.TABLE, words.COUNT, words.LAST))
    )
    return (
        f'<section class="so-card"><h2>{title}</h2><div class="so-wide"><table class="so-plain"><thead><tr>{head}</tr>'
        f"</thead><tbody>{rows}</tbody></table></div></section>"
    )


def _metrics(schema: StoreSchema, language: Language) -> str:
    rows = "".join(_metric(metric, language) for metric in schema.offered())
    search = attributes(
        type="search", class_="so-input so-filter", placeholder=words.SEARCH.of(language),
        aria_label=words.SEARCH.of(language),
    )  # fmt: skip
    return (
        f'<section class="so-card"><h2>{escape(words.METRICS.of(language))}</h2><input{search}>'
        f'<div class="so-wide so-tall"><table class="so-plain"><tbody>{rows}</tbody></table></div></section>'
    )


def _metric(metric: Metric, language: Language) -> str:
    simulated = ""
    if metric.origin == "simulated":
        simulated = f' <span class="so-badge">{escape(chat.ORIGIN["simulated"].of(language))}</span>'
    search = f"{metric.label.en} {metric.label.zh} {metric.name} {' '.join((*metric.synonyms.en, *metric.synonyms.zh))}"
    return (
        f'<tr{attributes(data_search=search)}><th scope="row">{escape(metric.label.of(language))}{simulated}</th>'
        f"<td>{escape(metric.description.of(language))}</td></tr>"
    )


def _absent(schema: StoreSchema, language: Language) -> str:
    if not schema.unavailable:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{escape(u.label.of(language))}</th><td>{escape(u.why.of(language))}</td></tr>'
        for u in schema.unavailable.values()
    )
    return (
        f'<section class="so-card"><h2>{escape(words.NOT_HERE.of(language))}</h2><div class="so-wide">'
        f'<table class="so-plain"><tbody>{rows}</tbody></table></div></section>'
    )
