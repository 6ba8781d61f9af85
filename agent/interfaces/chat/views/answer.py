"""One answer: sentences, proposals, each evidence with its chart, how it was computed, thumbs, what to ask next."""

from __future__ import annotations

from html import escape

from agent.contracts import Answer, Proposal
from agent.interfaces.chat import words
from agent.interfaces.chat.views.chart import chart_html
from agent.interfaces.chat.views.figures import marked_text
from agent.interfaces.chat.views.how import how_html
from agent.interfaces.chat.views.html import attributes, button
from agent.interfaces.chat.views.table import table_html
from agent.present.cells import Cells
from db.semantic.schema import StoreSchema

MAX_QUESTION_SHOWN = 2_000  # characters; a pasted file is not repeated on the page


def question_html(text: str) -> str:
    """The operator's own words."""
    cut = text if len(text) <= MAX_QUESTION_SHOWN else f"{text[:MAX_QUESTION_SHOWN]}…"
    return f'<div class="so-question">{escape(cut)}</div>'


def answer_html(answer: Answer, schema: StoreSchema, decided: frozenset[str] = frozenset()) -> str:
    """Everything that stands under a question; ``decided``: proposals that wait no longer."""
    cells = Cells(schema, answer.language)
    pieces = [_text(answer), *(_proposal(p, answer, p.id in decided) for p in answer.proposals)]
    for evidence in (table for table in answer.evidence if not table.quiet):
        pieces.append(table_html(evidence, cells, answer.id, chart_html(evidence, cells, answer.id)))
    if answer.status == "answered":
        pieces.append(how_html(answer, schema))
    pieces += [_foot(answer), _next(answer)]
    return f"<div{attributes(class_='so-answer', data_answer=answer.id, lang=answer.language)}>{''.join(pieces)}</div>"


def turn_html(answer: Answer, schema: StoreSchema, decided: frozenset[str] = frozenset()) -> str:
    """A kept turn, question and answer, as the page shows it when a conversation is opened again."""
    return f'<article class="so-turn">{question_html(answer.question)}{answer_html(answer, schema, decided)}</article>'


def sentence_html(text: str, status: str = "failed") -> str:
    """One sentence of the chat itself: stopped, or a fault."""
    return f'<div class="so-answer"><div class="so-text so-{status}"><p>{escape(text)}</p></div></div>'


def _text(answer: Answer) -> str:
    message = answer.plan.message if answer.plan else None
    said = escape(message.of(answer.language)) if message and answer.status in {"clarify", "out_of_scope"} else ""
    corrections = "、".join(f"{wrong} → {right}" for wrong, right in answer.corrections)
    note = f'<p class="so-note">{words.READ_AS.of(answer.language)}: {escape(corrections)}</p>' if corrections else ""
    lead, rest = ("", said) if said else marked_text(answer)
    leading = f'<p class="so-lead">{lead}</p>' if lead else ""
    return f'<div class="so-text so-{answer.status}">{note}{leading}<p>{rest}</p></div>'


def _proposal(proposal: Proposal, answer: Answer, decided: bool) -> str:
    language = answer.language
    if decided:
        said = escape(proposal.summary.of(language))
        return (
            f'<div class="so-proposal"><p>{said}</p><p class="so-note">{escape(words.DECIDED.of(language))}</p></div>'
        )
    yes = button(words.YES.of(language), class_="so-button so-primary", data_do="confirm", data_id=proposal.id)
    no = button(words.NO.of(language), data_do="decline", data_id=proposal.id)
    return (
        f'<div class="so-proposal"><strong>{escape(words.PROPOSED.of(language))}</strong>'
        f'<p>{escape(proposal.summary.of(language))}</p><div class="so-choices">{yes}{no}</div></div>'
    )


def _foot(answer: Answer) -> str:
    if answer.status not in {"answered", "out_of_scope"}:
        return ""
    language = answer.language
    thumbs = [
        button(words.COPY.of(language), icon_name="copy", class_="so-quiet", quiet=True, data_do="copy"),
        button(
            words.GOOD.of(language), icon_name="up", class_="so-quiet", quiet=True, data_do="up", aria_pressed="false"
        ),
        button(
            words.BAD.of(language),
            icon_name="down",
            class_="so-quiet",
            quiet=True,
            data_do="down",
            aria_pressed="false",
        ),
    ]
    return f'<div class="so-foot">{"".join(thumbs)}<span class="so-thanks" role="status"></span></div>'


def _next(answer: Answer) -> str:
    """Readings of a question that was asked back, or follow-ups, as buttons that ask."""
    language = answer.language
    readings = answer.plan.options if answer.plan and answer.status == "clarify" else ()
    asked = [(o.label.of(language), o.question) for o in readings] or [(s, s) for s in answer.suggestions]
    if not asked:
        return ""
    label = (words.CHOOSE if readings else words.ASK_NEXT).of(language)
    buttons = "".join(button(shown, class_="so-chip", data_ask=question) for shown, question in asked)
    return f"<div{attributes(class_='so-next', role='group', aria_label=label)}>{buttons}</div>"
