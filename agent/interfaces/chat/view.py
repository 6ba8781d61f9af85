"""An answer as HTML. Everything that comes from data, a model or an operator is escaped here and nowhere else."""

from __future__ import annotations

import json
from dataclasses import asdict
from html import escape

from agent.contracts import Answer, Language
from agent.interfaces.chat import words
from agent.present.cells import NUMERIC, Cells
from agent.present.charts import shown_rows
from db.semantic.schema import StoreSchema
from tools.evidence import Evidence

MAX_QUESTION_SHOWN = 2_000  # characters; a pasted file is not repeated on the page


def question_html(text: str) -> str:
    """The operator's own words."""
    cut = text if len(text) <= MAX_QUESTION_SHOWN else f"{text[:MAX_QUESTION_SHOWN]}…"
    return f'<div class="so-question">{escape(cut)}</div>'


def working_html(stage: str, language: Language) -> str:
    """What is being done right now."""
    known = words.STAGES.get(stage, words.STAGES["understand"])
    return f'<div class="so-working" role="status"><span class="so-dot"></span>{escape(known.of(language))}</div>'


def text_html(answer: Answer) -> str:
    """The answer's sentences, or the one sentence of a question that was not answered."""
    message = answer.plan.message if answer.plan else None
    text = message.of(answer.language) if message and answer.status in {"clarify", "out_of_scope"} else answer.text
    corrections = "、".join(f"{wrong} → {right}" for wrong, right in answer.corrections)
    note = f'<p class="so-note">{words.READ_AS.of(answer.language)}: {escape(corrections)}</p>' if corrections else ""
    return f'<div class="so-text so-{answer.status}">{note}<p>{escape(text)}</p></div>'


def sentence_html(text: str, status: str = "failed") -> str:
    """One sentence of the chat itself: stopped, or a fault."""
    return f'<div class="so-text so-{status}"><p>{escape(text)}</p></div>'


def table_html(evidence: Evidence, cells: Cells) -> str:
    """The evidence as a table, with its title, its origin, and whether rows are missing."""
    language = cells.language
    head = "".join(f"<th{_side(c.unit)} scope='col'>{escape(c.label.of(language))}</th>" for c in evidence.columns)
    body = "".join(
        "<tr>" + "".join(_cell(cells.text(c, v), c.unit) for c, v in zip(evidence.columns, row, strict=True)) + "</tr>"
        for row in evidence.rows
    )
    badge = ""
    if evidence.origin == "simulated":
        badge = f' <span class="so-badge">{words.ORIGIN["simulated"].of(language)}</span>'
    return (
        f'<figure class="so-evidence"><figcaption>{escape(evidence.title.of(language))}{badge}</figcaption>'
        f'<div class="so-scroll" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
        f"{_notes(evidence, language)}</figure>"
    )


def _notes(evidence: Evidence, language: Language) -> str:
    notes = []
    count = len(evidence.rows)
    if evidence.truncated:
        notes.append(words.CUT.of(language).format(n=count))
    elif count > 12:
        notes.append(words.ROWS.of(language).format(n=count))
    if shown_rows(evidence) < count:
        notes.append(words.CHART_CUT.of(language).format(n=shown_rows(evidence), all=count))
    return f'<p class="so-note">{escape(" ".join(notes))}</p>' if notes else ""


def _side(unit: str) -> str:
    return ' class="so-number"' if unit in NUMERIC else ""


def _cell(text: str, unit: str) -> str:
    return f"<td{_side(unit)}>{escape(text)}</td>"


def how_html(answer: Answer, schema: StoreSchema) -> str:
    """What can be opened under an answer: plan, SQL, definitions, origin, timings."""
    language = answer.language
    parts = [_plan(answer), *(_source(e, language) for e in answer.evidence), _definitions(answer, schema)]
    parts.append(_timings(answer))
    return f'<details class="so-how"><summary>{words.HOW.of(language)}</summary>{"".join(parts)}</details>'


def _plan(answer: Answer) -> str:
    if answer.plan is None:
        return ""
    language = answer.language
    by = words.PLANNED_BY[answer.plan.source].of(language)
    model = f" · {answer.model}" if answer.model and answer.plan.source == "model" else ""
    calls = "".join(
        f"<pre>{escape(call.tool)} {escape(json.dumps(dict(call.args), ensure_ascii=False, default=str))}</pre>"
        for call in answer.plan.calls
    )
    return f"<h4>{words.PLAN.of(language)}</h4><p>{escape(by + model)}</p>{calls}"


def _source(evidence: Evidence, language: Language) -> str:
    origin = words.ORIGIN[evidence.origin].of(language)
    what = "SQL" if evidence.sql else words.METHOD.of(language)
    return f"<h4>{what} · {origin}</h4><pre>{escape(evidence.sql or evidence.method or '')}</pre>"


def _definitions(answer: Answer, schema: StoreSchema) -> str:
    names = dict.fromkeys(name for e in answer.evidence for name in e.args.get("metrics", ()))
    known = [schema.metrics[name] for name in names if name in schema.metrics]
    if not known:
        return ""
    language = answer.language
    rows = "".join(
        f"<dt>{escape(m.label.of(language))}</dt><dd>{escape(m.description.of(language))}</dd>" for m in known
    )
    return f"<h4>{words.DEFINITIONS.of(language)}</h4><dl>{rows}</dl>"


def _timings(answer: Answer) -> str:
    language = answer.language
    spent = asdict(answer.timings)
    parts = [
        f"{words.STAGE_NAMES[name].of(language)} {spent[name]:,.0f} ms" for name in words.STAGE_NAMES if spent[name]
    ]
    return f"<h4>{words.TIMINGS.of(language)}</h4><p>{escape(' · '.join(parts))}</p>" if parts else ""
