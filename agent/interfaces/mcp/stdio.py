"""MCP over standard input and output, for an assistant on the same machine."""

from __future__ import annotations

from collections.abc import Callable

import anyio
from mcp.server.stdio import stdio_server

from agent.contracts import Principal
from agent.interfaces.mcp.server import make_server
from agent.service import Service


def serve_stdio(service: Service, who: Callable[[], Principal]) -> None:
    """Serve until standard input ends. Nothing but the protocol goes to standard output.

    Args:
        who: the principal, asked anew for each call, so that a change of rights holds from the next one on.
    """
    server = make_server(service, lambda context: who())

    async def run() -> None:
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())

    anyio.run(run)
