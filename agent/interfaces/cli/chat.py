"""``shopops chat``: the chat in a browser."""

from __future__ import annotations

import click

HOST, PORT = "127.0.0.1", 7860


@click.command(epilog="Example: shopops chat --port 8000")
@click.option("--host", default=HOST, show_default=True, help="Address to listen on.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
def chat(host: str, port: int) -> int:
    """Open the chat in a browser; Ctrl-C ends it."""
    from agent.interfaces.chat import launch
    from agent.interfaces.cli.log import log_to_file
    from agent.service import Service
    from agent.settings import load_settings

    settings = load_settings()
    log_to_file(settings.log_file)
    launch(lambda: Service.open(settings), host=host, port=port)
    return 0
