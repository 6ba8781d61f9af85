"""``shopops mcp``: the shop's tools for an assistant on this machine."""

from __future__ import annotations

import click

EPILOG = """Example: shopops mcp --user li.wei, or in a client's configuration (docs/mcp.md):

\b
  {"mcpServers": {"shopops": {"command": "shopops", "args": ["mcp", "--user", "li.wei"]}}}

Without --user the calls have all rights, as everything typed on this machine's command line."""


@click.command(epilog=EPILOG)
@click.option("--user", "name", metavar="NAME", help="Act with this user's rights (shopops user list).")
@click.option("--store", metavar="S", help="The store to ask; the one in the settings without it.")
@click.option("--model", metavar="M", help="local:NAME, a .gguf file, or hosted:MODEL.")
def mcp(name: str | None, store: str | None, model: str | None) -> int:
    """Serve MCP on standard input and output, until the input ends."""
    from agent.contracts import Principal
    from agent.interfaces.cli.log import log_to_file
    from agent.interfaces.mcp.stdio import serve_stdio
    from agent.principals import principal_named
    from agent.service import Service
    from agent.settings import load_settings
    from db.errors import UsageError

    settings = load_settings()
    if store or model:
        settings = settings.model_copy(update={k: v for k, v in (("store", store), ("model", model)) if v})
    log_to_file(settings.log_file)
    with Service.open(settings) as service:

        def who() -> Principal:
            principal = principal_named(service.state, name) if name else Principal()
            if principal is None:
                raise UsageError("There is no user of that name who may come in.", "`shopops user list` shows them.")
            return principal

        who()
        service.analyst()  # what is wrong with the store is told now, on the error stream, and not to the assistant
        serve_stdio(service, who)
    return 0
