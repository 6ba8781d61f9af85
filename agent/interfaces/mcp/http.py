"""MCP over streamable HTTP under ``/mcp``, with the API's tokens and limits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from agent.contracts import Principal
from agent.interfaces import problems
from agent.interfaces.guard import LARGEST_BODY, Guard, guard_of
from agent.interfaces.mcp.server import make_server
from agent.service import Service
from db.errors import ShopOpsError, SignInNeeded

PATH = "/mcp"


def mount(app: FastAPI, service: Service) -> None:
    """Serve MCP at ``/mcp`` of an application, from its start to its end."""
    guard = guard_of(service)
    server = make_server(service, _principal, guard.question)
    before = app.router.lifespan_context
    door = _Door(guard)

    @asynccontextmanager
    async def lifespan(running: Any) -> AsyncIterator[Any]:
        # Without sessions there is none to take over: each request proves anew who sends it. A manager runs only once.
        door.sessions = StreamableHTTPSessionManager(server, stateless=True, max_request_body_size=LARGEST_BODY)
        async with door.sessions.run(), before(running) as state:
            yield state

    app.router.lifespan_context = lifespan
    app.router.routes.append(Route(PATH, endpoint=door, include_in_schema=False))


class _Door:
    """Lets in whoever has signed in, as the API does."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self.sessions: StreamableHTTPSessionManager | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            scope["shopops.principal"] = await self._guard.admit(request)
        except ShopOpsError as error:
            await problems.problem(error)(scope, receive, send)
            return
        if self.sessions is None:
            await problems.of_status(503)(scope, receive, send)
            return
        await self.sessions.handle_request(scope, receive, send)


def _principal(context: Any) -> Principal:
    """The principal that the door found for the HTTP request of this message.

    Raises:
        SignInNeeded: the message came another way.
    """
    found = getattr(context.request, "scope", {}).get("shopops.principal")
    if not isinstance(found, Principal):
        raise SignInNeeded("Nobody is signed in.", "Send a token (Authorization: Bearer …).")
    return found
