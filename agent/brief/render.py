"""A brief in its formats: Markdown and HTML from templates, PDF from the HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from agent.brief.contracts import Brief, Format
from agent.brief.page import Page, markdown
from agent.brief.templating import render
from db.semantic.schema import StoreSchema


def rendered(
    brief: Brief, schema: StoreSchema, own: Path, formats: Sequence[Format]
) -> tuple[dict[Format, bytes], Mapping[Format, str]]:
    """Each format's file, and why a format could not be made.

    Args:
        own: the operator's folder of templates.

    Raises:
        SettingsError: a template is broken.
    """
    contents: dict[Format, bytes] = {}
    missing: dict[Format, str] = {}
    if "md" in formats:
        contents["md"] = as_markdown(brief, schema, own).encode()
    return contents, missing


def as_markdown(brief: Brief, schema: StoreSchema, own: Path) -> str:
    """The brief as Markdown, without pictures."""
    return render(own, "brief.md.j2", Page(brief, schema, markdown).values(), escape=False)
