"""``shopops watch``: new payments and refunds, scored as they come."""

from __future__ import annotations

import json
import time
from contextlib import closing
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import click

from db.errors import ShopOpsError, UsageError

if TYPE_CHECKING:
    from agent.settings import Settings
    from agent.watching import Summary, Watcher
    from db.engine import Store
    from db.state.watching import Alert, WatchLog

EPILOG = """Examples:

\b
  shopops watch
  shopops watch --once --since 2017-12-01
  shopops watch --every 5 --json

Ctrl-C stops it; the next watch goes on where this one ended.
Exit status: 0 done, 1 failed, 2 used wrongly, 130 stopped."""


@click.command(epilog=EPILOG)
@click.option("--store", metavar="S", help="The store to watch; the one in the settings without it.")
@click.option("--once", is_flag=True, help="Look once, and end.")
@click.option("--every", type=float, default=30.0, metavar="SECONDS", show_default=True, help="How often to look.")
@click.option("--since", metavar="DATE", help="Go through the data again from this day (YYYY-MM-DD).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def watch(store: str | None, once: bool, every: float, since: str | None, as_json: bool) -> int:
    """Score new payments and refunds once each, and say what should be looked at now."""
    from agent.settings import load_settings

    if not 0.1 <= every <= 86_400:
        raise UsageError("--every takes 0.1 to 86400 seconds.")
    moment = _since(since)
    settings = load_settings()
    name = store or settings.store
    while True:
        try:
            _watch(settings, name, moment, once, every, as_json)
            return 0
        except ShopOpsError as error:
            if once or error.kind != "retryable":
                raise
            click.echo(f"{error} Trying again in {every:g} s.", err=True)
            moment = None
            time.sleep(every)


def _since(text: str | None) -> str | None:
    try:
        return f"{date.fromisoformat(text).isoformat()} 00:00:00" if text is not None else None
    except ValueError:
        raise UsageError(f"--since '{text}' is not a date.", "Write it as YYYY-MM-DD.") from None


def _watch(settings: Settings, name: str, since: str | None, once: bool, every: float, as_json: bool) -> None:
    """Look until stopped. The store is opened anew for each look: who loads it must not wait for us."""
    from db.state.watching import WatchLog

    log = WatchLog.open(settings.state, settings.data_dir, name)
    watcher: Watcher | None = None
    try:
        while True:
            with closing(_store(settings, name)) as store:
                if watcher is None:
                    watcher = _watcher(settings, name, store, log, since)
                else:
                    watcher.attach(store)
                for alert in watcher.poll(_now()):
                    _say(alert, store.schema.currency, as_json)
                    watcher.shown(alert, _now())
            if once:
                _end(watcher.summary)
                return
            time.sleep(every)
    finally:
        log.close()


def _store(settings: Settings, name: str) -> Store:
    from agent.stores import open_named

    return open_named(settings, name)


def _watcher(settings: Settings, name: str, store: Store, log: WatchLog, since: str | None) -> Watcher:
    from agent.open import people_key
    from agent.watching import Watcher
    from db.errors import ArtifactMissing
    from models.risk.model import KIND, load_model
    from models.training import file_of, trained_folder
    from tools.people import People

    try:
        model = load_model(file_of(trained_folder(settings.data_dir, name), KIND))[1]
    except ArtifactMissing:
        model = None
        click.echo("No risk model is trained (shopops train risk): the rules watch alone.", err=True)
    watcher = Watcher(store, log, People(people_key(settings)), model, since=since)
    if watcher.summary.left_out:
        click.echo(
            f"Rules left out, for the store lacks what they read: {', '.join(watcher.summary.left_out)}.", err=True
        )
    return watcher


def _now() -> datetime:
    return datetime.now(UTC)


def _say(alert: Alert, currency: str, as_json: bool) -> None:
    """One line; the number stays the same should a killed process say it again."""
    if as_json:
        row = {"number": alert.number, "kind": alert.kind, "source": alert.source, "row": alert.row}
        row |= {"time": alert.moment, "score": alert.score, **alert.payload}
        click.echo(json.dumps(row, ensure_ascii=False))
        return
    from tools.format import number

    told = alert.payload
    if alert.kind == "metric":
        way = "above" if told["direction"] > 0 else "below"
        value, usual = (number(told[key], told["unit"], currency) for key in ("value", "expected"))
        click.echo(f"#{alert.number} {alert.moment}  {told['label']['en']}: {value}, well {way} the usual {usual}.")
        return
    what = "Refund" if alert.source == "refunds" else "Failed payment" if told["failed"] else "Payment"
    amount, codes = number(told["amount"], "currency", currency), " ".join(told["reasons"])
    click.echo(
        f"#{alert.number} {alert.moment}  risk {alert.score:.0f}  {what} {alert.row} of order {told['order']}, "
        f"{told['customer']}, {amount}: {told['says']['en']} ({codes}). What to do: {told['advice']['en']}."
    )


def _end(summary: Summary) -> None:
    rows, alerts = f"{summary.rows:,} new rows", f"{summary.alerts:,} new alerts"
    click.echo(f"Scored {rows} ({summary.ms_a_row:.2f} ms a row); {alerts}.", err=True)
