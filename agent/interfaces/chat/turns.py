"""One browser tab's conversation, and how its turns become messages of Gradio's chat."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import gradio as gr
from gradio.components.plot import AltairPlotData

from agent.contracts import Answer
from agent.interfaces.chat import view
from agent.present.cells import Cells
from agent.present.charts import vega
from db.semantic.schema import StoreSchema

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart: its Vega-Lite specification as JSON, and whether it is of lines or bars."""

    kind: str
    spec: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and what is shown under it; ``options`` are (label, question) pairs that ask when clicked."""

    question: str
    pieces: tuple[str | Drawing, ...]
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation: the id that the analyst's memory knows it by, and its turns."""

    id: str
    turns: tuple[Turn, ...] = ()

    @classmethod
    def fresh(cls) -> Talk:
        """An empty conversation with an id that nobody can guess."""
        return cls(uuid4().hex)


def answered(answer: Answer, schema: StoreSchema) -> Turn:
    """The turn that shows an answer: sentences, then each evidence with its chart, then how it was computed."""
    cells = Cells(schema, answer.language)
    pieces: list[str | Drawing] = [view.text_html(answer)]
    for evidence in (table for table in answer.evidence if not table.quiet):
        pieces.append(view.table_html(evidence, cells))
        spec = vega(evidence, cells)
        if spec and evidence.chart:
            pieces.append(Drawing(evidence.chart.kind, json.dumps(spec, ensure_ascii=False)))
    if answer.status == "answered":
        pieces.append(view.how_html(answer, schema))
    choices = answer.plan.options if answer.plan and answer.status == "clarify" else ()
    options = tuple((o.label.of(answer.language), o.question) for o in choices)
    return Turn(answer.question, tuple(pieces), options or tuple((s, s) for s in answer.suggestions))


def messages(turns: tuple[Turn, ...]) -> list[Message]:
    """The turns as Gradio's messages. Only the last turn offers its buttons: older ones would answer out of place."""
    shown: list[Message] = []
    for turn in turns:
        shown.append({"role": "user", "content": [_html(view.question_html(turn.question))]})
        options = [{"label": label, "value": question} for label, question in turn.options] if turn is turns[-1] else []
        shown.append({"role": "assistant", "content": [_piece(p) for p in turn.pieces], "options": options})
    return shown


def _piece(piece: str | Drawing) -> gr.HTML | gr.Plot:
    if isinstance(piece, str):
        return _html(piece)
    return gr.Plot(AltairPlotData(chart=piece.kind, plot=piece.spec), show_label=False, container=False)


def _html(text: str) -> gr.HTML:
    return gr.HTML(text, js_on_load=None)
