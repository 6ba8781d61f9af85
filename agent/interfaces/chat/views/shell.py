"""The frame of the page: what stands still around the conversation and the tabs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

from agent.contracts import Language
from agent.interfaces.chat import words
from agent.interfaces.chat.views.html import attributes, button, icon
from agent.interfaces.chat.visit import Visit
from agent.interfaces.chat.words import tabs
from db.semantic.schema import Text

TABS = (("chat", tabs.CHAT), ("dashboard", tabs.DASHBOARD), ("briefs", tabs.BRIEFS), ("data", tabs.DATA))


def shell_html(visit: Visit) -> str:
    """The whole frame in the page's language; the rest is put into it by static/*.js."""
    language, schema = visit.language, visit.analyst.store.schema
    names = [*TABS, *([("review", tabs.REVIEW)] if visit.admin else [])]
    panels = "".join(_panel(name, label.of(language)) for name, label in names[1:])
    said = json.dumps(_said(language), ensure_ascii=False)
    app = attributes(class_="so-app", lang=language, data_words=said, data_language=language, data_store=schema.name)
    return (
        f"<div{app}>"
        f'<a class="so-skip" href="#question">{escape(tabs.SKIP.of(language))}</a>'
        f"{_side(visit)}"
        f'<div class="so-main">{_bar(names, schema.label.of(language), language)}'
        f"{_chat(language)}{panels}</div>"
        '<div class="so-veil" hidden></div><div class="so-told" role="status" aria-live="polite"></div></div>'
    )


def _panel(name: str, label: str) -> str:
    said = attributes(id=f"panel-{name}", class_="so-panel", hidden=True, tabindex="-1", aria_label=label)
    return f"<section{said}></section>"


def _said(language: Language) -> dict[str, str]:
    """What the page's script says by itself."""
    known = {
        "understand": words.STAGES["understand"], "stopped": words.STOPPED, "copied": words.COPIED,
        "sure": tabs.DELETE_SURE, "lost": tabs.LOST, "out": tabs.SIGNED_OUT, "why": words.WHY_BAD,
        "more": words.WHY_MORE, "busy": words.BUSY, "send": words.SEND_WHY, "empty": words.EMPTY,
        "writing": tabs.BRIEF_WRITING, "looking": tabs.CONNECT_LOOKING,
    }  # fmt: skip
    reasons = "|".join(reason.of(language) for reason in words.REASONS)
    return {name: text.of(language) for name, text in known.items()} | {"reasons": reasons}


def _side(visit: Visit) -> str:
    language = visit.language
    new = button(tabs.NEW.of(language), icon_name="plus", class_="so-new", data_do="new")
    close = button(tabs.CLOSE.of(language), icon_name="close", class_="so-quiet so-close", quiet=True, data_do="menu")
    user = ""
    if visit.principal.name != "operator":
        out = button(tabs.SIGN_OUT.of(language), icon_name="out", class_="so-quiet", quiet=True, data_do="sign-out")
        user = f'<div class="so-user"><span>{escape(visit.principal.name)}</span>{out}</div>'
    return (
        f'<aside class="so-side" aria-label="{escape(tabs.HISTORY.of(language))}">'
        f'<div class="so-brand"><span class="so-logo" aria-hidden="true"></span><strong>ShopOps</strong>{close}</div>'
        f'{new}<nav class="so-history" aria-label="{escape(tabs.HISTORY.of(language))}"></nav>'
        f'<div class="so-settings">{_store(visit)}{_model(visit)}{_switches(language)}{user}</div></aside>'
    )


def _store(visit: Visit) -> str:
    """Which shop is asked, where there are several."""
    language, names = visit.language, visit.stores()
    if len(names) < 2:
        return ""
    options = "".join(f'<option value="{escape(n, quote=True)}">{escape(n)}</option>' for n in names)
    return (
        f'<label class="so-field"><span>{escape(tabs.STORE.of(language))}</span>'
        f'<select id="store">{options}</select></label>'
    )


def _model(visit: Visit) -> str:
    language, names = visit.language, visit.models()
    options = "".join(f'<option value="{escape(n, quote=True)}">{escape(_short(n))}</option>' for n in names)
    return (
        f'<label class="so-field"><span>{escape(tabs.MODEL.of(language))}</span>'
        f'<select id="model">{options}</select></label>'
    )


def _short(name: str) -> str:
    return name.rsplit("/", maxsplit=1)[-1]


def _switches(language: Language) -> str:
    options = "".join(
        f'<option value="{code}"{" selected" if code == language else ""}>{name}</option>'
        for code, name in (("en", "English"), ("zh", "中文"))
    )
    theme = button(tabs.THEME.of(language), icon_name="theme", class_="so-quiet", quiet=True, data_do="theme")
    return (
        f'<div class="so-row"><label class="so-field"><span>{escape(tabs.LANGUAGE.of(language))}</span>'
        f'<select id="language">{options}</select></label>{theme}</div>'
    )


def _bar(names: Sequence[tuple[str, Text]], store: str, language: Language) -> str:
    menu = button(
        tabs.MENU.of(language),
        icon_name="menu",
        class_="so-quiet so-menu",
        quiet=True,
        data_do="menu",
        aria_expanded="false",
    )
    links = "".join(_tab(name, label.of(language)) for name, label in names)
    return (
        f'<header class="so-bar">{menu}<nav class="so-tabs">{links}</nav>'
        f'<span class="so-store" title="{escape(store, quote=True)}">{escape(store)}</span></header>'
    )


def _tab(name: str, label: str) -> str:
    said = attributes(class_="so-tab", data_tab=name, aria_current="page" if name == "chat" else None)
    return f'<button type="button"{said}>{icon(name)}<span>{escape(label)}</span></button>'


def _chat(language: Language) -> str:
    examples = "".join(button(q, class_="so-example", data_ask=q) for q in words.EXAMPLES[language])
    box = attributes(
        id="question", rows="1", maxlength="4000", placeholder=tabs.ASK_HERE.of(language), autocomplete="off",
        aria_label=tabs.ASK_LABEL.of(language), aria_describedby="hint", enterkeyhint="send",
    )  # fmt: skip
    send = button(tabs.SEND.of(language), icon_name="send", class_="so-send", quiet=True, id="ask")
    stop = button(
        tabs.STOP.of(language), icon_name="stop", class_="so-send so-stop", quiet=True, id="stop", hidden=True
    )
    return (
        f'<section id="panel-chat" class="so-panel so-chat" aria-label="{escape(tabs.CHAT.of(language))}">'
        '<div class="so-thread"><div class="so-column">'
        f'<div class="so-welcome"><h1>{escape(tabs.WELCOME.of(language))}</h1>'
        f'<p>{escape(tabs.WELCOME_MORE.of(language))}</p><div class="so-examples">{examples}</div></div>'
        '<div class="so-turns" role="log" aria-live="polite" aria-relevant="additions"></div></div></div>'
        f'<form class="so-ask"><div class="so-column"><div class="so-box"><textarea{box}></textarea>{send}{stop}</div>'
        f'<p id="hint" class="so-hint">{escape(tabs.HINT.of(language))}</p></div></form></section>'
    )
