"""Serve the page on this machine. Nothing leaves it: no analytics, no fonts, no scripts from elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable

from agent.ask import Analyst
from agent.interfaces.web import App, guarded, listen, trusted

HOST, PORT = "127.0.0.1", 7860
CLOSING_SECONDS = 2  # open tabs hold a connection; after this they are cut
# Read when Gradio and its hub client are imported. The last one: statistics of its own events, which Gradio would
# compute anew with pandas after each of them and show to nobody.
_QUIET = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": str(10**9),
}


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


def application(analyst: Analyst, host: str = HOST) -> App:
    """The whole web application over one analyst."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    import gradio as gr
    from fastapi import FastAPI

    from agent.interfaces.chat.page import Page
    from agent.interfaces.chat.style import CSS, theme

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    gr.mount_gradio_app(
        app, Page(analyst).build(), path="", theme=theme(), css=CSS, footer_links=[], show_error=False, ssr_mode=False,
        pwa=False, mcp_server=False, enable_monitoring=False, run_history=False, max_file_size="1kb",
        app_kwargs={"docs_url": None, "redoc_url": None, "openapi_url": None},
    )  # fmt: skip
    return guarded(trusted(app, host))


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
