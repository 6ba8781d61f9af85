"""The weekly brief on a schedule, shown before it is set: when it runs, in which zone, to which channel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal

from db.errors import UsageError
from db.semantic.schema import Text
from tools.arguments import Arguments
from tools.channel_words import channels_in, unknown_channel
from tools.evidence import Cell, Column, Evidence, Fact, Value
from tools.language import language_of
from tools.registry import Proposed, Tool, ToolContext, ToolResult
from tools.schedule_reading import channel_spans, read_schedule
from tools.schedule_words import ASKS

NAME = "schedule_brief"
SHOWN = 3  # next runs that the proposal lists


class ScheduleArguments(Arguments):
    """When and where to.

    Attributes:
        cron: five fields. timezone: an IANA name; the installation's own without it. language: of the brief; that of
            the words without it. to: the channel as it was named. text: the words.
    """

    cron: str | None = None
    timezone: str | None = None
    language: Literal["en", "zh"] | None = None
    to: str | None = None
    text: str = ""


def run(arguments: ScheduleArguments, context: ToolContext) -> ToolResult:
    """Show the schedule and its next runs, and propose it. Nothing is scheduled.

    Raises:
        UsageError: a rhythm or a time zone that cannot be read.
    """
    from tools.cron import describe

    channels = channels_in(arguments.text, arguments.to, context.channels)
    if arguments.cron is None:
        return _told(context, _no_rhythm(), ())
    zone = arguments.timezone or context.timezone
    words, rows = describe(arguments.cron, zone), _next(arguments.cron, zone)
    if not rows:
        raise UsageError(f"'{arguments.cron}' never comes.", "Name a day of the week and a time.")
    if channels is None:
        return _told(context, unknown_channel(arguments.to or "", context.channels), rows)
    to, language = ", ".join(channels), arguments.language or language_of(arguments.text)
    payload = {"cron": arguments.cron, "timezone": zone, "channels": list(channels), "language": language}
    in_language = {"en": ("in English", "英文"), "zh": ("in Chinese", "中文")}[language]
    text = Text(
        en=f"Not scheduled yet, it waits for your yes: the weekly brief {in_language[0]}, {words.en}, "
        f"to {to or 'the list of briefs only'}; first on {rows[0][1]}.",
        zh=f"待您确认后生效：{in_language[1]}周报，{words.zh}，发送到{to or '周报列表'}；首次运行{rows[0][1]}。",
    )
    summary = Text(
        en=f"Schedule the weekly brief {in_language[0]}, {words.en}, to {to or 'the list of briefs only'}?",
        zh=f"设置定时周报：{words.zh}，{in_language[1]}，发送到{to or '周报列表'}？",
    )
    fact = Fact("", rows[0][1], "text", text, (Cell(context.evidence_id, 0, "at"),), weight=2.0)
    evidence = _table(context, rows, payload)
    return ToolResult(evidence, (fact,), proposed=Proposed(NAME, payload, summary))


def _next(cron: str, zone: str) -> tuple[tuple[Value, ...], ...]:
    from tools.cron import next_slot

    at, rows = datetime.now(UTC), []
    for number in range(1, SHOWN + 1):
        slot = next_slot(cron, zone, at)
        if slot is None:
            break
        rows.append((number, f"{slot:%Y-%m-%d %H:%M}"))
        at = slot + timedelta(seconds=1)
    return tuple(rows)


def _table(context: ToolContext, rows: tuple[tuple[Value, ...], ...], payload: Mapping[str, object]) -> Evidence:
    return Evidence(
        id=context.evidence_id,
        tool=NAME,
        args=payload,
        title=Text(en="Next runs of the weekly brief", zh="周报的后续运行时间"),
        columns=(
            Column("run", Text(en="Run", zh="次序"), "count"),
            Column("at", Text(en="At", zh="时间"), "text"),
        ),
        rows=rows,
        method="nothing is scheduled before your yes",
    )


def _told(context: ToolContext, text: Text, rows: tuple[tuple[Value, ...], ...]) -> ToolResult:
    """Why nothing is proposed."""
    return ToolResult(_table(context, rows, {}), (Fact("", None, "text", text, (), weight=2.0),))


def _no_rhythm() -> Text:
    return Text(
        en='When should it be sent? Say, for example, "send the weekly brief every Monday at 8". '
        "A brief for now is written by `shopops brief`.",
        zh="请说明发送时间，例如“每周一早上8点发周报”。如需立即生成，请运行 shopops brief。",
    )


TOOL = Tool(
    name=NAME,
    when="send the weekly brief regularly: which days, what time, to which channel",
    arguments=ScheduleArguments,
    run=run,
    asks=ASKS,
    settles=read_schedule,
    covers=channel_spans,
    writes=True,
)
