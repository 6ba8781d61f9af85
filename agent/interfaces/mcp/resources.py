"""Resources: what the store can be asked, and the shop's own handbook."""

from __future__ import annotations

import json
from urllib.parse import quote, unquote

import mcp_types as types

from agent.contracts import Language, Principal
from agent.interfaces.catalogue import catalogue
from agent.service import Service
from db.errors import KnowledgeError, UsageError
from db.knowledge.handbook import Passage, read_handbook

CATALOGUE, HANDBOOK = "shopops://catalogue", "shopops://handbook/"
_JSON, _TEXT = "application/json", "text/markdown"


def listed(service: Service) -> list[types.Resource]:
    """The catalogue in both languages, and the pages of the handbook."""
    found = [
        types.Resource(
            uri=f"{CATALOGUE}/{language}", name=f"catalogue-{language}", title=title, mime_type=_JSON,
            description="Metrics, splits and tools of the store.",
        )
        for language, title in (("en", "What can be asked"), ("zh", "可以问什么"))
    ]  # fmt: skip
    pages = {passage.file: passage.title for passage in _handbook(service)}
    return found + [
        types.Resource(uri=HANDBOOK + quote(file), name=file, title=title, mime_type=_TEXT)
        for file, title in pages.items()
    ]


def read(service: Service, principal: Principal, uri: str) -> tuple[str, str]:
    """A resource's kind and text, as far as the principal may see it.

    Raises:
        UsageError: there is none of that name.
    """
    if uri in (CATALOGUE, f"{CATALOGUE}/en", f"{CATALOGUE}/zh"):
        language: Language = "zh" if uri.endswith("/zh") else "en"
        return _JSON, json.dumps(catalogue(service.analyst().store, principal, language), ensure_ascii=False)
    name = unquote(uri.removeprefix(HANDBOOK)) if uri.startswith(HANDBOOK) else ""
    passages = [passage for passage in _handbook(service) if passage.file == name]
    if not passages:
        raise UsageError("There is no such resource.", "The list of resources names them.")
    return _TEXT, _page(passages)


def _handbook(service: Service) -> tuple[Passage, ...]:
    """The passages of the handbook; none where it cannot be read, which its tool tells better."""
    try:
        return read_handbook(service.settings.handbook_folder())
    except KnowledgeError:
        return ()


def _page(passages: list[Passage]) -> str:
    """A page from its passages, cleaned as the tool quotes them; what is for staff says so."""
    lines, heading = [f"# {passages[0].title}"], ""
    for passage in passages:
        if passage.heading != heading:
            heading = passage.heading
            lines.append(f"## {heading}" + (" (staff only, not for customers)" if passage.staff else ""))
        lines.append(passage.text)
    return "\n\n".join(lines)
