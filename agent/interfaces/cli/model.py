"""``shopops model``: fetch, list and choose language models."""

from __future__ import annotations

from pathlib import Path

import click

from agent.interfaces.cli.group import CONTEXT

STAGES = {"download": "fetching", "join": "joining", "verify": "checking", "wait": "waiting for another fetch"}


@click.group(context_settings=CONTEXT, epilog="Example: shopops model pull qwen2.5-coder-0.5b")
def model() -> None:
    """Fetch, list and choose language models."""


@model.command(epilog="Example: shopops model pull qwen2.5-coder-0.5b")
@click.argument("name", required=False)
@click.option("--from", "source", type=click.Path(path_type=Path), help="Take this copy of the file.")
def pull(name: str | None, source: Path | None) -> int:
    """Fetch a model of the catalogue; NAME is the one in use without it. Goes on where it was stopped."""
    from agent.interfaces.cli.waiting import bar
    from agent.settings import load_settings
    from models.llm.catalogue import DEFAULT_MODEL, find
    from models.llm.fetch import pull as fetch

    settings = load_settings()
    used = settings.model.removeprefix("local:") if settings.model.startswith("local:") else DEFAULT_MODEL
    entry = find((name or used).removeprefix("local:"))
    with bar(entry.name) as tell:

        def progress(stage: str, done: int, total: int) -> None:
            size = f" {done / 1e6:,.0f} of {total / 1e6:,.0f} MB" if total > 1 else ""
            tell(f"{STAGES.get(stage, stage)}{size}", done / total if total else 0.0)

        path = fetch(entry.name, settings.models_folder, source, progress, hub=settings.hub)
    click.echo(f"The model {entry.name} is ready ({entry.size_text}, {entry.licence}): {path}")
    return 0


@model.command("list", epilog="Example: shopops model list")
def list_() -> int:
    """The catalogue: what there is, what is here, what is in use."""
    from agent.interfaces.terminal import terminal
    from agent.interfaces.terminal_table import plain_table
    from agent.settings import load_settings
    from models.llm.catalogue import list_models

    settings = load_settings()
    table = plain_table("", "Name")
    table.add_column("Size", justify="right")
    table.add_column("Licence")
    table.add_column("")
    for entry in list_models():
        used = "●" if settings.model == f"local:{entry.name}" else ""
        here = (settings.models_folder / entry.file).exists()
        table.add_row(used, entry.name, entry.size_text, entry.licence, "here" if here else "not fetched")
    console = terminal()
    console.print(table)
    console.print(f"● in use: {settings.model}", style="dim", highlight=False)
    return 0


@model.command(epilog="Example: shopops model use local:qwen2.5-coder-0.5b")
@click.argument("spec")
def use(spec: str) -> int:
    """Use a model from now on: local:NAME, a .gguf file, or hosted:MODEL."""
    from agent.settings import load_with_origins, user_file
    from agent.settings_file import write_setting
    from models.llm.catalogue import find
    from models.llm.options import ModelSpec

    parsed = ModelSpec.parse(spec)
    missing = ""
    if parsed.kind == "local":
        entry = find(parsed.name)
        if not (load_with_origins().settings.models_folder / entry.file).exists():
            missing = f" It is not here yet: run `shopops model pull {entry.name}`."
    text = str(Path(parsed.name).expanduser().absolute()) if parsed.kind == "file" else str(parsed)
    write_setting(user_file(), "model", text)
    click.echo(f"In use from now on: {text}.{missing}")
    now = load_with_origins()
    if now.settings.model != text:
        click.echo(f"But {now.origins['model']} says {now.settings.model}, and that counts first.", err=True)
    return 0
