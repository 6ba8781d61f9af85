"""``shopops schedule``: what runs by itself, and when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import click

from agent.interfaces.cli.group import CONTEXT
from agent.interfaces.cli.working import service, shown
from db.errors import UsageError

if TYPE_CHECKING:
    from agent.service import Service
    from db.state.schedules import Schedule, ScheduleKind

EPILOG = """Examples:

\b
  shopops schedule add brief "0 8 * * 1" --timezone Asia/Shanghai --channel ops --language zh
  shopops schedule list
  shopops schedule pause 1
  shopops schedule run 1

`shopops serve` runs them. Cron: minute, hour, day, month, weekday (0 and 7 are Sunday)."""


@click.group(context_settings=CONTEXT, epilog=EPILOG)
def schedule() -> None:
    """What runs by itself: list, add, remove, pause, run."""


@schedule.command("list", epilog="Example: shopops schedule list")
def list_() -> int:
    """Every schedule: what, when, to whom, and how it went last."""
    from agent.interfaces.terminal import terminal
    from agent.interfaces.terminal_table import plain_table
    from db.state.schedules import Schedules
    from tools.cron import describe, next_slot

    with service() as opened:
        kept = Schedules(opened.state.engine)
        known = kept.all()
        if not known:
            click.echo('Nothing is scheduled. Try: shopops schedule add brief "0 8 * * 1"')
            return 0
        table = plain_table("#", "What", "Store", "When", "To", "Next", "Last", "How it went")
        for each in known:
            last = next(iter(kept.last_runs(each.number, 1)), None)
            went = "-" if last is None else last.error or last.status
            skipped = f", {last.skipped} missed before it skipped" if last and last.skipped else ""
            coming = next_slot(each.cron, each.timezone, datetime.now(UTC)) if each.enabled else None
            table.add_row(
                str(each.number),
                each.kind,
                each.store,
                describe(each.cron, each.timezone).en,
                ", ".join(each.payload.get("channels", ())) or "-",
                shown(coming, each.timezone) if each.enabled else "paused",
                shown(last.slot if last else None, each.timezone),
                f"{went}{skipped}",
            )
    terminal().print(table)
    return 0


@schedule.command(epilog='Example: shopops schedule add brief "0 8 * * 1" --timezone Asia/Shanghai --channel ops')
@click.argument("kind", type=click.Choice(["brief", "alerts", "watch"]))
@click.argument("cron")
@click.option("--timezone", metavar="ZONE", help="IANA name, e.g. Asia/Shanghai; the setting's without it.")
@click.option("--channel", "channels", multiple=True, metavar="NAME", help="Where it goes; several times for several.")
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option("--store", metavar="S", help="The store; the settings' without it.")
def add(
    kind: ScheduleKind,
    cron: str,
    timezone: str | None,
    channels: tuple[str, ...],
    language: Literal["en", "zh"],
    store: str | None,
) -> int:
    """Add a schedule: the weekly brief, a look at alert rules, or a look at new payments and refunds."""
    from agent.contracts import Principal
    from agent.doing.schedule_brief import schedule_work

    now = datetime.now(UTC)
    with service() as opened:
        zone = timezone or opened.settings.zone
        name = store or opened.settings.store
        payload = {"cron": cron, "timezone": zone, "channels": list(channels), "language": language}
        work = schedule_work(opened, name, kind, payload, Principal(), now)
        done = opened.state.audited("operator", "schedule add", {"kind": kind, **payload}, now, work.write)
    click.echo(done.text.en)
    return 0


@schedule.command(epilog="Example: shopops schedule remove 1")
@click.argument("number", type=int)
def remove(number: int) -> int:
    """Remove a schedule with the record of its runs."""
    from db.state.schedules import remove_on

    now = datetime.now(UTC)
    with service() as opened:
        _known(opened, number)
        opened.state.audited("operator", "schedule remove", {"schedule": number}, now, lambda c: remove_on(c, number))
    click.echo(f"Removed schedule {number}.")
    return 0


@schedule.command(epilog="Example: shopops schedule pause 1")
@click.argument("number", type=int)
@click.option("--off", is_flag=True, help="Let it go on, from now; what passed is not made up for.")
def pause(number: int, off: bool) -> int:
    """Pause a schedule, or let it go on."""
    from db.state.schedules import enable_on

    now = datetime.now(UTC)
    with service() as opened:
        _known(opened, number)
        what = {"schedule": number, "paused": not off}
        opened.state.audited("operator", "schedule pause", what, now, lambda c: enable_on(c, number, off, now))
    click.echo(f"Schedule {number} {'goes on' if off else 'is paused'}.")
    return 0


@schedule.command(epilog="Example: shopops schedule run 1")
@click.argument("number", type=int)
def run(number: int) -> int:
    """Run a schedule now, besides its times, and send what it has to say."""
    from agent.delivery.channels import open_sender
    from agent.scheduling import Worker

    with service() as opened:
        found = _known(opened, number)
        worker = Worker(opened, open_sender(opened.settings))
        opened.state.append_audit("operator", "schedule run", {"schedule": number}, datetime.now(UTC))
        worker.runner.run_now(found)
        worker.deliver()
    click.echo(f"Schedule {number} has run.")
    return 0


def _known(opened: Service, number: int) -> Schedule:
    from db.state.schedules import Schedules

    found = Schedules(opened.state.engine).get(number)
    if found is None:
        raise UsageError(f"There is no schedule {number}.", "See: shopops schedule list")
    return found
