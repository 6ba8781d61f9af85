"""``shopops backup``: what could not be got again, in one archive."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(epilog="Example: shopops backup shopops-2018-01-01.tar.gz")
@click.argument("target", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
def backup(target: Path) -> int:
    """Copy state, keys, confirmed questions, handbook, briefs, exports and trained models into FILE, while all runs.

    To restore, unpack it into an empty data folder. The archive holds secrets: keep it as you keep the data folder.
    """
    from agent.settings import load_settings
    from db.state.backup import back_up

    settings = load_settings()
    names = back_up(settings.data_dir, target, own_database=settings.state is None)
    click.echo(f"{target}: {', '.join(names) or 'nothing is there yet'}.")
    if settings.state is not None:
        click.echo("The state lies in the database of state_url: back that up with its own tools.")
    return 0
