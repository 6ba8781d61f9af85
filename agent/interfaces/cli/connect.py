"""``shopops connect``: an operator's own shop, from a database or from files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from db.errors import UsageError

if TYPE_CHECKING:
    from agent.connecting.drafts import Draft

EPILOG = """Examples:

\b
  shopops connect postgresql://reader@db.example/shop --name acme
  shopops connect shop.sqlite --name acme
  shopops connect orders.csv items.csv --name acme
  echo "$URL" | shopops connect - --name acme

A password is better typed when asked, or given by "-", than written on the command line. The database is opened for
reading only. What is drafted is yours to change: data folder, stores/NAME.yaml."""


@click.command(epilog=EPILOG)
@click.argument("source", nargs=-1, required=True)
@click.option("--name", required=True, metavar="NAME", help="What the store will be called (--store NAME).")
@click.option("--schema", metavar="S", help="PostgreSQL: the schema of the tables, where it is not the default one.")
@click.option("--currency", metavar="CODE", help="The shop's currency (EUR, CNY, …) where no column says it.")
@click.option("--time-zone", default="UTC", metavar="ZONE", help="Where days begin, for dates that carry a zone.")
@click.option("--draft-only", is_flag=True, help="Print the draft to standard output, and keep nothing.")
@click.option("--force", is_flag=True, help="Replace a store of that name; its YAML is kept as NAME.yaml.before.")
def connect(
    source: tuple[str, ...],
    name: str,
    schema: str | None,
    currency: str | None,
    time_zone: str,
    draft_only: bool,
    force: bool,
) -> int:
    """Look at a shop's database (PostgreSQL, SQLite, DuckDB) or files (CSV, TSV, XLSX, Parquet), and connect it."""
    from agent import connect as connecting
    from agent.interfaces.cli.waiting import bar
    from agent.settings import load_settings

    settings = load_settings()
    connecting.check_name(name)
    if not draft_only and not force and (settings.stores_folder / f"{name}.yaml").exists():
        raise UsageError(f"There is a store '{name}' already.", "Choose another --name, or replace it by --force.")
    wishes = connecting.Wishes(schema, _currency(currency), _zone(time_zone))
    with bar(name) as tell:
        draft = connecting.preview(settings, _source(source), name, wishes, tell)
    try:
        if draft_only:
            click.echo(draft.yaml, nl=False)
            return 0
        _show(draft)
        made = connecting.connect(settings, draft, force=force)
    finally:
        connecting.discard(draft)
    click.echo(f"\nConnected: {name} ({made.place}). Definitions: {made.yaml}")
    click.echo(f'Next: shopops ask --store {name} "{_first_question(draft)}"')
    return 0


def _source(given: tuple[str, ...]) -> str | list[str]:
    """The source; an address without a password is asked for one on a terminal, "-" is read from standard input."""
    import sys

    if given == ("-",):
        text = sys.stdin.readline(4000).strip()
        if not text:
            raise UsageError("Standard input gave no address.", 'Write: echo "$URL" | shopops connect - --name NAME')
        return text
    if len(given) > 1 or "://" not in given[0]:
        return list(given)
    url = given[0]
    host, _, _ = url.partition("://")[2].partition("/")
    user, at, place = host.rpartition("@")
    if not url.startswith("postgres") or not at or ":" in user or not sys.stdin.isatty():
        return url
    from urllib.parse import quote

    password = click.prompt(f"Password of {user} (Enter for none)", hide_input=True, default="", show_default=False)
    return url.replace(f"{user}@{place}", f"{user}:{quote(password, safe='')}@{place}", 1) if password else url


def _currency(code: str | None) -> str | None:
    if code is None:
        return None
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise UsageError(f"--currency '{code[:20]}' is no currency.", "Write its three letters, e.g. EUR.")
    return code.upper()


def _zone(name: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise UsageError(
            f"--time-zone '{name[:40]}' is none.", "Write it as in Europe/Berlin, Asia/Shanghai."
        ) from None
    return name


def _first_question(draft: Draft) -> str:
    label = draft.metrics[0].label.en.lower() if draft.metrics else "orders"
    return f"{label} by month"


def _show(draft: Draft) -> None:
    from agent.interfaces.terminal import terminal
    from agent.interfaces.terminal_table import plain_table
    from agent.interfaces.text import one_line
    from tools import format as fmt

    console = terminal()
    looked = plain_table("Table", "Rows", "Columns", "")
    for table in draft.tables:
        rows = f"{table.rows:,}" if table.rows is not None else "many"
        looked.add_row(one_line(table.name), rows, str(table.columns), "read" if table.used else "not used")
    console.print(looked)
    days = f"{draft.start} to {draft.end} (end excluded)"
    console.print(f"\nCan be asked now · data {days}, as of {draft.as_of}", markup=False, highlight=False)
    asked = plain_table("Metric", "指标", "All the data")
    for metric in draft.metrics:
        value = fmt.number(metric.value, metric.unit, draft.schema.currency) if metric.value is not None else "–"
        asked.add_row(metric.label.en, metric.label.zh, value)
    console.print(asked)
    splits = ", ".join(f"{s.label.en} {s.label.zh}" if s.label.zh != s.label.en else s.label.en for s in draft.splits)
    console.print(f"\nBy: {splits}", markup=False, highlight=False)
    ready = ", ".join(tool.name for tool in draft.tools if not tool.lacking)
    console.print(f"\nTools: {ready}", markup=False, highlight=False)
    for tool in draft.tools:
        if tool.lacking:
            console.print(f"  {tool.name} lacks: {', '.join(tool.lacking)}", style="dim", markup=False, highlight=False)
    hidden = sum(len(columns) for columns in draft.personal.values())
    if hidden:
        what = f"{hidden} personal or unclear column{'' if hidden == 1 else 's'}, read by nothing"
        console.print(f"\nKept out: {what} (the YAML names them).", markup=False, highlight=False)
    told = [*draft.left_off, *draft.asks]
    if told:
        console.print("\nTo fill in or to look at:", markup=False, highlight=False)
    for text in told:
        console.print(f"  · {one_line(text.en)}\n    {one_line(text.zh)}", markup=False, highlight=False)
