"""The words that ask for an alert, in English and Chinese."""

from __future__ import annotations

from db.semantic.schema import Words

_EN_ASKS = """
alert me|alert us|alert the team|alert my|alert the|alert when|alert if|alert for|alert on|alerts for
alerts when|alerts if|an alert|set alert|notify me|notify us|notify the|warn me|warn us|warn the|ping me|ping us
ping the|message me when|message me if|message us|email me when|email me if|page me|text me when|text me if
inform me when|inform me if|inform us|tell me when|tell me if|tell me whenever|tell me once|tell me as soon as
tell us when|tell us if|tell us whenever|tell us as soon as|let me know when|let me know if|let me know whenever
let me know as soon as|let me know once|let us know when|let us know if|i want to know when
i want to know as soon as|i want to hear when|i want to be told|i want to be notified|want to be alerted
keep an eye on|keep watch on|keep watching|watch out for|flag it when|flag it if|raise an alarm|raise the alarm
sound the alarm|give me a shout|shout if|shout when|heads up if|heads up when|heads-up if|heads-up when
remind me when|remind me if|wake me up if|wake me if|wake me when|call me if|call me when
yell if|holler if|drop me a line if
"""
_ZH_ASKS = """
时候告诉我|时候告诉我们|时候通知|时候提醒|时候跟我说|时候叫我|了告诉我|了通知我|了跟我说
提醒我|提醒我们|提醒下我|提醒一下|提醒大家|提醒团队|就提醒|时提醒|要提醒|请提醒|来提醒|发提醒|设个提醒|设置提醒|设提醒|加个提醒|建个提醒|通知我|通知我们|通知一下|通知团队|就通知|时通知|请通知|发通知
通知到|发个通知|告诉我一声|跟我说一声|和我说一声|说一声|叫我一声|吱一声|喊我|就告诉我|时告诉我|的话告诉我|马上告诉我|立刻告诉我|第一时间告诉我|及时告诉我|就告诉我们|预警我|就预警|时预警|要预警
发预警|设预警|设个预警|设置预警|设一个预警|设置一个预警|建预警|建个预警|加个预警|加预警|预警一下|预警规则|报警|就报警|就叫我|叫我一下|就喊我|第一时间叫我|告警|就告警|时告警|发告警|设个告警|设置告警|建个告警|加个告警|告警规则|警报|发警报
盯着|盯一下|帮我盯紧|帮我盯|盯住|留意一下|帮我留意|帮我关注|关注一下|监控一下|帮我监控|监控
"""


def listed(text: str) -> tuple[str, ...]:
    """The phrases of a block, split at line ends and bars."""
    return tuple(word for line in text.split("\n") for word in line.split("|") if word)


ASKS = Words(en=listed(_EN_ASKS), zh=listed(_ZH_ASKS))
