"""Briefs as a page: the kept ones, one of them, and the two forms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from html import escape

from agent.contracts import Language
from agent.interfaces.chat.views.html import attributes, button, icon
from agent.interfaces.chat.views.markdown import markdown_html
from agent.interfaces.chat.words import tabs as words
from db.semantic.schema import Text
from db.state.briefs import KeptBrief
from db.state.schedules import Schedule

_NAMES = {"md": "Markdown", "html": "HTML", "pdf": "PDF"}
_LANGUAGES = (("en", "English"), ("zh", "中文"))


def briefs_html(
    kept: Sequence[KeptBrief], schedules: Sequence[Schedule], last: date, channels: Sequence[str], language: Language
) -> str:
    """The whole tab. ``last``: the Monday of the last full week."""
    items = "".join(_item(item, language) for item in kept)
    shown = (
        f'<ul class="so-briefs">{items}</ul>'
        if kept
        else f'<p class="so-note">{escape(words.BRIEF_NONE.of(language))}</p>'
    )
    return (
        f'<div class="so-page"><header><h1>{escape(words.BRIEFS.of(language))}</h1>'
        f'<p class="so-note">{escape(words.BRIEF_LEAD.of(language))}</p></header>'
        f'<section class="so-card">{_write(last, language)}</section>'
        f'<section class="so-card"><h2>{escape(words.BRIEF_KEPT.of(language))}</h2>{shown}</section>'
        f"{_schedule(schedules, channels, language)}</div>"
    )


def brief_html(kept: KeptBrief, text: str, language: Language) -> str:
    """One brief, to be read, with its files."""
    back = button(words.BACK.of(language), class_="so-button", data_do="briefs")
    links = "".join(_file(kept, kind) for kind in kept.files)
    body = markdown_html(text) if text else f"<p>{escape(str(kept.content.get('opening', '')))}</p>"
    return (
        f'<div class="so-page"><div class="so-choices">{back}<span class="so-downloads">{links}</span></div>'
        f'<article class="so-card so-brief" lang="{escape(kept.language)}">{body}</article></div>'
    )


def _item(kept: KeptBrief, language: Language) -> str:
    end = kept.week + timedelta(days=6)
    week = words.WEEK_OF.of(language).format(start=kept.week, end=end)
    name = dict(_LANGUAGES).get(kept.language, kept.language)
    opens = attributes(class_="so-past-brief", data_do="brief", data_id=kept.id)
    headline = str(kept.content.get("headline") or kept.content.get("title") or "")
    return (
        f'<li><button type="button"{opens}><strong>{escape(week)}</strong> <small>{escape(name)}</small>'
        f"<span>{escape(headline)}</span></button></li>"
    )


def _file(kept: KeptBrief, kind: str) -> str:
    said = attributes(class_="so-download", href=f"chat/briefs/{kept.id}.{kind}", download=True)
    return f"<a{said}>{icon('download')}<span>{escape(_NAMES.get(kind, kind))}</span></a>"


def _write(last: date, language: Language) -> str:
    week = attributes(type="date", name="week", value=last.isoformat(), required=True)
    return (
        f'<form class="so-form" data-send="write" data-wait="1">'
        f'<label class="so-field"><span>{escape(words.BRIEF_WEEK.of(language))}</span><input{week}></label>'
        f"{_language(language)}"
        f'<button type="submit" class="so-button so-primary">{escape(words.BRIEF_WRITE.of(language))}</button>'
        '<span class="so-wait so-note" role="status"></span></form>'
    )


def _language(language: Language) -> str:
    options = "".join(
        f'<option value="{code}"{" selected" if code == language else ""}>{name}</option>' for code, name in _LANGUAGES
    )
    return (
        f'<label class="so-field"><span>{escape(words.LANGUAGE.of(language))}</span>'
        f'<select name="language">{options}</select></label>'
    )


def _schedule(schedules: Sequence[Schedule], channels: Sequence[str], language: Language) -> str:
    listed = "".join(_scheduled(item) for item in schedules if item.enabled)
    there = f'<ul class="so-list">{listed}</ul>' if listed else ""
    form = _form(channels, language) if channels else f'<p class="so-note">{escape(words.NO_CHANNELS.of(language))}</p>'
    return f'<section class="so-card"><h2>{escape(words.BRIEF_SCHEDULE.of(language))}</h2>{there}{form}</section>'


def _scheduled(item: Schedule) -> str:
    where = ", ".join(map(str, item.payload.get("channels", ())))
    return (
        f'<li><span class="so-kind">{escape(item.cron)}</span><span>{escape(item.timezone)} · {escape(where)}</span>'
        f"<small>{escape(item.owner)}</small></li>"
    )


def _form(channels: Sequence[str], language: Language) -> str:
    days = "".join(f'<option value="{i}">{escape(day.of(language))}</option>' for i, day in enumerate(words.DAYS))
    boxes = "".join(
        f"<label><input{attributes(type='checkbox', name='channels', value=name)}>{escape(name)}</label>"
        for name in channels
    )
    zone = attributes(class_="so-input so-zone", name="timezone", value="UTC", required=True, autocomplete="off")
    return (
        '<form class="so-form" data-send="schedule">'
        + _field(words.BRIEF_DAY, f'<select name="day">{days}</select>', language)
        + _field(words.BRIEF_TIME, '<input type="time" name="time" value="08:00" required>', language)
        + _field(words.BRIEF_ZONE, f"<input{zone}>", language)
        + _language(language)
        + f'<fieldset class="so-checks"><legend class="so-note">{escape(words.BRIEF_CHANNELS.of(language))}</legend>'
        + f'{boxes}</fieldset><button type="submit" class="so-button so-primary">'
        + f"{escape(words.BRIEF_SET.of(language))}</button></form>"
    )


def _field(name: Text, control: str, language: Language) -> str:
    return f'<label class="so-field"><span>{escape(name.of(language))}</span>{control}</label>'
