"""``shopops load``: build a store."""

from __future__ import annotations

import click

from agent.interfaces.cli.group import CONTEXT


@click.group(context_settings=CONTEXT, epilog="Example: shopops load journey")
def load() -> None:
    """Load a store's data."""


@load.command(epilog="Example: shopops load journey")
@click.option("--force", is_flag=True, help="Load it even if it is there already.")
def journey(force: bool) -> int:
    """The demo store: a year of real purchases of 2,469 households."""
    from datetime import UTC, datetime

    from agent.interfaces.cli.waiting import bar
    from agent.settings import load_settings
    from db.sources.journey import is_current, load_journey

    target = load_settings().store_file("journey")
    if not force and is_current(target):
        click.echo("The store journey is loaded already.")
        return 0
    with bar("journey") as tell:
        report = load_journey(target, tell, loaded_at=datetime.now(UTC).isoformat(timespec="seconds"))
    rows, size = f"{sum(report.rows.values()):,}", f"{report.size_bytes / 1e6:.0f} MB"
    click.echo(f"Loaded the store journey: {rows} rows, {size}, in {report.seconds:.0f} s.")
    return 0
