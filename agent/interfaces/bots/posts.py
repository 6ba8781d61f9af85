"""An answer as a post: what a chat service can show of it, in plain text."""

from __future__ import annotations

from agent.contracts import Answer, Language, Proposal
from agent.interfaces.bots import words
from agent.interfaces.bots.shape import Button, Chart, Offer, Post, Table
from agent.present.cells import NUMERIC, Cells
from agent.present.charts import vega
from db.semantic.schema import StoreSchema
from tools.evidence import Evidence


def answered(answer: Answer, schema: StoreSchema) -> Post:
    """The post that shows an answer."""
    language, cells = answer.language, Cells(schema, answer.language)
    charts = ((e.title.of(language), vega(e, cells)) for e in answer.evidence if not e.quiet)
    return Post(
        language,
        _text(answer),
        note=_note(answer),
        tables=tuple(_table(e, cells) for e in answer.evidence if e.rows and not e.quiet),
        charts=tuple(Chart(title, spec) for title, spec in charts if spec is not None),
        choices=_choices(answer),
        suggestions=tuple(Button("ask", s, s) for s in answer.suggestions),
        offers=tuple(_offer(p, language) for p in answer.proposals),
        footer=_footer(answer),
    )


def _text(answer: Answer) -> str:
    """The answer's sentences; of a clarifying question only its words, since its options are buttons."""
    message = answer.plan.message if answer.plan else None
    return message.of(answer.language) if message and answer.status in {"clarify", "out_of_scope"} else answer.text


def _note(answer: Answer) -> str:
    if not answer.corrections:
        return ""
    read = "、".join(f"{wrong} → {right}" for wrong, right in answer.corrections)
    return f"{words.READ_AS.of(answer.language)}: {read}"


def _table(evidence: Evidence, cells: Cells) -> Table:
    columns = evidence.columns
    return Table(
        evidence.title.of(cells.language),
        evidence.origin == "simulated",
        tuple(c.label.of(cells.language) for c in columns),
        tuple(c.unit in NUMERIC for c in columns),
        tuple(tuple(cells.text(c, v) for c, v in zip(columns, row, strict=True)) for row in evidence.rows),
        evidence.truncated,
    )


def _choices(answer: Answer) -> tuple[Button, ...]:
    options = answer.plan.options if answer.plan and answer.status == "clarify" else ()
    return tuple(Button("ask", option.label.of(answer.language), option.question) for option in options)


def _offer(proposal: Proposal, language: Language) -> Offer:
    yes = Button("yes", words.YES.of(language), proposal.id)
    return Offer(proposal.summary.of(language), yes, Button("no", words.NO.of(language), proposal.id))


def _footer(answer: Answer) -> str:
    """Where the answer came from: its data, the model, the seconds, and the id that feedback names."""
    if answer.status != "answered":
        return ""
    language = answer.language
    origins = {e.origin for e in answer.evidence}
    parts = [
        words.SIMULATED.of(language) if "simulated" in origins else "",
        words.RECORDED.of(language) if "recorded" in origins else "",
        answer.model or words.NO_MODEL.of(language),
        words.SECONDS.of(language).format(s=f"{answer.timings.total / 1000:.1f}"),
        answer.id,
    ]
    return " · ".join(part for part in parts if part)


def shown_rows(table: Table, most: int, language: Language) -> tuple[tuple[tuple[str, ...], ...], str]:
    """A table's first rows, and the note that says how many there are."""
    rows = table.rows[:most]
    if len(rows) < len(table.rows) and not table.truncated:
        return rows, words.ROWS_CUT.of(language).format(shown=len(rows), all=len(table.rows))
    if len(rows) < len(table.rows) or table.truncated:
        return rows, words.ROWS_MORE.of(language).format(shown=len(rows))
    return rows, ""
