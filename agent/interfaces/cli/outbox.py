"""``shopops outbox``: messages on their way, and those that were given up."""

from __future__ import annotations

import click

from agent.interfaces.cli.group import CONTEXT
from agent.interfaces.cli.working import service, shown

EPILOG = """Examples:

\b
  shopops outbox list
  shopops outbox list --all
  shopops outbox retry 3"""


@click.group(context_settings=CONTEXT, epilog=EPILOG)
def outbox() -> None:
    """Messages that wait or were given up: list, retry."""


@outbox.command("list", epilog="Example: shopops outbox list --all")
@click.option("--all", "everything", is_flag=True, help="Sent ones as well.")
def list_(everything: bool) -> int:
    """Messages that wait, and those that were given up, with the reason."""
    from agent.delivery.outbox import Outbox
    from agent.interfaces.terminal import terminal
    from agent.interfaces.terminal_table import plain_table
    from agent.interfaces.text import one_line

    with service() as opened:
        kept = [d for d in Outbox(opened.state).recent(200) if everything or d.status != "sent"]
        zone = opened.settings.zone
    if not kept:
        click.echo("Nothing waits, and nothing was given up.")
        return 0
    table = plain_table("#", "To", "Message", "Status", "Tries", "Next try", "Why")
    for each in kept:
        coming = shown(each.next_at, zone) if each.status == "pending" else "-"
        title, why = one_line(str(each.message["title"])), one_line(each.error or "-")
        table.add_row(str(each.number), each.channel, title, each.status, str(each.attempts), coming, why)
    terminal().print(table)
    return 0


@outbox.command(epilog="Example: shopops outbox retry 3")
@click.argument("number", type=int)
def retry(number: int) -> int:
    """Send a message after all that was given up."""
    from agent.delivery.outbox import Outbox

    with service() as opened:
        Outbox(opened.state).retry(number, "operator")
    click.echo(f"Message {number} is sent again when shopops serve runs.")
    return 0
