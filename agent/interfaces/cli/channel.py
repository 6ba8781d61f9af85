"""``shopops channel``: where briefs, alerts and exports can go, and whether it works."""

from __future__ import annotations

import click

from agent.interfaces.cli.group import CONTEXT


@click.group(context_settings=CONTEXT, epilog="Example: shopops channel test ops")
def channel() -> None:
    """List the channels of the settings, and try one."""


@channel.command("list", epilog="Example: shopops channel list")
def list_() -> int:
    """The channels' names and kinds."""
    from agent.interfaces.terminal import terminal
    from agent.interfaces.terminal_table import plain_table
    from agent.settings import load_settings

    channels = load_settings().channels
    if not channels:
        click.echo('No channel is set. Add one to shopops.toml, e.g. [channels.disk] with kind = "folder".')
        return 0
    table = plain_table("Name", "Kind")
    for name, options in channels.items():
        table.add_row(name, options.kind)
    terminal().print(table)
    return 0


@channel.command(epilog="Example: shopops channel test ops --language zh")
@click.argument("name")
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", help="Language of the message.")
def test(name: str, language: str) -> int:
    """Send a test message to a channel now."""
    from uuid import uuid4

    from agent.contracts import Language
    from agent.delivery.channels import open_sender
    from agent.delivery.message import Message
    from agent.delivery.words import TEST_TEXT, TEST_TITLE
    from agent.settings import load_settings

    spoken: Language = "zh" if language == "zh" else "en"
    message = Message(TEST_TITLE.of(spoken), TEST_TEXT.of(spoken), spoken)
    open_sender(load_settings())(name, message, f"test:{uuid4().hex}")
    click.echo(f"A test message went to {name}.")
    return 0
