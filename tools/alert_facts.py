"""The proposal of an alert: the exact rule, and how often it would have spoken before now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from pydantic import ValidationError

from db.errors import AnalysisError, PermissionRefused
from db.semantic.schema import Text
from models.risk.rules import ALERT
from tools import format as fmt
from tools.alert_periods import floor, preceding
from tools.alert_rule import AlertRule, Per
from tools.alert_sentences import green_words, point_words, rule_words, span_words
from tools.alert_values import Point, ended, points
from tools.channel_words import channels_in, unknown_channel
from tools.evidence import Cell, Chart, Column, Evidence, Fact, Value
from tools.grammar import first_up
from tools.language import language_of
from tools.origin import origin_facts, origin_of
from tools.registry import Proposed, ToolContext, ToolResult, evidence_id

if TYPE_CHECKING:
    from tools.set_alert import AlertArguments

NAME = "set_alert"
LOOKS_BACK: dict[Per, int] = {"day": 30, "week": 12, "month": 12}


def proposed(arguments: AlertArguments, context: ToolContext) -> ToolResult:
    """As :func:`tools.set_alert.run`."""
    channels = channels_in(arguments.text, arguments.to, context.channels)
    known = unknown_channel(arguments.to or "", context.channels) if channels is None else None
    if arguments.kind == "risk":
        if context.row_filters:
            raise PermissionRefused("You see a part of this store only, and risk looks at all of it.", "Ask an admin.")
        risk = AlertRule(kind="risk", score=_score(arguments.number), rings=arguments.rings)
        return _result(arguments, risk, [], channels, known, context)
    metric = _metric(arguments, context)
    rule = _rule(arguments, metric, context) if _limited(arguments) else None
    shown = rule or AlertRule(metric=metric, filters=arguments.filters, per=arguments.per or "day", bound=0.0)
    today = ended(context.store, context.today)
    past = points(shown, context.store, _back(shown, today), today, context.row_filters)
    if rule is None:
        return _no_limit(shown, past, context)
    return _result(arguments, rule, past, channels, known, context)


def _metric(arguments: AlertArguments, context: ToolContext) -> str:
    if arguments.metric is None:
        raise AnalysisError("An alert needs a figure to watch.", 'Name it, as in "tell me when refund rate passes 5%".')
    context.store.schema.metric(arguments.metric)
    return arguments.metric


def _limited(arguments: AlertArguments) -> bool:
    return arguments.kind == "anomaly" or arguments.number is not None


def _rule(arguments: AlertArguments, metric: str, context: ToolContext) -> AlertRule:
    """The rule that the words make, with the store's units and the defaults that are stated in the proposal."""
    unit = context.store.schema.metrics[metric].unit
    ratio = unit in ("ratio", "percent")
    moves = arguments.moves or (arguments.percent and not ratio)
    against = arguments.against or "previous"
    per: Per = arguments.per or ("week" if moves and against != "week" else "day")
    number = arguments.number or 0.0
    scaled = number / 100 if (arguments.percent or (ratio and number > 1)) else number
    try:
        return AlertRule(
            kind="anomaly" if arguments.kind == "anomaly" else "threshold",
            metric=metric,
            filters=arguments.filters,
            per="day" if arguments.kind == "anomaly" else per,
            above=arguments.above,
            bound=None if arguments.kind == "anomaly" else scaled,
            change=("none" if not moves else "previous" if against == "week" and per != "day" else against)
            if arguments.kind != "anomaly"
            else "none",
        )
    except ValidationError as error:
        raise AnalysisError("This limit cannot be watched.", "Say it as a number above 0.") from error


def _score(number: float | None) -> int:
    """The asked score, but not below what the watch raises at all."""
    return int(min(max(number or ALERT, ALERT), 100))


def _back(rule: AlertRule, today: date) -> date:
    start = floor(today, rule.per)
    for _ in range(LOOKS_BACK[rule.per]):
        start = preceding(start, rule.per)
    return start


def _result(
    arguments: AlertArguments,
    rule: AlertRule,
    past: Sequence[Point],
    channels: tuple[str, ...] | None,
    unknown: Text | None,
    context: ToolContext,
) -> ToolResult:
    schema = context.store.schema
    words = rule_words(rule, schema)
    head = _payload_table(rule, words, channels or (), context)
    facts = [_head(rule, words, context)]
    if unknown is not None:
        facts.insert(0, Fact("", None, "text", unknown, (), weight=2.0))
    more: tuple[Evidence, ...] = ()
    if past:
        table = _past_table(rule, past, context)
        more = (table,)
        facts += _past_facts(rule, past, table, context)
    if rule.metric:
        facts += origin_facts(schema, (rule.metric,))
    if unknown is not None:
        return ToolResult(head, tuple(facts[:1]), more=more)
    to = ", ".join(channels or ())
    payload = {
        "rule": rule.model_dump(mode="json", exclude_defaults=True),
        "channels": list(channels or ()),
        "language": language_of(arguments.text),
    }
    summary = Text(
        en=f"Set this alert: {words.en}? It goes to {to or 'the list of open alerts only'}.",
        zh=f"设置预警：{words.zh}？通知{to or '仅显示在预警列表'}。",
    )
    return ToolResult(head, tuple(facts), more=more, proposed=Proposed(NAME, payload, summary))


