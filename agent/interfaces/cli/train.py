"""``shopops train``: learn from a store's data, and say how good it is on data held out."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from db.errors import AnalysisError, AsOfError, RoleMissing, UsageError

if TYPE_CHECKING:
    from db.engine import Store
    from models.artifacts import Meta

EPILOG = """Examples:

\b
  shopops train
  shopops train recommender --as-of 2017-12-01
  shopops train risk --labels reviewed.csv    (columns: order, label)

Ctrl-C leaves the model that was there."""


@click.command(epilog=EPILOG)
@click.argument("name", required=False)
@click.option("--store", metavar="S", help="The store to learn from; the one in the settings without it.")
@click.option("--as-of", "as_of", metavar="DATE", help="Learn from the days before this one only (YYYY-MM-DD).")
@click.option(
    "--labels",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="For risk: a CSV file of orders that you labelled (1 or 0), instead of the store's chargebacks.",
)
def train(name: str | None, store: str | None, as_of: str | None, labels: Path | None) -> int:
    """Train the models of a store, or the one called NAME, and show what they reach on data held out."""
    from agent.settings import load_settings
    from agent.stores import open_named
    from models.training import kinds, trainable, trained_folder

    settings = load_settings()
    wanted = store or settings.store
    if name is not None and name not in kinds():
        raise UsageError(f"There is no model '{name}' to train.", f"There are: {', '.join(kinds())}.")
    if labels is not None and name is None:
        raise UsageError("Labels train one model.", "Name it: shopops train risk --labels FILE.")
    opened = open_named(settings, wanted)
    try:
        today = _day(as_of, opened) if as_of else opened.as_of
        folder = trained_folder(settings.data_dir, wanted)
        chosen = (name,) if name else trainable(opened)
        return max((_one(kind, opened, today, folder, labels, alone=name is not None) for kind in chosen), default=0)
    finally:
        opened.close()


def _day(text: str, store: Store) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--as-of '{text}' is not a date.", "Write it as YYYY-MM-DD.") from None
    if not store.data_start < day <= max(store.data_end, store.as_of):
        raise AsOfError(f"There is no data before {day} to learn from, or not up to it.", f"{_range(store)}.")
    return day


def _range(store: Store) -> str:
    return f"The store's data runs from {store.data_start} to {store.data_end} (end excluded)"


def _one(kind: str, store: Store, today: date, folder: Path, labels: Path | None, alone: bool) -> int:
    """Train one kind; among several, one that the data does not carry is told and passed over."""
    from agent.interfaces.cli.waiting import bar
    from models.training import train as train_kind

    try:
        with bar(kind) as tell:
            meta = train_kind(kind, store, today, folder, tell, labels)
    except (AnalysisError, RoleMissing) as error:
        if alone:
            raise
        click.echo(f"Not trained: {kind}. {error}", err=True)
        return 1
    _show(meta)
    return 0


def _show(meta: Meta) -> None:
    from agent.interfaces.terminal import terminal
    from agent.interfaces.terminal_table import plain_table

    click.echo(f"Trained {meta.kind} on {meta.store} as of {meta.as_of}.")
    if not meta.metrics:
        return
    table = plain_table("Held out")
    table.add_column("Value", justify="right")
    for name, value in meta.metrics.items():
        table.add_row(name, f"{value:,.0f}" if float(value).is_integer() and abs(value) >= 2 else f"{value:.3f}")
    terminal().print(table)
