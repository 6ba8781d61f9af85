"""``shopops doctor``: what is in force and where it comes from, what is missing and the command that mends it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from agent.settings import Loaded, Settings


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be there. ``mend`` is the command or the setting that helps, empty where all is well."""

    name: str
    found: str
    mend: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing is to be done."""
        return not self.mend


@click.command(epilog="Example: shopops doctor")
def doctor() -> int:
    """Show the settings in force with their origin, and what is missing. Exit status 1 if something needed is."""
    from agent.settings import load_with_origins, unknown_variables

    loaded = load_with_origins()
    checks = [_store(loaded.settings), *_model(loaded.settings), _state(loaded.settings)]
    _print(loaded, checks, unknown_variables(os.environ))
    return 0 if all(check.ok for check in checks) else 1


def _store(settings: Settings) -> Check:
    from agent.stores import open_named, store_place
    from db.errors import ShopOpsError

    try:
        store = open_named(settings, settings.store, check=True)
        try:
            days = f"data {store.data_start} to {store.data_end} (end excluded), as of {store.as_of}"
            found = f"{store_place(settings, settings.store)} · {days}"
        finally:
            store.close()
        return Check("store", found)
    except ShopOpsError as error:
        return Check("store", error.message, error.hint or "shopops connect --help")


def _model(settings: Settings) -> Iterator[Check]:
    from db.errors import ShopOpsError
    from models.llm.catalogue import find
    from models.llm.fetch import verify
    from models.llm.options import ModelSpec

    try:
        spec = ModelSpec.parse(settings.model)
        if spec.kind == "hosted":
            yield _endpoint(settings)
            return
        path = Path(spec.name).expanduser()
        if spec.kind == "local":
            entry = find(spec.name)
            path = settings.models_folder / entry.file
            verify(path, entry)
        yield (
            Check("model", str(path))
            if path.is_file()
            else Check("model", f"{path} is not there", "shopops model list")
        )
    except ShopOpsError as error:
        yield Check("model", error.message, error.hint or "shopops model list")
    yield _engine(settings)


def _engine(settings: Settings) -> Check:
    from db.errors import ShopOpsError
    from models.llm.library import gpus, load_library, require_gpu

    try:
        found = f"llama-cpp-python {load_library()}, {_runs_on(settings.gpu_layers, gpus())}"
        if settings.gpu_layers:
            require_gpu()
    except ShopOpsError as error:
        return Check("engine", error.message, error.hint)
    return Check("engine", found)


def _runs_on(layers: int, cards: tuple[str, ...]) -> str:
    if not cards:
        return "on the processor"
    names = ", ".join(cards)
    return f"on {names}" if layers else f"on the processor; 'gpu_layers' would use {names}"


def _endpoint(settings: Settings) -> Check:
    if settings.base_url is None:
        return Check("model", "no address is set", "set SHOPOPS_BASE_URL to the endpoint's address")
    key = "with a key" if settings.api_key else "without a key"
    return Check("model", f"{settings.model} at {settings.base_url}, {key} (not contacted)")


def _state(settings: Settings) -> Check:
    if settings.state_url is not None:
        return Check("state", "the database in state_url (not contacted)")
    folder = settings.data_dir
    while not folder.exists():
        folder = folder.parent
    writable = os.access(folder, os.W_OK)
    return Check(
        "state", str(settings.data_dir), "" if writable else f"make {folder} writable, or set SHOPOPS_DATA_DIR"
    )


def _shown(value: object) -> str:
    """A setting's value; of channels only names and kinds, of stores only names, of bots only that they are set."""
    from pydantic import BaseModel

    if isinstance(value, dict):
        return ", ".join(
            f"{name} ({options.kind})" if hasattr(options, "kind") else name for name, options in value.items()
        )
    if isinstance(value, BaseModel):
        users = len(getattr(value, "users", ()))
        return f"set, {users} user{'' if users == 1 else 's'} mapped"
    return "" if value is None else str(value)


def _print(loaded: Loaded, checks: list[Check], unknown: list[str]) -> None:
    from agent.interfaces.terminal import terminal
    from agent.interfaces.terminal_table import plain_table
    from agent.interfaces.text import one_line

    console = terminal()
    settings = plain_table("Setting", "Value", "From")
    for name, origin in loaded.origins.items():
        value = getattr(loaded.settings, name)
        settings.add_row(name, one_line(_shown(value)), origin, style="" if origin != "default" else "dim")
    console.print(settings)
    needed = plain_table("", "Needed", "Found")
    for check in checks:
        mark = "[green]✓[/green]" if check.ok else "[red]✗[/red]"
        needed.add_row(mark, check.name, one_line(check.found) + ("" if check.ok else f"\n→ {one_line(check.mend)}"))
    console.print()
    console.print(needed)
    console.print()
    for name in unknown:
        console.print(f"{name} is set, but is no setting.", style="yellow", markup=False, highlight=False)
    console.print(f"log: {loaded.settings.log_file}", style="dim", markup=False, highlight=False)
