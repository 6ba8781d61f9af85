"""What a part of a question takes from the part before it: its people, so that "anybody on it" is a step's column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from agent.contracts import Reading
from agent.understand.names import to_filters
from agent.understand.reading import ClauseReader
from agent.understand.text import EN_NUMBER, ZH_NUMBER
from tools.registry import Tool

PEOPLE = "customer"  # the column that steps hand on, and the tools' argument ``customers``
_PEOPLE_EN = r"people|persons|customers|households|shoppers|buyers|members|names|homes|families|accounts|users"
_PEOPLE_ZH = r"人|户|顾客|客户|会员|用户|账号|账户|家庭|买家"
_BACK = re.compile(  # words for the people of the part before
    r"\b(?:on|in|from|off|out of|among|amongst|within|of)"
    r" (?:it|there|(?:that|this|the) (?:list|lot|group|set|bunch|audience))\b"
    r"|\b(?:whoever|everyone|everybody|anyone|anybody|who)(?:'s| is)? on (?:it|there)\b"
    r"|\b(?:those|these|that|the same|exactly (?:that|those))"
    rf" (?:(?P<n>{EN_NUMBER})(?: (?:{_PEOPLE_EN}))?|{_PEOPLE_EN})\b"
    r"|里面|里头|其中|从中|当中|(?:名单|人群|人选)[里上中内]"
    rf"|[这那](?:批|些|群)?(?P<z>{ZH_NUMBER})?[百千]?[个位名户]?(?:{_PEOPLE_ZH})"
    r"|(?:选|圈|挑|找|筛)(?:完|好|出来)(?:以?后|了|的)?",
    re.ASCII,
)


def of_people(reading: Reading, reader: ClauseReader, before: Reading, tools: Mapping[str, Tool]) -> Reading:
    """A part about the people whom the part before finds: they are its ``them``.

    What chose them there chooses nothing once more ("an audience for cat food, and weed out abusers on it": abusers of
    anything), and how many they are is no limit of its own.
    """
    tool, finder = tools.get(reading.ask.tool or ""), tools.get(before.ask.tool or "")
    if tool is None or finder is None or not tool.takes("customers") or PEOPLE not in finder.gives:
        return reading
    back = _BACK.search(reading.text)
    if reading.ask.customers or tool.takes("metric") or not (back or reading.ask.them):
        return reading
    counted = bool(back and (back["n"] or back["z"]))
    ask = replace(reading.ask, them=True, limit=None if counted else reading.ask.limit)
    schema, campaign = reader.lexicon.schema, reader.lexicon.campaign
    sold = next(iter(schema.metrics))  # "show in their e-mail" is no choice among purchases
    reached = (f for f in to_filters(reader.names) if f.dimension == campaign or schema.can_split(sold, f.dimension))
    return replace(reading, ask=ask, filters=tuple(reached), limit=None if counted else reading.limit)
