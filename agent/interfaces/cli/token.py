"""``shopops token``: what programs sign in with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from agent.interfaces.cli.group import CONTEXT

if TYPE_CHECKING:
    from db.state.tokens import Tokens

EPILOG = """Examples:

\b
  shopops token create ann --label "weekly report"
  shopops token list
  shopops token revoke 3

A token has its user's rights. It is shown once; only its hash is kept."""


@click.group(context_settings=CONTEXT, epilog=EPILOG)
def token() -> None:
    """What programs sign in with: create, list, revoke."""


@token.command(epilog='Example: shopops token create ann --label "weekly report" --days 30')
@click.argument("name")
@click.option("--label", required=True, help="What it is for.")
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="How long it holds.")
@click.option("--forever", is_flag=True, help="It does not expire.")
def create(name: str, label: str, days: int, forever: bool) -> int:
    """A new token for the user NAME, on standard output; it is not shown again."""
    with tokens() as known:
        secret = known.create(name, label, None if forever else timedelta(days=days))
    click.echo(secret)
    click.echo("Keep it as you keep a password: it is not shown again.", err=True)
    return 0


@token.command("list", epilog="Example: shopops token list ann")
@click.argument("name", required=False)
def list_(name: str | None) -> int:
    """The tokens of every user, or of NAME."""
    from agent.interfaces.terminal import terminal
    from agent.interfaces.terminal_table import plain_table

    with tokens() as known:
        found = known.list(name)
    if not found:
        click.echo("There is no token.")
        return 0
    table = plain_table("Token", "User", "Label", "Made", "Holds until", "Last used")
    for each in found:
        moments = (each.created_at, each.expires_at, each.used_at)
        made, until, used = (f"{moment:%Y-%m-%d %H:%M}" if moment else "" for moment in moments)
        table.add_row(str(each.id), each.user, each.label, made, until or "forever", used or "never")
    terminal().print(table)
    return 0


@token.command(epilog="Example: shopops token revoke 3")
@click.argument("number", type=int)
def revoke(number: int) -> int:
    """Let a token hold no longer, from the next request on."""
    with tokens() as known:
        gone = known.revoke(number)
    click.echo(f"Revoked the token '{gone.label}' of {gone.user}.")
    return 0


@contextmanager
def tokens() -> Iterator[Tokens]:
    """The tokens of this installation."""
    from agent.settings import load_settings
    from db.state import State
    from db.state.tokens import Tokens as Known

    settings = load_settings()
    with State.open(settings.state, settings.data_dir) as state:
        yield Known(state)
