"""Weekly briefs: read the kept ones, write one, have one sent every week."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from agent.brief.contracts import FORMATS
from agent.brief.week import monday
from agent.delivery.names import channel_names
from agent.interfaces.chat.tabs import NotFound
from agent.interfaces.chat.views.briefs import brief_html, briefs_html
from agent.interfaces.chat.visit import Visit
from agent.interfaces.chat.words import tabs as words
from agent.policy import check_acting
from db.errors import UsageError
from db.state.briefs import Briefs, KeptBrief
from db.state.schedules import Schedules

if TYPE_CHECKING:
    from pathlib import Path

    from agent.contracts import Language

_CRON_DAYS = ("1", "2", "3", "4", "5", "6", "0")


def briefs(visit: Visit, _: Mapping[str, Any]) -> dict[str, Any]:
    """The list, with what writes and schedules one."""
    state, store = visit.service.state, visit.analyst.store
    kept = Briefs(state.engine).of(store.schema.name, visit.principal.name)
    mine = [
        item
        for item in Schedules(state.engine).all()
        if item.kind == "brief"
        and item.store == store.schema.name
        and (visit.admin or item.owner == visit.principal.name)
    ]
    last = monday(store.as_of) - timedelta(days=7)
    channels = tuple(channel_names(visit.service.settings)) if visit.principal.role != "viewer" else ()
    return {"html": briefs_html(kept, mine, last, channels, visit.language)}


def brief(visit: Visit, asked: Mapping[str, Any]) -> dict[str, Any]:
    """One kept brief, to be read."""
    kept = found(visit, asked.get("id"))
    path = kept_file(visit, kept, "md")
    text = path.read_text(encoding="utf-8") if path else ""
    return {"html": brief_html(kept, text, visit.language)}


def write(visit: Visit, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Write the brief of a week in one language, now; then show it."""
    from agent.brief import write_brief

    language: Language = "zh" if asked.get("language") == "zh" else "en"
    made = write_brief(
        visit.service, week=_day(asked.get("week")), language=language, formats=FORMATS, principal=visit.principal
    )
    return brief(visit, {"id": made.number})


def schedule(visit: Visit, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Have a brief sent every week. The form shows exactly what is set, so its button is the yes."""
    from agent.doing.schedule_brief import schedule_work

    check_acting(visit.principal)
    day, time = asked.get("day"), str(asked.get("time", ""))
    try:
        clock = datetime.strptime(time, "%H:%M")  # a time of day: its zone stands beside it
        weekday = _CRON_DAYS[int(str(day))]
    except (ValueError, IndexError):
        raise UsageError("A weekday and a time are needed.", "Choose both.") from None
    named = asked.get("channels", [])
    payload = {
        "cron": f"{clock.minute} {clock.hour} * * {weekday}",
        "timezone": str(asked.get("timezone", "")),
        "channels": [str(name) for name in (named if isinstance(named, list) else [named])],
        "language": "zh" if asked.get("language") == "zh" else "en",
    }
    if not payload["channels"]:
        raise UsageError("A brief goes to a channel.", "Choose one.")
    now, store = datetime.now(UTC), visit.analyst.store.schema.name
    work = schedule_work(visit.service, store, "brief", payload, visit.principal, now)
    what = {"store": store, "kind": "brief", **payload}
    done = visit.service.state.audited(visit.principal.name, "schedule_add", what, now, work.write)
    return briefs(visit, {}) | {"said": done.text.of(visit.language)}


def found(visit: Visit, number: object) -> KeptBrief:
    """The asker's brief of that number. Raises NotFound."""
    text = str(number)
    kept = Briefs(visit.service.state.engine).get(int(text), visit.principal.name) if text.isdecimal() else None
    if kept is None:
        raise NotFound(text)
    return kept


def kept_file(visit: Visit, kept: KeptBrief, kind: str) -> Path | None:
    """The file of a brief in a format, where it is still there; only ever one under the data folder."""
    named = kept.files.get(kind)
    root = visit.service.settings.data_dir.resolve()
    path = (root / named).resolve() if named else None
    return path if path and path.is_relative_to(root) and path.is_file() else None


def _day(text: object) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise UsageError(words.BRIEF_WEEK.en + ": this is not a date.", "Write it as YYYY-MM-DD.") from None