def _payload_table(rule: AlertRule, words: Text, channels: tuple[str, ...], context: ToolContext) -> Evidence:
    """The exact payload, one row."""
    columns = [
        (Column("kind", Text(en="Kind", zh="类型"), "text"), rule.kind),
        (Column("metric", Text(en="Figure", zh="指标"), "text"), rule.metric),
        (Column("per", Text(en="Looked at", zh="周期"), "text"), rule.per if rule.kind != "risk" else None),
        (Column("limit", Text(en="Limit", zh="界限"), "text"), _limit(rule, context)),
        (Column("channels", Text(en="Goes to", zh="发送到"), "text"), ", ".join(channels) or None),
    ]
    row: tuple[Value, ...] = tuple(value for _, value in columns)
    return Evidence(
        id=context.evidence_id,
        tool=NAME,
        args={"rule": rule.model_dump(mode="json", exclude_defaults=True), "channels": list(channels)},
        title=Text(en=f"Alert to confirm: {words.en}", zh=f"待确认的预警：{words.zh}"),
        columns=tuple(column for column, _ in columns),
        rows=(row,),
        method="nothing is set before your yes",
    )


def _limit(rule: AlertRule, context: ToolContext) -> str:
    if rule.kind == "risk":
        return f">= {rule.score}"
    if rule.kind == "anomaly":
        return "unusual"
    schema = context.store.schema
    sign = ">" if rule.above else "<"
    if rule.change == "none":
        return f"{sign} {fmt.number(rule.bound, schema.metrics[str(rule.metric)].unit, schema.currency)}"
    return f"{'+' if rule.above else '-'}{(rule.bound or 0) * 100:g}% ({rule.change})"


def _head(rule: AlertRule, words: Text, context: ToolContext) -> Fact:
    text = Text(en=f"Not set yet, it waits for your yes: {words.en}.", zh=f"待您确认后生效：{words.zh}。")
    if rule.kind != "risk":
        green = green_words(rule, context.store.schema)
        text = Text(
            en=f"{text.en} You are told once, and again when it is {green.en}.",
            zh=f"{text.zh}只通知一次，{green.zh}时再通知恢复。",
        )
    return Fact("", None, "text", text, (Cell(context.evidence_id, 0, "limit"),), weight=2.0)


def _past_table(rule: AlertRule, past: Sequence[Point], context: ToolContext) -> Evidence:
    schema = context.store.schema
    metric = schema.metrics[str(rule.metric)]
    columns = [
        Column("period", Text(en=first_up(rule.per), zh=_HEAD_ZH[rule.per]), "date"),
        Column("value", metric.label, metric.unit),
        Column("before", Text(en="Held against", zh="对比值"), metric.unit),
        Column("red", Text(en="Would have told you", zh="会触发"), "text"),
    ]
    rows = tuple((str(p.period.start), p.value, p.before, "yes" if p.holds else "") for p in past)
    table = evidence_id(context.evidence_id, 1)
    return Evidence(
        id=table,
        tool=NAME,
        args={"rule": rule.model_dump(mode="json", exclude_defaults=True)},
        title=Text(
            en=f"{metric.label.en}, the last {span_words(len(past), rule.per).en}",
            zh=f"最近{span_words(len(past), rule.per).zh}的{metric.label.zh}",
        ),
        columns=tuple(columns),
        rows=rows,
        method="full periods only, each looked at once when it has ended",
        origin=origin_of(schema, (str(rule.metric),)),
        chart=Chart("line", table, "period", ("value",)),
    )


def _past_facts(rule: AlertRule, past: Sequence[Point], table: Evidence, context: ToolContext) -> list[Fact]:
    red, last, schema = [p for p in past if p.holds], past[-1], context.store.schema
    span = span_words(len(past), rule.per)
    cells = tuple(Cell(table.id, i, "red") for i, p in enumerate(past) if p.holds)
    said = Text(
        en=f"It would have held on {len(red)} of the last {span.en}.",
        zh=f"最近{span.zh}中有{len(red)}{_ONE_ZH[rule.per]}满足该条件。",
    )
    now = point_words(rule, last, schema)
    tail = (
        Text(en="so you would be told at once", zh="因此会立即通知")
        if last.holds
        else Text(en="so nothing is sent now", zh="因此目前不会通知")
    )
    latest = Text(en=f"{now.en}, {tail.en}.", zh=f"{now.zh}，{tail.zh}。")
    cell = Cell(table.id, len(past) - 1, "value")
    return [
        Fact("", len(red), "count", said, cells or (cell,), weight=1.5),
        Fact("", last.value, schema.metrics[str(rule.metric)].unit, latest, (cell,), weight=1.2),
    ]


_HEAD_ZH = {"day": "日期", "week": "周", "month": "月份"}
_ONE_ZH = {"day": "天", "week": "周", "month": "个月"}


def _no_limit(shown: AlertRule, past: Sequence[Point], context: ToolContext) -> ToolResult:
    """No limit was said: what the figure has been, so that one can be chosen."""
    schema = context.store.schema
    metric = schema.metrics[str(shown.metric)]
    table = _past_table(shown, list(past), context)
    known = [p.value for p in past if p.value is not None]
    if not known:
        raise AnalysisError("There is no figure yet to watch.", "Ask again when the store has data of some days.")
    low, high = (fmt.number(v, metric.unit, schema.currency) for v in (min(known), max(known)))
    span = span_words(len(past), shown.per)
    text = Text(
        en=f"No limit was said. Over the last {span.en} it ran from {low} to {high}; "
        f'say, for example, "tell me when {metric.label.en.lower()} is above {high}".',
        zh=f"没有说明界限。最近{span.zh}在{low}至{high}之间；可以说“{metric.label.zh}超过{high}时提醒我”。",
    )
    cells = tuple(
        Cell(context.evidence_id, i, "value") for i, p in enumerate(past) if p.value in (min(known), max(known))
    )
    first = replace(table, id=context.evidence_id, chart=Chart("line", context.evidence_id, "period", ("value",)))
    return ToolResult(first, (Fact("", max(known), metric.unit, text, cells, weight=2.0),))
