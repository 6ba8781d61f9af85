"""The words that ask for the brief to be sent regularly, in English and Chinese."""

from __future__ import annotations

from db.semantic.schema import Words
from tools.alert_words import listed

_EN_ASKS = """
schedule the brief|schedule the weekly|schedule a brief|schedule a weekly|schedule our brief|schedule our weekly
schedule my weekly|schedule weekly brief|schedule brief|schedule the report|schedule a report
schedule the monday|schedule it for|schedule that for|send the brief|send the weekly brief|send our weekly brief
send a weekly brief|send weekly brief|send me the brief|send us the brief|send me the weekly brief
send us the weekly brief|send me a weekly brief|send us a weekly brief|send a brief|send me a brief
send the weekly report|send me the weekly report|send us the weekly report|send a weekly report
send weekly reports|send the weekly summary|send me the weekly summary|send me a weekly summary
send a weekly summary|send us a weekly summary|send the monday brief|post the brief|post the weekly brief
post our weekly brief|post a weekly brief|post the weekly report|post a brief|email the brief
email the weekly brief|email me the brief|email me the weekly brief|email us the brief|email the weekly report
email me the weekly report|mail the brief|mail the weekly brief|mail me the brief|deliver the brief
deliver the weekly brief|deliver a weekly brief|deliver the weekly report|push the brief|push the weekly brief
share the weekly brief|share the brief|put the weekly brief|drop the weekly brief|brief every|brief each
report every monday|weekly brief to|weekly brief at|weekly brief on|weekly report to the|weekly report every
want the brief|want the weekly brief|want a weekly brief|like the weekly brief|get the weekly brief
get the brief|have the weekly brief|have the brief|automate the weekly brief|automate the brief
automatic weekly brief|set up the weekly brief|set up a weekly brief|need the weekly brief
"""
_ZH_ASKS = """
把周报发|把简报发|把月报发|把周报推|把简报推|把周报|把每周简报|发周报|发简报|发月报|发送周报|发送简报|发一份周报|发份周报|发一份简报|发个周报|发一下周报|推送周报|推送简报|推送一份周报|推周报|推一份周报
周报发到|周报发给|周报发|周报推送|周报推|周报自动|周报定时|周报订阅|订阅周报|订阅简报|简报发到|简报发给|简报推送|自动发周报|自动发送周报|自动推送周报|定时发周报|定时发送周报|定时周报|定时推送周报
定时发简报|定时把周报|安排周报|安排发周报|安排每周|安排一下周报|设个周报|设置周报|设置定时|收到周报|收周报|要一份周报|来一份周报|同步周报|周报同步|把运营周报|发运营周报|推送运营周报|运营周报发|每周简报
每周发一份|每周给我发
"""

ASKS = Words(en=listed(_EN_ASKS), zh=listed(_ZH_ASKS))
