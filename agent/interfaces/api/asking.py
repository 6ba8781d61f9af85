"""``POST /ask`` and ``POST /ask/stream``: one question, answered whole or stage by stage."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import anyio
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from agent.answer_json import answer_object
from agent.contracts import Answer, Principal, Question
from agent.interfaces import problems
from agent.interfaces.api.bodies import AnswerOut, AskIn
from agent.interfaces.api.documents import FAILURES, STREAM
from agent.interfaces.asking import answer_id, conversation_id, gone, in_thread, unless_gone
from agent.interfaces.guard import Guard, principal_of_request
from db.errors import ShopOpsError

PING_SECONDS = 10.0  # between signs of life, so that no proxy takes a thinking model for a dead connection
GONE = 499  # nobody reads it; the code that proxies log for a client that has gone
HEADERS = {"Cache-Control": "no-store"}
Stage = Callable[[str, str], None]
OnText = Callable[[str], None]
log = logging.getLogger("shopops.api")


def add_to(routes: APIRouter, guard: Guard) -> None:
    """Add both operations."""
    service = guard.service

    @routes.post("/ask", response_model=AnswerOut, responses=FAILURES, tags=["ask"], operation_id="ask")
    async def ask(request: Request, body: AskIn) -> Response:
        """Ask a question, and wait for its answer. Closing the connection stops it."""
        principal = principal_of_request(request)
        guard.question(principal)
        asked = _question(body, principal, service.settings.store)

        def work(cancel: threading.Event) -> Answer:
            return service.analyst(asked.store).ask(asked, cancel=cancel)

        answer = await unless_gone(work, lambda: gone(request.receive))
        if answer is None:
            return Response(status_code=GONE)
        if answer.status in ("failed", "refused"):
            said = failure(answer)
            return problems.response(said, problems.retry_headers(answer.error))
        return JSONResponse(shown(answer, asked.conversation), headers=HEADERS)

    @routes.post("/ask/stream", responses=FAILURES | STREAM, tags=["ask"], operation_id="ask_stream")
    async def ask_stream(request: Request, body: AskIn) -> Response:
        """Ask a question, and watch it being answered. Closing the connection stops it."""
        principal = principal_of_request(request)
        guard.question(principal)
        asked = _question(body, principal, service.settings.store)

        def work(stage: Stage, text: OnText, cancel: threading.Event) -> Answer:
            return service.analyst(asked.store).ask(asked, stage, cancel, text)

        return Events(asked, work)


def shown(answer: Answer, conversation: str | None) -> dict[str, Any]:
    """An answer's JSON, with the conversation that goes on from it."""
    return answer_object(answer) | {"conversation": conversation}


def failure(answer: Answer) -> dict[str, Any]:
    """A failed or refused answer as a problem document."""
    status = problems.status_of_code(answer.error)
    return problems.document(answer.error or "internal", status, answer.text, answer=answer.id)


class Events(Response):
    """An answer on its way as server-sent events. The client's leaving stops the work at once.

    Args:
        ask: the analyst's work; gets where to tell its stages and its text, and the event that stops it.
    """

    media_type = "text/event-stream"

    def __init__(self, question: Question, ask: Callable[[Stage, OnText, threading.Event], Answer]) -> None:
        self.question, self._ask = question, ask
        self.background = None
        self.status_code = 200
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the answer is out or nobody listens."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        news, heard = anyio.create_memory_object_stream[tuple[str, Mapping[str, Any]]](math.inf)

        async def watch() -> None:
            await gone(receive)
            group.cancel_scope.cancel()

        async with anyio.create_task_group() as group:
            group.start_soon(watch)
            group.start_soon(self._work, news)
            async with heard:
                while True:
                    piece = b": \n\n"
                    with anyio.move_on_after(PING_SECONDS):
                        try:
                            piece = event(*await heard.receive())
                        except anyio.EndOfStream:
                            break
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            group.cancel_scope.cancel()

    async def _work(self, news: Any) -> None:
        loop = asyncio.get_running_loop()

        def put(item: tuple[str, Mapping[str, Any]]) -> None:
            with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
                news.send_nowait(item)

        def tell(name: str, **data: str) -> None:
            """Called from whatever thread the work has come to."""
            with suppress(RuntimeError):  # the server is closing
                loop.call_soon_threadsafe(put, (name, data))

        def stage(stage: str, message: str) -> None:
            tell("stage", stage=stage, message=message)

        def text(so_far: str) -> None:
            tell("text", text=so_far)

        async with news:
            try:
                answer = await in_thread(lambda cancel: self._ask(stage, text, cancel))
            except ShopOpsError as error:
                status = problems.status_of(type(error))
                await news.send(("problem", problems.document(error.code, status, error.message, error.hint)))
                return
            except Exception:
                log.exception("question %s failed", self.question.id)
                await news.send(("problem", problems.document("internal", 500, f"{problems.TITLES[500]}.")))
                return
            if answer.status in ("failed", "refused"):
                await news.send(("problem", failure(answer)))
            else:
                await news.send(("answer", shown(answer, self.question.conversation)))


def event(name: str, data: Mapping[str, Any]) -> bytes:
    """One server-sent event; JSON holds no raw line break, so that one ``data`` line is enough."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False, allow_nan=False)}\n\n".encode()


def _question(body: AskIn, principal: Principal, store: str) -> Question:
    conversation = body.conversation or conversation_id()
    return Question(answer_id(), body.question, body.store or store, body.as_of, conversation, principal, "api")
