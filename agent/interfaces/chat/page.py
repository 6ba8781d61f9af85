"""The page: a conversation, a box to ask in, buttons. Its events only translate to and from ``agent.ask``."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from html import escape
from typing import Any
from uuid import uuid4

import gradio as gr
from gradio.components.chatbot import ExampleMessage

from agent.ask import Analyst
from agent.contracts import Answer, Language, Question
from agent.interfaces.chat import view, words
from agent.interfaces.chat.running import Running, Stopped, stages_then_answer
from agent.interfaces.chat.turns import Talk, Turn, answered, messages
from agent.understand.text import detect_language

ASKED_AT_ONCE = 8  # the local model queues them itself; more waiting threads would only hold memory
IDLE_SECONDS = 6 * 3600  # a tab's conversation is forgotten on the page; the state keeps its turns
# An answer is read from its question on; Gradio scrolls to an end that the chart, drawn later, pushes out of sight.
_SHOW_QUESTION = """() => { setTimeout(() => {
  const asked = document.querySelectorAll('#conversation .user-row');
  if (asked.length) asked[asked.length - 1].scrollIntoView({block: 'start', behavior: 'smooth'});
}, 400); }"""
log = logging.getLogger("shopops.chat")

Updates = tuple[Any, ...]  # conversation, talk, box, ask button, stop button, new button


class Page:
    """The Gradio page over one analyst."""

    def __init__(self, analyst: Analyst) -> None:
        self.analyst = analyst
        self.running = Running()

    def build(self) -> gr.Blocks:
        """Lay out the page and wire its events; none of them is offered as an API."""
        blocks = gr.Blocks(title="ShopOps", analytics_enabled=False, fill_height=True, fill_width=True)
        with blocks:
            talk = gr.State(None, time_to_live=IDLE_SECONDS)
            with gr.Row(elem_classes="so-bar"):
                gr.HTML(self._heading(), js_on_load=None)
                new = gr.Button(words.NEW.en, size="sm", variant="secondary", scale=0, min_width=130, elem_id="new")
            chat = _conversation()
            with gr.Row(elem_classes="so-ask"):
                box = gr.Textbox(show_label=False, container=False, lines=1, max_lines=6, scale=1, elem_id="question")
                send = gr.Button(words.SEND.en, variant="primary", scale=0, min_width=88, elem_id="ask")
                stop = gr.Button(words.STOP.en, variant="stop", scale=0, min_width=88, elem_id="stop", visible=False)
            quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
            asking: dict[str, Any] = {**quiet, "concurrency_limit": ASKED_AT_ONCE, "concurrency_id": "ask"}
            asking["outputs"] = [chat, talk, box, send, stop, new]
            asked = [
                gr.on([box.submit, send.click], self.asked, [box, talk], **asking),
                chat.option_select(self.chosen, [talk], **asking),
                chat.example_select(self.example, [talk], **asking),
            ]
            for event in asked:
                event.then(None, js=_SHOW_QUESTION, api_visibility="private")
            stop.click(self.stopped, None, None, api_visibility="private", queue=False)
            new.click(lambda: ([], None, ""), None, [chat, talk, box], **quiet)
            blocks.load(_localised, None, [chat, box, send, stop, new], **quiet)
            blocks.unload(self.left)
        return blocks

    def _heading(self) -> str:
        label = self.analyst.store.schema.label
        return f'<h1 class="so-title">ShopOps <span>{escape(label.en)} · {escape(label.zh)}</span></h1>'

    # events -------------------------------------------------------------------------------------------------------

    def asked(self, text: str, talk: Talk | None, request: gr.Request) -> Iterator[Updates]:
        """What was typed."""
        yield from self.answer(text, talk, request)

    def chosen(self, talk: Talk | None, request: gr.Request, event: gr.SelectData) -> Iterator[Updates]:
        """A clarifying option or a suggestion that was clicked."""
        yield from self.answer(str(event.value), talk, request)

    def example(self, talk: Talk | None, request: gr.Request, event: gr.SelectData) -> Iterator[Updates]:
        """One of the first page's examples that was clicked."""
        yield from self.answer(str(event.value["text"]), talk, request)

    def stopped(self, request: gr.Request) -> None:
        """The stop button of this tab."""
        self.running.stop(_tab(request))

    def left(self, request: gr.Request) -> None:
        """The tab was closed: nobody waits for its answer."""
        self.running.end(_tab(request))

    def answer(self, text: str, talk: Talk | None, request: gr.Request) -> Iterator[Updates]:
        """Ask, showing every stage as it begins. A tab that is being answered is told to wait."""
        language: Language = "zh" if detect_language(text) == "zh" else "en"
        talk = talk or Talk.fresh()
        tab = _tab(request)
        if not text.strip():
            gr.Info(words.EMPTY.of(_language(request)))
            yield tuple(gr.skip() for _ in range(6))
            return
        cancel = self.running.start(tab)
        if cancel is None:
            gr.Info(words.BUSY.of(language))
            yield tuple(gr.skip() for _ in range(6))
            return
        try:
            yield _working(talk, text, "understand", language)
            question = Question(uuid4().hex, text, self.analyst.store.schema.name, conversation=talk.id)
            for news in stages_then_answer(self.analyst, question, cancel):
                if isinstance(news, Answer):
                    yield _done(talk, self._turn(news, cancel.is_set()))
                else:
                    yield _working(talk, text, news.name, language)
        except Stopped:
            yield _done(talk, Turn(text, (view.sentence_html(words.STOPPED.of(language), "stopped"),)))
        except Exception:
            log.exception("the chat failed")
            yield _done(talk, Turn(text, (view.sentence_html(words.FAULT.of(language)),)))
        finally:
            self.running.end(tab)

    def _turn(self, answer: Answer, cancelled: bool) -> Turn:
        if cancelled and answer.error == "cancelled":
            return Turn(answer.question, (view.sentence_html(words.STOPPED.of(answer.language), "stopped"),))
        return answered(answer, self.analyst.store.schema)


