"""A rule and its figures in words, both languages: one wording for the proposal, the list and the message."""

from __future__ import annotations

from db.semantic.query import Interval, SemanticQuery
from db.semantic.schema import StoreSchema, Text
from tools import format as fmt
from tools.alert_rule import HYSTERESIS, AlertRule, Per
from tools.alert_values import Point
from tools.evidence import Unit
from tools.grammar import first_up
from tools.wording import Wording

_ON = {"day": "in a day", "week": "in a week", "month": "in a month"}
_OF_ZH = {"day": "日", "week": "周", "month": "月"}
_SPAN = {"day": ("day", "天"), "week": ("week", "周"), "month": ("month", "个月")}
_AGAINST = {
    ("previous", "day"): ("the day before", "前一天"),
    ("previous", "week"): ("the week before", "前一周"),
    ("previous", "month"): ("the month before", "上个月"),
    ("week", "day"): ("the same weekday a week before", "上周同一天"),
    ("year", "day"): ("the same weekday a year before", "去年同一天"),
    ("year", "week"): ("the same week a year before", "去年同一周"),
    ("year", "month"): ("the same month a year before", "去年同月"),
}


def rule_words(rule: AlertRule, schema: StoreSchema) -> Text:
    """When the rule is red: "refund rate above 5.00% in a day", 日退款率高于5.00%."""
    if rule.kind == "risk":
        return _risk(rule)
    name, conditions = _figure(rule, schema)
    of = _OF_ZH[rule.per]
    if rule.kind == "anomaly":
        return Text(en=f"{name.en}{conditions.en} unusual {_ON[rule.per]}", zh=f"{of}{name.zh}{conditions.zh}异常")
    if rule.change == "none":
        limit = fmt.number(rule.bound, unit_of(rule, schema), schema.currency)
        side = ("above", "高于") if rule.above else ("below", "低于")
        return Text(
            en=f"{name.en}{conditions.en} {side[0]} {limit} {_ON[rule.per]}",
            zh=f"{of}{name.zh}{conditions.zh}{side[1]}{limit}",
        )
    limit, against = _percent(rule.bound or 0.0), _AGAINST[rule.change, rule.per]
    side = ("up", "上升") if rule.above else ("down", "下降")
    return Text(
        en=f"{name.en}{conditions.en} {side[0]} more than {limit} {_ON[rule.per]} against {against[0]}",
        zh=f"{of}{name.zh}{conditions.zh}比{against[1]}{side[1]}超过{limit}",
    )


def green_words(rule: AlertRule, schema: StoreSchema) -> Text:
    """When a red rule turns green again: "back at 4.75% or less", 回到4.75%及以下."""
    if rule.kind == "anomaly":
        return Text(en="as usual again", zh="恢复正常")
    if rule.change != "none":
        limit = _percent((rule.bound or 0.0) * (1 - HYSTERESIS))
        side = ("up", "升幅") if rule.above else ("down", "降幅")
        return Text(en=f"{side[0]} by no more than {limit}", zh=f"{side[1]}不超过{limit}")
    bound = rule.bound or 0.0
    back = bound - abs(bound) * HYSTERESIS if rule.above else bound + abs(bound) * HYSTERESIS
    limit = fmt.number(back, unit_of(rule, schema), schema.currency)
    side = ("less", "以下") if rule.above else ("more", "以上")
    return Text(en=f"back at {limit} or {side[0]}", zh=f"回到{limit}及{side[1]}")


def point_words(rule: AlertRule, point: Point, schema: StoreSchema) -> Text:
    """One period's figure: "Sunday, 2017-12-31: refund rate 6.20%", with what it is held against."""
    (name, conditions), when = _figure(rule, schema), fmt.period(point.period)
    when = Text(en=first_up(when.en), zh=when.zh)
    value = fmt.number(point.value, schema.metrics[str(rule.metric)].unit, schema.currency)
    en, zh = f"{when.en}: {name.en}{conditions.en} {value}", f"{when.zh}：{name.zh}{conditions.zh}{value}"
    if rule.kind == "anomaly" and point.before is not None:
        usual = fmt.number(point.before, schema.metrics[str(rule.metric)].unit, schema.currency)
        return Text(en=f"{en}, usual {usual}", zh=f"{zh}，通常{usual}")
    if rule.change != "none" and point.measure is not None:
        against = _AGAINST[rule.change, rule.per]
        before = fmt.number(point.before, schema.metrics[str(rule.metric)].unit, schema.currency)
        moved = f"{point.measure * 100:+.1f}%"
        return Text(en=f"{en}, {moved} against {against[0]} ({before})", zh=f"{zh}，比{against[1]}（{before}）{moved}")
    return Text(en=en, zh=zh)


def span_words(count: int, per: Per) -> Text:
    """ "30 days", "1 week"."""
    en, zh = _SPAN[per]
    return Text(en=f"{count} {en}{'' if count == 1 else 's'}", zh=f"{count}{zh}")


def unit_of(rule: AlertRule, schema: StoreSchema) -> Unit:
    """The unit of the limit: of the figure, or of a relative change."""
    return schema.metrics[str(rule.metric)].unit if rule.change == "none" else "ratio"


def _figure(rule: AlertRule, schema: StoreSchema) -> tuple[Text, Text]:
    query = SemanticQuery(metrics=(str(rule.metric),), filters=rule.filters)
    wording = Wording(schema, query, Interval.model_validate({"start": "2000-01-01", "end": "2000-01-02"}))
    conditions = wording.conditions()
    inner = Text(en=conditions.en.removeprefix(", "), zh=conditions.zh.removeprefix("，"))
    if not inner.en:
        return wording.metric(str(rule.metric)), Text(en="", zh="")
    return wording.metric(str(rule.metric)), Text(en=f" ({inner.en})", zh=f"（{inner.zh}）")


def _risk(rule: AlertRule) -> Text:
    score = rule.score or 0
    if rule.rings:
        return Text(
            en=f"a payment that ties several customers to one card, device or address, of risk score {score} or more",
            zh=f"多名顾客共用卡、设备或地址的付款，且风险分达到{score}",
        )
    return Text(en=f"a payment or refund of risk score {score} or more", zh=f"付款或退款的风险分达到{score}")


def _percent(fraction: float) -> str:
    return f"{fraction * 100:g}%"
