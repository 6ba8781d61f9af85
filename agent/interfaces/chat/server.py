"""Serve the page on this machine. Nothing leaves it: no analytics, no fonts, no scripts from elsewhere."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from agent.ask import Analyst
from db.errors import SettingsError

HOST, PORT = "127.0.0.1", 7860
CLOSING_SECONDS = 2  # open tabs hold a connection; after this they are cut
# The browser itself holds the promise: whatever a page or an answer names, only this server is asked.
# Vega compiles its expressions and Gradio writes styles and scripts inline, hence the two 'unsafe' words.
CONTENT_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
# Read when Gradio and its hub client are imported. The last one: statistics of its own events, which Gradio would
# compute anew with pandas after each of them and show to nobody.
_QUIET = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": str(10**9),
}
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def launch(open_analyst: Callable[[], Analyst], host: str = HOST, port: int = PORT) -> None:
    """Serve the chat until Ctrl-C; the address is printed when it is ready.

    Args:
        open_analyst: opens store, model and memory; closed again at the end.
        host: address to listen on; the default is reached from this machine only.

    Raises:
        SettingsError: the address cannot be used, e.g. because the port is taken.
        ShopOpsError: the analyst cannot be opened.
    """
    import uvicorn

    listening = listen(host, port)
    analyst = None
    try:
        analyst = open_analyst()
        config = uvicorn.Config(
            application(analyst, host), log_config=None, lifespan="on", timeout_graceful_shutdown=CLOSING_SECONDS
        )
        print(f"Chat: http://{_shown(host)}:{listening.getsockname()[1]}  (Ctrl-C ends it)", flush=True)
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        return
    finally:
        listening.close()
        if analyst is not None:
            analyst.close()


def listen(host: str, port: int) -> socket.socket:
    """A socket on that address, taken before anything slow is opened. Port 0 takes any free one.

    Raises:
        SettingsError: the port is taken or not allowed, or the host is not an address of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except (OSError, OverflowError) as error:
        listening.close()
        number = getattr(error, "errno", None)
        if number == errno.EADDRINUSE:
            raise SettingsError(
                f"Port {port} is taken.", f"End what uses it, or give another port, e.g. {port + 1}."
            ) from None
        if number == errno.EACCES:
            raise SettingsError(f"Port {port} needs more rights.", "Give a port of 1024 or more.") from None
        raise SettingsError(
            f"The chat cannot listen on {host}:{port}.", "Give 127.0.0.1 and a port up to 65535."
        ) from None
    return listening


def application(analyst: Analyst, host: str = HOST) -> App:
    """The whole web application over one analyst."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    import gradio as gr
    from fastapi import FastAPI
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from agent.interfaces.chat.page import Page
    from agent.interfaces.chat.style import CSS, theme

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    gr.mount_gradio_app(
        app, Page(analyst).build(), path="", theme=theme(), css=CSS, footer_links=[], show_error=False, ssr_mode=False,
        pwa=False, mcp_server=False, enable_monitoring=False, run_history=False, max_file_size="1kb",
        app_kwargs={"docs_url": None, "redoc_url": None, "openapi_url": None},
    )  # fmt: skip
    # A page elsewhere must not reach this server through a name of its own that resolves here (DNS rebinding).
    local = [*dict.fromkeys(["127.0.0.1", "localhost", "[::1]", host])]
    return guarded(TrustedHostMiddleware(app, ["*"] if host in {"0.0.0.0", "::"} else local))  # noqa: S104


def guarded(app: App) -> App:
    """The same application with the protecting headers on every response."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        await app(scope, receive, with_headers if scope["type"] == "http" else send)

    return answer


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
