"""What an alert says to people, in the language that its owner asked in. Customers stand under pseudonyms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agent.contracts import Language
from agent.delivery.message import Message
from db.semantic.schema import StoreSchema, Text
from db.state.watching import Alert
from tools import format as fmt
from tools.alert_rule import AlertRule
from tools.alert_sentences import green_words, point_words, rule_words
from tools.alert_values import Point
from tools.grammar import first_up

MOST_LINES = 10  # of one message; the list of alerts has them all
_SIMULATED = Text(en="These figures come from simulated data.", zh="以上数字来自模拟数据。")


def red_message(number: int, rule: AlertRule, point: Point, schema: StoreSchema, language: Language) -> Message:
    """A rule turned red."""
    words, now, green = rule_words(rule, schema), point_words(rule, point, schema), green_words(rule, schema)
    title = Text(en=f"Alert: {words.en}", zh=f"预警：{words.zh}")
    text = Text(
        en=f"**{now.en}.**\n\nAlert {number} of store {schema.name}: {words.en}. "
        f"You hear of it again when it is {green.en}.",
        zh=f"**{now.zh}。**\n\n店铺{schema.name}的预警{number}：{words.zh}。{green.zh}时将再次通知。",
    )
    return Message(title.of(language), _with_origin(text, rule, schema).of(language), language)


def green_message(number: int, rule: AlertRule, point: Point, schema: StoreSchema, language: Language) -> Message:
    """A red rule is green again."""
    words, now = rule_words(rule, schema), point_words(rule, point, schema)
    title = Text(en=f"Resolved: {words.en}", zh=f"已恢复：{words.zh}")
    text = Text(
        en=f"**{now.en}.**\n\nAlert {number} of store {schema.name} is green again.",
        zh=f"**{now.zh}。**\n\n店铺{schema.name}的预警{number}已恢复正常。",
    )
    return Message(title.of(language), _with_origin(text, rule, schema).of(language), language)


def broken_message(number: int, store: str, why: str, language: Language) -> Message:
    """A rule that cannot be looked at: silence would be taken for green."""
    title = Text(en=f"Alert {number} cannot be looked at", zh=f"预警{number}无法检查")
    text = Text(
        en=f"Alert {number} of store {store} is not being looked at: {why}",
        zh=f"店铺{store}的预警{number}目前无法检查：{why}",
    )
    return Message(title.of(language), text.of(language), language)


def watch_message(alerts: Sequence[Alert], store: str, currency: str, language: Language) -> Message:
    """What a watch found: payments, refunds and days that should be looked at now."""
    count = len(alerts)
    title = Text(
        en=f"{count} {'case' if count == 1 else 'cases'} to look at in store {store}",
        zh=f"店铺{store}有{count}项待查看",
    )
    lines = [f"- {watch_line(alert, currency).of(language)}" for alert in alerts[:MOST_LINES]]
    if count > MOST_LINES:
        more = count - MOST_LINES
        lines.append(Text(en=f"- and {more} more in the list of alerts", zh=f"- 其余{more}项见预警列表").of(language))
    return Message(title.of(language), "\n".join(lines), language)


def watch_line(alert: Alert, currency: str) -> Text:
    """One thing that a watch found."""
    told: Mapping[str, Any] = alert.payload
    if alert.kind == "metric":
        value, usual = (fmt.number(told[key], told["unit"], currency) for key in ("value", "expected"))
        way = ("above", "高于") if told["direction"] > 0 else ("below", "低于")
        return Text(
            en=f"{alert.row}: {told['label']['en']} {value}, well {way[0]} the usual {usual}",
            zh=f"{alert.row}：{told['label']['zh']}{value}，明显{way[1]}通常的{usual}",
        )
    what = ("refund", "退款") if alert.source == "refunds" else ("payment", "付款")
    amount, score = fmt.number(told["amount"], "currency", currency), f"{alert.score:.0f}"
    return Text(
        en=f"{first_up(what[0])} {alert.row} of order {told['order']} ({told['customer']}, {amount}), risk {score}: "
        f"{told['says']['en']}. {first_up(told['advice']['en'])}.",
        zh=f"订单{told['order']}的{what[1]}{alert.row}（{told['customer']}，{amount}），风险分{score}："
        f"{told['says']['zh']}。{told['advice']['zh']}。",
    )


def _with_origin(text: Text, rule: AlertRule, schema: StoreSchema) -> Text:
    if schema.metrics[str(rule.metric)].origin != "simulated":
        return text
    return Text(en=f"{text.en}\n\n{_SIMULATED.en}", zh=f"{text.zh}\n\n{_SIMULATED.zh}")
