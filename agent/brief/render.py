"""A brief in its formats: Markdown and HTML from templates, PDF from the HTML."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from markupsafe import Markup

from agent.brief.charts import draw, spark
from agent.brief.contracts import Analysis, Brief, Format, Kpi, Picture
from agent.brief.page import Page, markdown
from agent.brief.pdf import as_pdf
from agent.brief.templating import render, text_of
from agent.contracts import Language
from db.errors import InternalError, SettingsError
from db.semantic.schema import StoreSchema

log = logging.getLogger("shopops.brief")
STYLE = "brief.css"


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
    if "html" in formats or "pdf" in formats:
        page = as_html(brief, schema, own)
        if "html" in formats:
            contents["html"] = page.encode()
        if "pdf" in formats:
            try:
                contents["pdf"] = as_pdf(page)
            except (SettingsError, InternalError) as error:
                log.warning("no PDF: %s", error.message, exc_info=error.__cause__)
                missing["pdf"] = str(error)
    return contents, missing


def as_markdown(brief: Brief, schema: StoreSchema, own: Path) -> str:
    """The brief as Markdown, without pictures."""
    return render(own, "brief.md.j2", Page(brief, schema, markdown).values(), escape=False)


def as_html(brief: Brief, schema: StoreSchema, own: Path) -> str:
    """The brief as one page that needs nothing else."""
    values = Page(brief, schema, draw=_draw, spark=_spark).values()
    return render(own, "brief.html.j2", values | {"style": Markup(_style(own))}, escape=True)  # noqa: S704 - ours, or the operator's


def _style(own: Path) -> str:
    """The style sheet; one that could end its element is the operator's mistake."""
    text = text_of(own, STYLE)
    if "</" in text:
        raise SettingsError(f"{own / STYLE} holds '</', which a style sheet cannot.", "Take it out.")
    return text


def _draw(picture: Picture, analysis: Analysis, schema: StoreSchema, language: Language) -> str:
    return Markup(draw(picture, analysis, schema, language))  # noqa: S704 - vl-convert escapes what it writes


def _spark(kpi: Kpi) -> str:
    return Markup(spark(kpi))  # noqa: S704 - numbers of ours only
