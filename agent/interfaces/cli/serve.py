"""``shopops serve``: everything in one process."""

from __future__ import annotations

import click

HOST, PORT = "127.0.0.1", 7860


@click.command(epilog="Example: shopops serve --port 8000")
@click.option("--host", default=HOST, show_default=True, help="Address to listen on.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="Port; 0: any free one.")
@click.option("--no-work", is_flag=True, help="Leave schedules, alert rules and the outbox to another process.")
def serve(host: str, port: int, no_work: bool) -> int:
    """Serve chat, bots, API and MCP, and run schedules, alerts and deliveries; Ctrl-C ends it.

    Running answers finish first. /healthz, /readyz and /metrics are for those who keep it running.
    """
    from agent.interfaces.server import serve as run
    from agent.settings import load_settings

    run(load_settings(), host=host, port=port, work=not no_work, say=click.echo)
    return 0
