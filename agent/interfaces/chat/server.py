"""Serve the page on this machine. Nothing leaves it: no analytics, no fonts, no scripts from elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from agent.interfaces.web import App, Receive, Scope, Send, guarded, listen, trusted
from agent.service import Service

if TYPE_CHECKING:
    from fastapi import FastAPI, Request

HOST, PORT = "127.0.0.1", 7860
CLOSING_SECONDS = 2  # open tabs hold a connection; after this they are cut
# Read when Gradio and its hub client are imported. The last one: statistics of its own events, which Gradio would
# compute anew with pandas after each of them and show to nobody.
_QUIET = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": str(10**9),
}


def launch(open_service: Callable[[], Service], host: str = HOST, port: int = PORT) -> None:
    """Serve the chat until Ctrl-C; the address is printed when it is ready.

    Args:
        open_service: opens the state; closed again at the end. Its store is opened before the address is printed.
        host: address to listen on; the default is reached from this machine only.

    Raises:
        SettingsError: the address cannot be used, e.g. because the port is taken; or others would reach a server
            that asks nobody to sign in.
        ShopOpsError: the service or its store cannot be opened.
    """
    import uvicorn

    from agent.interfaces.server.application import refuse_open_doors

    listening = listen(host, port)
    service = None
    try:
        service = open_service()
        refuse_open_doors(service, host)
        service.analyst()
        config = uvicorn.Config(
            application(service, host), log_config=None, lifespan="on", timeout_graceful_shutdown=CLOSING_SECONDS
        )
        print(f"Chat: http://{_shown(host)}:{listening.getsockname()[1]}  (Ctrl-C ends it)", flush=True)
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        return
    finally:
        listening.close()
        if service is not None:
            service.close()


def application(service: Service, host: str = HOST) -> App:
    """The chat alone as a web application."""
    from fastapi import FastAPI

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    mount(app, service)
    return guarded(trusted(app, host))


def mount(app: FastAPI, service: Service) -> None:
    """Put the chat at the root of ``app``, with the sign-in page.

    Call it last: what is added to ``app`` later lies behind the page.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    import gradio as gr
    from starlette.concurrency import run_in_threadpool

    from agent.interfaces import signing_in
    from agent.interfaces.chat.page import Page
    from agent.interfaces.chat.routes import router, version
    from agent.interfaces.chat.style import CSS, theme
    from agent.interfaces.chat.visit import Recent, principal_of
    from db.errors import ShopOpsError

    async def name_of(request: Request) -> str | None:
        try:
            return (await run_in_threadpool(principal_of, request, service)).name
        except ShopOpsError:  # nobody is signed in, another site asks, or it cannot be known: not let in
            return None

    recent = Recent()
    app.add_middleware(_SignInFirst, service=service)
    app.include_router(signing_in.router(service))
    app.include_router(router(service, recent))
    settings: dict[str, Any] = {"docs_url": None, "redoc_url": None, "openapi_url": None}
    gr.mount_gradio_app(
        app, Page(service, recent, version()).build(), path="", theme=theme(), css=CSS, footer_links=[],
        show_error=False, ssr_mode=False, pwa=False, mcp_server=False, enable_monitoring=False, run_history=False,
        max_file_size="1kb", app_kwargs=settings, auth_dependency=name_of,
    )  # fmt: skip


class _SignInFirst:
    """Sends a browser that opens the page and is not signed in to where it can be."""

    def __init__(self, app: App, service: Service) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == "/":
            from starlette.concurrency import run_in_threadpool
            from starlette.requests import Request

            from agent.interfaces.identity import principal_of
            from agent.interfaces.signing_in import ask_to_sign_in
            from db.errors import SignInNeeded

            request = Request(scope)
            try:
                await run_in_threadpool(principal_of, request, self._service)
            except SignInNeeded:
                await ask_to_sign_in(request)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
