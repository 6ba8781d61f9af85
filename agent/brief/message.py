"""A brief as a message: what a channel shows at once, a page for e-mail, and the whole as files beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent.brief.contracts import Brief, Format
from agent.brief.page import Page, plain
from agent.brief.templating import render
from agent.delivery.message import Attachment, Message
from db.semantic.schema import StoreSchema

TYPES: dict[Format, str] = {"html": "text/html", "pdf": "application/pdf"}
# What chats read as markup, a mention or an address; a product's or a member's name is none of these.
_QUIET = str.maketrans({"*": "", "`": "'", "[": "(", "]": ")", "<": "‹", ">": "›", "@": "＠", "\n": " "})


def brief_message(brief: Brief) -> Message:
    """What is sent of a brief. Customers stand under pseudonyms, as in the brief itself."""
    files = tuple(Attachment(path.name, TYPES[kind], path) for kind, path in brief.files.items() if kind in TYPES)
    title = f"{quiet(brief.analysis.label.of(brief.language))} · {brief.title}"
    return Message(title, brief.summary, brief.language, brief.mail or None, files)


def quiet(text: str) -> str:
    """A text in which a chat finds no markup, mention or link.

    >>> quiet("*Sale* <!channel> [x](https://e.example) @all")
    'Sale ‹!channel› (x)(https: //e.example) ＠all'
    """
    return plain(text).translate(_QUIET).replace("://", ": //").replace("www.", "www .")


def summary_of(brief: Brief, schema: StoreSchema) -> str:
    """Headline, opening, key figures and actions, in the little Markdown that every channel knows."""
    page = Page(brief, schema, quiet).values()
    words, chinese = page["words"], brief.language == "zh"
    stop = words["stop"]
    figures = [_figure(kpi, chinese) for kpi in page["kpis"]]
    actions = [f"- **{action['title']}{stop}** {action['effect']}" for action in page["actions"]]
    paragraphs = [
        f"**{page['headline']}{stop}** {page['week']}",
        page["opening"],
        "\n".join([f"**{words['figures']}**", *figures]),
        "\n".join([f"**{words['actions']}**", *actions]) if actions else "",
    ]
    return "\n\n".join(part for part in paragraphs if part)


def _figure(kpi: dict[str, Any], chinese: bool) -> str:
    open_, close, comma, colon = ("（", "）", "，", "：") if chinese else (" (", ")", ", ", ": ")
    verdict = kpi["verdict"] if kpi["tone"] == "plain" else f"**{kpi['verdict']}**"
    return f"- {kpi['label']}{colon}{kpi['now']}{open_}{kpi['change']}{comma}{verdict}{close}"


def mail_of(brief: Brief, schema: StoreSchema, own: Path) -> str:
    """A page for e-mail readers, which know neither style sheets nor pictures inside: essentials, styled in place.

    Raises:
        SettingsError: the operator's template is broken.
    """
    return render(own, "mail.html.j2", Page(brief, schema).values(), escape=True)
