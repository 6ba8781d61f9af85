"""``shopops user``: who may sign in, and what they may see and do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, cast

import click

from agent.interfaces.cli.group import CONTEXT
from db.errors import UsageError

if TYPE_CHECKING:
    from db.semantic.query import Filter
    from db.state.accounts import Accounts, Role, User

ROLES = ("viewer", "analyst", "admin")
EPILOG = """Examples:

\b
  shopops user add li.wei --role analyst
  shopops user add ann --role viewer --only "department=GROCERY,MEAT"
  shopops user role ann analyst --pii
  shopops user disable ann

A password is asked for on the terminal, or read from standard input; it is never an argument.
Roles: viewer asks; analyst also writes SQL; admin also sees what others set up."""
ONLY = click.option(
    "--only", multiple=True, metavar="SPLIT=A,B", help="See these members only, e.g. department=GROCERY. Repeatable."
)
STORE = click.option("--store", metavar="S", help="The store that --only names splits of; the settings' without it.")


@click.group(context_settings=CONTEXT, epilog=EPILOG)
def user() -> None:
    """Who may sign in: add, list, password, role, disable, enable, remove."""


@user.command(epilog="Example: shopops user add li.wei --role analyst --pii")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="viewer", show_default=True, help="What they may do.")
@ONLY
@STORE
@click.option("--pii", is_flag=True, help="They may see customers' ids and personal data.")
@click.option("--no-password", is_flag=True, help="They come in with a token only (shopops token create).")
def add(name: str, role: str, only: tuple[str, ...], store: str | None, pii: bool, no_password: bool) -> int:
    """Add a user. From the first one on, everyone signs in."""
    filters = _filters(only, store)
    with accounts() as known:
        from db.state.accounts import user_name

        first, name = not known.any(), user_name(name)
        if known.find(name):
            raise UsageError(f"There is a user '{name}' already.", "Choose another name.")
        password = None if no_password else ask_password(name)
        added = known.add(name, cast("Role", role), password, filters, pii)
    click.echo(f"Added {_shown(added)}.")
    if first:
        click.echo("From now on chat, API and MCP over HTTP want a sign-in or a token.")
    return 0


@user.command("list", epilog="Example: shopops user list")
def list_() -> int:
    """Every user, with rights."""
    from agent.interfaces.terminal import terminal
    from agent.interfaces.terminal_table import plain_table

    with accounts() as known:
        everyone = known.all()
    if not everyone:
        click.echo("There is no user: whoever asks on this machine is the operator. Add one: shopops user add NAME")
        return 0
    table = plain_table("Name", "Role", "Sees only", "Personal data", "Signs in with", "")
    for each in everyone:
        table.add_row(
            each.name,
            each.role,
            "; ".join(_words(f) for f in each.row_filters) or "everything",
            "yes" if each.may_see_pii else "no",
            "password" if each.has_password else "token",
            "disabled" if each.disabled else "",
        )
    terminal().print(table)
    return 0


@user.command(epilog="Example: shopops user password ann")
@click.argument("name")
def password(name: str) -> int:
    """Give a user another password; they are signed out everywhere."""
    with accounts() as known:
        found = known.get(name)
        known.set_password(found.name, ask_password(found.name))
    click.echo(f"{found.name} has a new password, and is signed out everywhere. Their tokens still hold.")
    return 0


@user.command(epilog="Example: shopops user role ann viewer --only department=GROCERY --no-pii")
@click.argument("name")
@click.argument("role", type=click.Choice(ROLES))
@ONLY
@click.option("--everything", is_flag=True, help="Take away what --only set before.")
@STORE
@click.option("--pii/--no-pii", default=None, help="Whether they may see customers' ids and personal data.")
def role(name: str, role: str, only: tuple[str, ...], everything: bool, store: str | None, pii: bool | None) -> int:
    """Change what a user may do and see; it holds from their next question on."""
    if only and everything:
        raise UsageError("--only and --everything exclude each other.")
    filters = _filters(only, store) if only or everything else None
    with accounts() as known:
        changed = known.set_rights(name, cast("Role", role), filters, pii)
    click.echo(f"Changed: {_shown(changed)}.")
    return 0


@user.command(epilog="Example: shopops user disable ann")
@click.argument("name")
def disable(name: str) -> int:
    """Let a user in no longer: sessions end, tokens do not hold. What they own stays."""
    with accounts() as known:
        known.disable(name)
    click.echo("Disabled. `shopops user enable` lets them in again.")
    return 0


@user.command(epilog="Example: shopops user enable ann")
@click.argument("name")
def enable(name: str) -> int:
    """Let a disabled user in again."""
    with accounts() as known:
        known.disable(name, disabled=False)
    click.echo("Enabled.")
    return 0


@user.command(epilog="Example: shopops user remove ann")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(name: str, yes: bool) -> int:
    """Forget a user, with conversations, briefs and tokens; what they scheduled stops."""
    with accounts() as known:
        found = known.get(name)
        if not yes:
            click.confirm(f"Remove {found.name}, with conversations, briefs and tokens?", abort=True, err=True)
        known.remove(found.name)
        left = known.any()
    click.echo(f"Removed {found.name}.")
    if not left:
        click.echo("No user is left: whoever asks on this machine is the operator again.")
    return 0


@contextmanager
def accounts() -> Iterator[Accounts]:
    """The accounts of this installation."""
    from agent.settings import load_settings
    from db.state import State
    from db.state.accounts import Accounts as Known

    settings = load_settings()
    with State.open(settings.state, settings.data_dir) as state:
        yield Known(state)


def ask_password(name: str) -> str:
    """The password from the terminal, typed twice, or the first line of standard input.

    Raises:
        UsageError: it will not do, or none came.
    """
    from db.state.passwords import LONGEST, check_password

    if sys.stdin.isatty():
        given: str = click.prompt(f"Password for {name}", hide_input=True, confirmation_prompt=True, err=True)
    else:
        try:
            given = sys.stdin.readline(4 * LONGEST).rstrip("\r\n")
        except UnicodeDecodeError:
            raise UsageError("The password is not UTF-8 text.", "Check the encoding of what is piped in.") from None
        if not given:
            raise UsageError("No password came from standard input.", "Type it on a terminal, or pipe it in.")
    check_password(given, name)
    return given


def _filters(only: tuple[str, ...], store: str | None) -> tuple[Filter, ...]:
    """``department=GROCERY,MEAT`` as conditions, held against the store: a misspelt one would hide or show the wrong.

    Raises:
        UsageError, UnknownDimension, UnknownMember: it is no condition of this store.
    """
    if not only:
        return ()
    import csv

    from db.semantic.query import Filter

    found = []
    for text in only:
        name, sign, members = text.partition("=")
        op: Literal["in", "not_in"] = "not_in" if name.endswith("!") else "in"
        values = next(csv.reader([members], skipinitialspace=True), []) if sign else []
        if not values or not all(v.strip() for v in values):
            raise UsageError(f"'{text}' is no condition.", "Write SPLIT=MEMBER,MEMBER or SPLIT!=MEMBER.")
        found.append(Filter(dimension=name.rstrip("!").strip(), op=op, values=tuple(v.strip() for v in values)))
    _hold(tuple(found), store)
    return tuple(found)


def _hold(filters: tuple[Filter, ...], store: str | None) -> None:
    from agent.settings import load_settings
    from agent.stores import open_named
    from db.errors import UnknownMember
    from db.semantic.nearest import suggestion

    opened = open_named(load_settings(), store)
    try:
        dimensions = [opened.schema.dimension(f.dimension) for f in filters]
        for condition, dimension in zip(filters, dimensions, strict=True):
            if dimension.kind != "member":
                raise UsageError(f"'{dimension.name}' cannot limit a user.", "Take a split by members.")
            known = {str(member) for member in opened.members(dimension.name)}
            for value in condition.values:
                if str(value) not in known:
                    near = suggestion(str(value), known)
                    raise UnknownMember(f"{dimension.label.en} has no member '{value}'{near}.")
    finally:
        opened.close()


def _shown(user: User) -> str:
    sees = "; ".join(_words(f) for f in user.row_filters) or "everything"
    return f"{user.name}: {user.role}, sees {sees}, {'with' if user.may_see_pii else 'without'} personal data"


def _words(condition: Filter) -> str:
    sign = "!=" if condition.op == "not_in" else "="
    return f"{condition.dimension}{sign}{','.join(str(v) for v in condition.values)}"
