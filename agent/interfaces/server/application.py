"""The whole web application: every face over one service, behind one set of checks."""

from __future__ import annotations

import logging
from collections.abc import Iterator, MutableMapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request

from agent.addresses import is_loopback
from agent.interfaces.server import health, observing
from agent.interfaces.server.health import Readiness
from agent.interfaces.web import App, Receive, Scope, Send
from agent.service import Service
from agent.settings import Settings
from agent.telemetry import Telemetry
from db.errors import SettingsError

if TYPE_CHECKING:
    from agent.scheduling import Worker

RETRY_AFTER = b"15"  # seconds that a client waits while another process takes over
log = logging.getLogger("shopops.server")


@dataclass(frozen=True, slots=True)
class Parts:
    """What runs: the application, and what its shutdown needs to know."""

    app: App
    service: Service
    telemetry: Telemetry
    readiness: Readiness


@contextmanager
def parts_of(settings: Settings, host: str, *, work: bool = True) -> Iterator[Parts]:
    """Open everything that the server needs, and close it again in order.

    Raises:
        SettingsError: the host is reached by others while no user exists.
        ShopOpsError: the state or the store cannot be opened.
    """
    from agent.interfaces import bots

    with ExitStack() as opened:
        telemetry = opened.enter_context(observing.telemetry(settings))
        service = opened.enter_context(Service.open(settings, telemetry))
        refuse_open_doors(service, host)
        service.analyst()  # what is wrong with the store is told now, and not to the first who asks
        telemetry.add(observing.StateFigures(service))
        probes = {"state": health.state_probe(service), "store": health.store_probe(service)}
        if work:
            worker = _worker(service)
            worker.start()
            opened.callback(worker.stop, settings.shutdown_seconds)
            probes["worker"] = worker.health
        readiness = Readiness(probes)
        app = application(service, telemetry, readiness, host)
        bots.start(service)
        opened.callback(bots.stop, service, settings.shutdown_seconds)
        yield Parts(app, service, telemetry, readiness)


def application(service: Service, telemetry: Telemetry, readiness: Readiness, host: str) -> App:
    """All faces as one ASGI application."""
    from agent.interfaces import api, bots, chat, mcp, signing_in
    from agent.interfaces.identity import principal_of
    from agent.interfaces.web import guarded, trusted

    app = FastAPI(title="ShopOps", docs_url=None, redoc_url=None, openapi_url=None)

    def allowed(request: Request) -> object:
        return principal_of(request, service)

    app.include_router(health.router(readiness, telemetry, allowed))
    app.include_router(signing_in.router(service))
    app.include_router(api.router(service))
    app.include_router(bots.router(service))
    mcp.mount(app, service)
    chat.mount(app, service)  # last: it answers every path that nobody else does
    return measured(draining(guarded(trusted(app, host, service.settings.public_host)), readiness), telemetry)


def refuse_open_doors(service: Service, host: str) -> None:
    """A server that others reach needs users.

    Raises:
        SettingsError: the host is not this machine's own, and nobody would have to sign in.
    """
    from db.state.accounts import Accounts

    if not is_loopback(host) and not Accounts(service.state).any():
        raise SettingsError(
            f"On {host} others would reach ShopOps, and nobody would have to sign in.",
            "Make a user first (shopops user add NAME), or serve on 127.0.0.1.",
        )


def draining(app: App, readiness: Readiness) -> App:
    """The same application, which takes nothing new while it is being stopped."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if readiness.draining and scope["type"] == "http" and scope["method"] not in {"GET", "HEAD"}:
            headers = [(b"content-type", b"text/plain"), (b"retry-after", RETRY_AFTER)]
            await send({"type": "http.response.start", "status": 503, "headers": headers})
            await send({"type": "http.response.body", "body": b"ShopOps is being stopped. Try again in a moment."})
            return
        await app(scope, receive, send)

    return answer


def measured(app: App, telemetry: Telemetry) -> App:
    """The same application, its requests counted by the pattern of their route."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        status, began = 500, perf_counter()

        async def noted(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, receive, noted)
        finally:
            telemetry.requested(scope["method"], _pattern(scope), status, perf_counter() - began)

    return answer


def _pattern(scope: Scope) -> str:
    """``/api/v1/answers/{id}``, or ``other`` for what is no route of ours: a path may hold anything."""
    route = scope.get("route")
    return str(getattr(route, "path", "") or "other")


def _worker(service: Service) -> Worker:
    from agent.delivery.channels import open_sender
    from agent.scheduling import Worker

    return Worker(service, open_sender(service.settings))
