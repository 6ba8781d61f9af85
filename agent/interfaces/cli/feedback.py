"""``shopops feedback``: a thumb up or down on an answer."""

from __future__ import annotations

import click


@click.command(epilog='Example: shopops feedback down q1a2b3c4d --why "I meant orders, not customers"')
@click.argument("rating", type=click.Choice(["up", "down"]))
@click.argument("answer_id")
@click.option("--why", default="", help="What was right or wrong about it.")
def feedback(rating: str, answer_id: str, why: str) -> int:
    """Say whether an answer was right. A confirmed question is answered the same way again, without any model."""
    from agent.feedback import give_feedback
    from agent.settings import load_settings

    click.echo(give_feedback(load_settings(), answer_id, "up" if rating == "up" else "down", why))
    return 0
