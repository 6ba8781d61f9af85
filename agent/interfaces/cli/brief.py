"""``shopops brief``: the weekly brief of a store."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from db.errors import UsageError

if TYPE_CHECKING:
    from agent.brief import Brief, Format, Order
    from agent.contracts import Language

EPILOG = """Examples:

\b
  shopops brief
  shopops brief --week 2017-W51 --language both --format html,pdf
  shopops brief --no-model --out ./monday

Without --week it is the last full week. The files lie in the data folder, under briefs/STORE/WEEK. Ctrl-C leaves what
was there."""
LANGUAGES = {"en": ("en",), "zh": ("zh",), "both": ("en", "zh")}


@click.command(epilog=EPILOG)
@click.option("--store", metavar="S", help="The store; the one in the settings without it.")
@click.option("--week", metavar="W", help="The week: 2017-W51, or any day of it.")
@click.option("--as-of", metavar="DATE", help="The last full week before this day (YYYY-MM-DD).")
@click.option("--language", type=click.Choice(tuple(LANGUAGES)), default="en", help="English, Chinese, or both.")
@click.option("--format", "formats", default="md,html,pdf", metavar="F", help="md, html, pdf, with commas between.")
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path), help="Put the files here too.")
@click.option("--send", metavar="CHANNEL", help="Send it to this channel of the settings.")
@click.option("--no-model", is_flag=True, help="Ask no language model; code puts the opening together.")
def brief(
    store: str | None,
    week: str | None,
    as_of: str | None,
    language: str,
    formats: str,
    out: Path | None,
    send: str | None,
    no_model: bool,
) -> int:
    """Write the weekly brief: what happened, whether it is usual, why, what comes next, what to do."""
    from agent.brief import Order
    from agent.interfaces.cli.log import log_to_file
    from agent.settings import load_settings

    if week and as_of:
        raise UsageError("--week and --as-of both say which week.", "Give one of them.")
    order = Order(
        store, _week(week), _day(as_of), cast("tuple[Language, ...]", LANGUAGES[language]), _formats(formats),
        model=not no_model, out=out,
    )  # fmt: skip
    settings = load_settings()
    log_to_file(settings.log_file)
    if send is not None and send not in settings.channels:
        known = ", ".join(settings.channels) or "none"
        raise UsageError(
            f"There is no channel '{send}'; there are: {known}.", f"Add [channels.{send}] to shopops.toml."
        )
    written = _write(order)
    for one in written:
        _tell(one)
    status = 1 if any(one.unwritten for one in written) else 0
    return max(status, _send(written, send)) if send is not None else status


def _write(order: Order) -> tuple[Brief, ...]:
    import threading

    from agent.brief import write_briefs
    from agent.interfaces.cli.waiting import bar, cancellable
    from agent.service import Service
    from agent.settings import load_settings

    with Service.open(load_settings()) as service, bar("brief") as tell:

        def work(cancel: threading.Event) -> tuple[Brief, ...]:
            return write_briefs(service, order, lambda said, fraction: tell(said.en, fraction), cancel)

        return cancellable(work)


def _send(briefs: tuple[Brief, ...], channel: str) -> int:
    """Put each brief into the outbox, where it is not lost, and try it now; `shopops serve` goes on trying."""
    import secrets

    from agent.brief import brief_message
    from agent.delivery.channels import open_sender
    from agent.delivery.outbox import Outbox
    from agent.service import Service
    from agent.settings import load_settings

    settings = load_settings()
    with Service.open(settings) as service:
        outbox = Outbox(service.state)
        # asked for anew it is sent anew, so each asking has keys of its own
        keys = {f"brief-{one.number}-{secrets.token_hex(4)}-{channel}": one for one in briefs}
        for key, one in keys.items():
            outbox.put(brief_message(one), channel, key)
        outbox.send_due(open_sender(settings))
        left = [d for d in outbox.recent() if d.key in keys and d.status != "sent"]
    if not left:
        click.echo(f"Sent to {channel}.")
        return 0
    for delivery in left:
        gone = delivery.status == "dead"
        what = "It is given up; mend the channel and send it again" if gone else "`shopops serve` tries again"
        click.echo(f"Not sent to {channel}: {delivery.error or 'no answer yet'} {what}.", err=True)
    return 1


def _tell(brief: Brief) -> None:
    click.echo(f"{brief.title}: {brief.analysis.headline.text.of(brief.language)}")
    for path in brief.files.values():
        click.echo(f"  {path}")
    for kind, why in brief.unwritten.items():
        click.echo(f"No {kind.upper()}: {why}", err=True)


def _formats(text: str) -> tuple[Format, ...]:
    from agent.brief import FORMATS

    wanted = [part.strip().lower() for part in text.split(",") if part.strip()]
    unknown = [part for part in wanted if part not in FORMATS]
    if unknown or not wanted:
        raise UsageError(f"--format '{text}' is none of {', '.join(FORMATS)}.", "Put commas between several.")
    return tuple(kind for kind in FORMATS if kind in wanted)


def _week(text: str | None) -> date | None:
    from agent.brief.week import parse_week

    return parse_week(text) if text is not None else None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError:
        raise UsageError(f"--as-of '{text}' is not a date.", "Write it as YYYY-MM-DD.") from None
