"""``shopops confirm`` and ``shopops decline``: the operator's yes and no to what an answer proposed."""

from __future__ import annotations

import click

from agent.interfaces.cli.working import service


@click.command(epilog="Example: shopops confirm p-3f2a9c41b7\n\nThe id stands below the answer that proposed it.")
@click.argument("proposal")
def confirm(proposal: str) -> int:
    """Do what an answer proposed: exactly what it showed, once."""
    return _decided(proposal, yes=True)


@click.command(epilog="Example: shopops decline p-3f2a9c41b7")
@click.argument("proposal")
def decline(proposal: str) -> int:
    """Let go what an answer proposed."""
    return _decided(proposal, yes=False)


def _decided(proposal: str, yes: bool) -> int:
    from agent.actions import Actions
    from agent.contracts import Principal

    with service() as opened:
        actions = Actions(opened)
        done = actions.confirm(proposal, Principal()) if yes else actions.decline(proposal, Principal())
    click.echo(done.text.en)
    if done.file is not None:
        click.echo(str(done.file))
    return 0
