"""The Gradio page: one component that carries questions in and what is said of them out. Its events only translate.

What is drawn around it (static/*.js, views/shell.py) is the page's own; Gradio brings the queue, the stream and the
sessions. Every event is an endpoint of its own, so each asks again who is there.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import gradio as gr

from agent.contracts import Answer, Language, Question
from agent.interfaces.chat import words
from agent.interfaces.chat.running import Running, Said, Shown, Stage, Stopped, stages_then_answer
from agent.interfaces.chat.views.answer import answer_html, sentence_html
from agent.interfaces.chat.visit import Recent, Visit, visit_of
from agent.service import Service
from agent.understand.text import detect_language
from db.errors import ShopOpsError, SignInNeeded

ASKED_AT_ONCE = 64  # an event waits without a thread; the local model queues its askers itself
LONGEST_ID = 64  # characters of a conversation's or a turn's id, which the page makes up
_START = """
  const begin = () => window.ShopOps.start(element, (what, data) => trigger(what, data));
  watch('value', () => window.ShopOps.hear(props.value));
  begin();  // its events: 'ask', 'stop'
"""
log = logging.getLogger("shopops.chat")


class Page:
    """The page over one service."""

    def __init__(self, service: Service, recent: Recent, version: str) -> None:
        """``version``: changes with the page's own script and style, so that no browser keeps an old one."""
        self.service, self.recent, self.version = service, recent, version
        self.running = Running()

    def build(self) -> gr.Blocks:
        """Lay out the page and wire its events; none of them is offered as an API."""
        head = (
            f'<link rel="stylesheet" href="chat/app.css?{self.version}">'
            f'<script src="chat/app.js?{self.version}"></script>'
        )
        blocks = gr.Blocks(title="ShopOps", analytics_enabled=False, fill_height=True, fill_width=True)
        with blocks:
            bridge = gr.HTML(
                "", html_template='<div id="shopops"></div>', js_on_load=_START, head=head, apply_default_css=False
            )
            quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "trigger_mode": "multiple"}
            bridge.ask(self.asked, None, bridge, concurrency_limit=ASKED_AT_ONCE, **quiet)
            bridge.stop(self.stopped, None, None, queue=False, **quiet)
            blocks.unload(self.left)
        return blocks

    # events -------------------------------------------------------------------------------------------------------

    async def asked(self, event: gr.EventData, request: gr.Request) -> AsyncIterator[str]:
        """A question of a tab, answered in pieces: each a JSON object that names the turn it belongs to."""
        sent: dict[str, Any] = event._data or {}
        turn = str(sent.get("turn", ""))[:LONGEST_ID]
        try:
            visit = _visit(request, self)
            async for piece in self._answered(visit, sent, _tab(request, visit)):
                yield json.dumps({"turn": turn, **piece}, ensure_ascii=False)
        except ShopOpsError as error:
            signed_out = error.code == "sign_in"
            yield json.dumps({"turn": turn, "html": sentence_html(str(error)), "done": True, "out": signed_out})

    def stopped(self, request: gr.Request) -> None:
        """The stop button of this tab."""
        self.running.stop(_tab(request, _visit(request, self)))

    def left(self, request: gr.Request) -> None:
        """The tab was closed: nobody waits for its answer."""
        self.running.end_all(str(request.session_hash))

    async def _answered(self, visit: Visit, sent: dict[str, Any], tab: str) -> AsyncIterator[dict[str, Any]]:
        text = str(sent.get("text", ""))
        language: Language = "zh" if detect_language(text) == "zh" else "en"
        cancel = self.running.start(tab)
        if cancel is None:
            yield {"html": sentence_html(words.BUSY.of(language), "stopped"), "done": True}
            return
        try:
            analyst = self.service.analyst(visit.store, visit.model(sent.get("model")))
            conversation = str(sent.get("conversation") or uuid4().hex)[:LONGEST_ID]
            name = analyst.store.schema.name
            question = Question(uuid4().hex, text, name, None, conversation, visit.principal, "chat")
            schema = analyst.store.schema
            async for new in stages_then_answer(analyst, question, cancel, lambda a: answer_html(a, schema)):
                if isinstance(new, Shown):
                    yield self._shown(new, visit, cancel.is_set()) | {"conversation": conversation}
                elif isinstance(new, Said):
                    yield {"text": new.text}
                elif say := _stage(new, language):
                    yield {"say": say}
        except Stopped:
            yield {"html": sentence_html(words.STOPPED.of(language), "stopped"), "done": True}
        except ShopOpsError:
            raise
        except Exception:
            log.exception("the chat failed")
            yield {"html": sentence_html(words.FAULT.of(language)), "done": True}
        finally:
            self.running.end(tab)

    def _shown(self, shown: Shown, visit: Visit, cancelled: bool) -> dict[str, Any]:
        answer: Answer = shown.answer
        if cancelled and answer.error == "cancelled":
            return {"html": sentence_html(words.STOPPED.of(answer.language), "stopped"), "done": True}
        self.recent.add(visit.principal.name, answer)
        return {"html": shown.html, "done": True}


def _stage(stage: Stage, language: Language) -> str | None:
    """What is being done right now, in words; None where the line that is there says it already."""
    if stage.name != "execute":
        return words.STAGES[stage.name].of(language) if stage.name in words.STAGES else None
    if stage.message in words.TOOLS:
        return words.TOOLS[stage.message].of(language)
    if stage.message.startswith(("querying ", "正在查询")):
        return f"{stage.message[:1].upper()}{stage.message[1:]}…"
    return None


def _visit(request: gr.Request, page: Page) -> Visit:
    if request.request is None:  # Gradio runs events of its own without one; those of this page come from a browser
        raise SignInNeeded("Nobody is signed in.", "Open the page in a browser.")
    return visit_of(request.request, page.service, page.recent)


def _tab(request: gr.Request, visit: Visit) -> str:
    """Gradio's id of this page load, one a browser tab, with who sits there: the id alone stops nobody else's."""
    return f"{request.session_hash} {visit.principal.name}"