def _conversation() -> gr.Chatbot:
    return gr.Chatbot(
        show_label=False,
        container=False,
        scale=1,
        height="100%",
        buttons=[],
        elem_id="conversation",
        allow_tags=False,
        render_markdown=False,
        latex_delimiters=[],
        allow_file_downloads=False,
        feedback_options=None,
    )


def _working(talk: Talk, text: str, stage: str, language: Language) -> Updates:
    turns = (*talk.turns, Turn(text, (view.working_html(stage, language),)))
    idle = gr.update(visible=False)
    return messages(turns), gr.skip(), "", idle, gr.update(visible=True), gr.update(interactive=False)


def _done(talk: Talk, turn: Turn) -> Updates:
    talk = Talk(talk.id, (*talk.turns, turn))
    ready = gr.update(visible=True)
    return messages(talk.turns), talk, gr.skip(), ready, gr.update(visible=False), gr.update(interactive=True)


def _tab(request: gr.Request) -> str:
    """Gradio's id of this page load: one a browser tab."""
    return str(request.session_hash)


def _language(request: gr.Request) -> Language:
    return words.browser_language(request.headers.get("accept-language", ""))


def _placeholder(language: Language) -> str:
    return f'<div class="so-welcome">{escape(words.WELCOME.of(language))}</div>'


def _examples(language: Language) -> list[ExampleMessage]:
    return [ExampleMessage(text=question) for question in words.EXAMPLES[language]]


def _localised(request: gr.Request) -> Updates:
    """The page's own words in the browser's language."""
    language = _language(request)
    return (
        gr.update(placeholder=_placeholder(language), examples=_examples(language)),
        gr.update(placeholder=words.ASK_HERE.of(language)),
        gr.update(value=words.SEND.of(language)),
        gr.update(value=words.STOP.of(language)),
        gr.update(value=words.NEW.of(language)),
    )
