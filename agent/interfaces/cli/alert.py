"""``shopops alert``: the rules by which someone is told, and what they raised."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import click

from agent.interfaces.cli.group import CONTEXT
from agent.interfaces.cli.working import service, shown
from db.errors import UsageError

if TYPE_CHECKING:
    from agent.service import Service
    from db.state.alert_rules import KeptRule

EPILOG = """Examples:

\b
  shopops alert add "tell me when refund rate passes 5%" --channel ops
  shopops alert add "日订单量低于300就通知运营群"
  shopops alert list
  shopops alert history 1

`shopops serve` looks at them when new data has come in."""


@click.group(context_settings=CONTEXT, epilog=EPILOG)
def alert() -> None:
    """Alert rules: list, add, remove, pause, history."""


@alert.command("list", epilog="Example: shopops alert list")
def list_() -> int:
    """Every rule, and whether it is red."""
    from agent.interfaces.terminal import terminal
    from agent.interfaces.terminal_table import plain_table
    from db.state.alert_rules import AlertRules

    with service() as opened:
        known = AlertRules(opened.state.engine).all()
        if not known:
            click.echo('There is no alert. Try: shopops alert add "tell me when refund rate passes 5%"')
            return 0
        table = plain_table("#", "Store", "Tells when", "To", "Of", "State", "Looked at up to")
        for each in known:
            state = each.state if each.enabled else "paused"
            row = (str(each.number), each.store, _words(opened, each), ", ".join(each.channels) or "-", each.owner)
            table.add_row(*row, state, str(each.checked_upto or "-"))
    terminal().print(table)
    return 0


@alert.command(epilog='Example: shopops alert add "tell me when refund rate passes 5%" --channel ops')
@click.argument("words")
@click.option("--channel", "channels", multiple=True, metavar="NAME", help="Where it goes, besides those in the words.")
@click.option("--store", metavar="S", help="The store; the settings' without it.")
@click.option("--yes", is_flag=True, help="Set it without asking.")
def add(words: str, channels: tuple[str, ...], store: str | None, yes: bool) -> int:
    """Set an alert in plain words; it is shown, and set after your yes."""
    from agent.contracts import Principal
    from agent.delivery.names import check_channels
    from agent.doing.set_alert import rule_work
    from agent.interfaces.cli.reading import read_alert_words

    now = datetime.now(UTC)
    with service() as opened:
        name = store or opened.settings.store
        check_channels(channels, opened.settings)
        proposed, facts = read_alert_words(opened, name, words)
        for fact in facts:
            click.echo(fact)
        if proposed is None:
            return 1
        payload = {**proposed, "channels": list(dict.fromkeys((*proposed["channels"], *channels)))}
        if not yes and not click.confirm(f"Set it, to {', '.join(payload['channels']) or 'the list of alerts only'}?"):
            click.echo("Nothing was done.")
            return 0
        work = rule_work(opened, name, payload, Principal(), now)
        done = opened.state.audited("operator", "alert add", payload, now, work.write)
    click.echo(done.text.en)
    return 0


@alert.command(epilog="Example: shopops alert remove 1")
@click.argument("number", type=int)
def remove(number: int) -> int:
    """Remove a rule; what it raised stays in the list of alerts, closed."""
    from db.state.alert_rules import remove_on

    now = datetime.now(UTC)
    with service() as opened:
        _known(opened, number)
        opened.state.audited("operator", "alert remove", {"alert": number}, now, lambda c: remove_on(c, number, now))
    click.echo(f"Removed alert {number}.")
    return 0


@alert.command(epilog="Example: shopops alert pause 1")
@click.argument("number", type=int)
@click.option("--off", is_flag=True, help="Let it go on, where it stopped.")
def pause(number: int, off: bool) -> int:
    """Pause a rule, or let it go on."""
    from db.state.alert_rules import enable_on

    now = datetime.now(UTC)
    with service() as opened:
        _known(opened, number)
        what = {"alert": number, "paused": not off}
        opened.state.audited("operator", "alert pause", what, now, lambda c: enable_on(c, number, off))
    click.echo(f"Alert {number} {'goes on' if off else 'is paused'}.")
    return 0


@alert.command(epilog="Example: shopops alert history 1")
@click.argument("number", type=int)
def history(number: int) -> int:
    """What a rule raised, newest first."""
    from agent.interfaces.terminal import terminal
    from agent.interfaces.terminal_table import plain_table
    from db.state.alert_rules import AlertRules

    with service() as opened:
        _known(opened, number)
        raised, zone = AlertRules(opened.state.engine).history(number), opened.settings.zone
    if not raised:
        click.echo(f"Alert {number} has told nothing yet.")
        return 0
    table = plain_table("Period from", "Value", "Told", "Green again")
    for each, created, resolved in raised:
        told = cast("dict[str, object]", each.payload)
        table.add_row(each.row, str(told.get("value")), shown(created, zone), shown(resolved, zone))
    terminal().print(table)
    return 0


def _words(opened: Service, kept: KeptRule) -> str:
    """The rule in words; its kind where it was written by another version or for a store that is not here."""
    from pydantic import ValidationError

    from agent.stores import store_yaml
    from db.errors import ShopOpsError
    from db.semantic.load import load_store_schema
    from tools.alert_rule import AlertRule
    from tools.alert_sentences import rule_words

    try:
        rule = AlertRule.model_validate(kept.definition["rule"])
        return rule_words(rule, load_store_schema(store_yaml(kept.store, opened.settings))).en
    except (ShopOpsError, ValidationError, KeyError):
        return kept.kind


def _known(opened: Service, number: int) -> KeptRule:
    from db.state.alert_rules import AlertRules

    found = AlertRules(opened.state.engine).get(number)
    if found is None:
        raise UsageError(f"There is no alert {number}.", "See: shopops alert list")
    return found
