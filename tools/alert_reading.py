"""What the words of an alert say: which side of which limit, of the figure or of its change, how often."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tools.schedule_reading import channel_of

_NUMBER = r"(?:\$|¥|usd ?|rmb ?)?(?P<n>\d[\d,]*(?:\.\d+)?)"
_SCALES = {"k": 1e3, "thousand": 1e3, "千": 1e3, "w": 1e4, "万": 1e4, "m": 1e6, "million": 1e6, "百万": 1e6, "亿": 1e8}
_LIMIT = re.compile(
    _NUMBER
    + r" ?(?P<s>k\b|m\b|thousand\b|million\b|百万|千|万|亿)? ?(?P<p>%|percent\b|per cent\b|pct\b|个?百分点|个点|成)?"
)
_ZH_PERCENT = re.compile(r"百分之(?P<z>[一二两三四五六七八九十]+)")
_ZH_TENTHS = re.compile(r"(?P<z>[一二两三四五六七八九])成")
_DOWN = re.compile(
    r"\b(?:drop\w*|fall\w*|fell|declin\w*|decreas\w*|below|under|less than|fewer than|lower than|down|slump\w*|shrink\w*"
    r"|sink\w*|dips?|dipping|beneath|plung\w*|tank\w*|loses?|at most)\b"
    r"|低于|不到|不足|少于|小于|跌|降|下滑|下跌|减少|掉到|掉了|掉超|缩水|以下|变少"
)
_CHANGES = re.compile(
    r"\b(?:drop\w*|fall\w*|fell|declin\w*|decreas\w*|down|slump\w*|shrink\w*|sink\w*|plung\w*|tank\w*|loses?|rises?|rising"
    r"|grow\w*|increas\w*|jump\w*|surg\w*|up|climb\w*|change\w*|spik\w*|gains?)\b"
    r"|跌|降|下滑|减少|缩水|涨|增长|上升|增加|上涨|变化|掉了|掉超|环比|同比"
)
_LEVEL = re.compile(  # "drops below 5 %", 跌破5%, 涨到: the limit is of the figure itself
    r"(?<!by )\b(?:below|under|above|over|past|beneath|to|pass\w*|exceed\w*|reach\w*|hits?|beyond|crosses)\s+(?:the )?(?:\$|¥)?\d"
    r"|(?:跌破|跌到|降到|降至|跌至|掉到|涨到|涨至|升到|升至|达到|突破|高于|低于)\D{0,3}\d"
)
_AGAINST = (
    (
        "year",
        r"\b(?:last year|a year (?:ago|earlier|before)|year[- ]on[- ]year|yoy|same (?:day|week|month) last year)\b|同比|去年",
    ),
    (
        "week",
        r"\b(?:same (?:day|weekday) (?:a|last|the (?:last|previous)) week(?: before)?|same (?:day|weekday) of last week"
        r"|a week (?:ago|earlier|before))\b|上周同一?[天日期]|上星期同",
    ),
    (
        "previous",
        r"\b(?:last week|previous week|week before|week[- ]on[- ]week|wow|last month|previous month|month before"
        r"|month[- ]on[- ]month|mom|yesterday|day before|previous day|day[- ]on[- ]day|previous period|period before)\b"
        r"|环比|上周|上个?星期|上个?月|昨天|前一[天日周月]|上期",
    ),
)
_PER = (
    ("month", r"\b(?:month|months|monthly|month[- ]on[- ]month|mom)\b|月"),
    ("week", r"\b(?:week|weeks|weekly|week[- ]on[- ]week|wow)\b|周|星期|礼拜"),
    ("day", r"\b(?:day|days|daily|yesterday|day[- ]on[- ]day)\b|每天|每日|单日|一天|当天|当日|日|天"),
)
_RISK = re.compile(
    r"\brisk(?:y)?\b(?! rate)|\bfraud\w*\b|\bsuspicious\b|\brings?\b|\bstolen\b|风险|欺诈|诈骗|可疑|团伙|盗刷", re.ASCII
)
_RINGS = re.compile(r"\brings?\b|团伙", re.ASCII)
_ODD = re.compile(
    r"\b(?:unusual\w*|abnormal\w*|anomal\w*|odd|strange\w*|weird\w*|off|out of the ordinary|not normal|outlier\w*)\b"
    r"|异常|不正常|反常|不对劲|奇怪|异动|离谱",
    re.ASCII,
)
_ZH_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2}


def read_alert(text: str) -> Mapping[str, Any]:
    """The arguments of ``set_alert`` that its words settle.

    >>> read_alert("tell me when refund rate passes 5%")
    {'number': 5.0, 'percent': True}
    >>> read_alert("alert me if revenue drops more than 20% against last week")
    {'number': 20.0, 'percent': True, 'above': False, 'moves': True, 'per': 'week', 'against': 'previous'}
    >>> read_alert("日销售额跌破1万就通知我")
    {'number': 10000.0, 'above': False, 'per': 'day'}
    """
    found: dict[str, Any] = {}
    limit = _limit(text)
    if limit is not None:
        found["number"] = limit[0]
        if limit[1]:
            found["percent"] = True
    against = next((name for name, words in _AGAINST if re.search(words, text, re.ASCII)), None)
    if _RISK.search(text):
        found |= {"kind": "risk"} | ({"rings": True} if _RINGS.search(text) else {})
    elif limit is None and _ODD.search(text):
        found["kind"] = "anomaly"
    if _DOWN.search(text):
        found["above"] = False
    if limit is not None and limit[1] and (against or (_CHANGES.search(text) and not _LEVEL.search(text))):
        found["moves"] = True
    per = _per(text, against)
    if per:
        found["per"] = per
    if against:
        found["against"] = against
    if to := channel_of(text):
        found["to"] = to
    return found


def _limit(text: str) -> tuple[float, bool] | None:
    """The limit, and whether it is a percentage; of several numbers the one with a percent sign, else the last."""
    if match := _ZH_PERCENT.search(text):
        return float(_chinese(match["z"])), True
    if match := _ZH_TENTHS.search(text):  # 两成 is 20 %
        return _ZH_DIGITS[match["z"]] * 10.0, True
    found = [m for m in _LIMIT.finditer(text) if not _is_name(text, m)]
    if not found:
        return None
    best = next((m for m in found if m["p"]), found[-1])
    value = float(best["n"].replace(",", "")) * _SCALES.get(best["s"] or "", 1.0)
    if best["p"] == "成":
        value *= 10
    return value, bool(best["p"])


def _is_name(text: str, match: re.Match[str]) -> bool:
    """Whether a number names something: "store 367", 406号店, "last 30 days", "week 12"."""
    before, after = text[: match.start()], text[match.end() :]
    named = re.search(
        r"(?:stores?|shops?|campaigns?|products?|customers?|households?|门店|店铺|活动|商品|顾客) ?#?$", before
    )
    counted = re.match(r" ?(?:days?|weeks?|months?|hours?|号店?|天|周|个月|小时|点(?!击)|:\d)", after)
    return bool(named or (counted and not match["p"]))


def _per(text: str, against: str | None) -> str | None:
    """How much time one figure covers: what is said outright, else what it is held against."""
    said = re.search(
        r"\b(daily|weekly|monthly)\b|(每天|每日|单日|日均|一天|当天|当日|日(?=销|订|退|收|活|客))|(每周|一周|周(?=销|订|退|收))|(每月|一个月|月(?=销|订|退|收|度))",
        text,
    )
    if said:
        first = {"daily": "day", "weekly": "week", "monthly": "month"}
        return first.get(said[1] or "", "day" if said[2] else "week" if said[3] else "month")
    if against == "week":
        return "day"
    return next((name for name, words in _PER if re.search(words, text, re.ASCII)), None)


def _chinese(words: str) -> int:
    tens, ten, ones = words.rpartition("十")
    if not ten:
        return _ZH_DIGITS.get(words[-1], 0)
    return (_ZH_DIGITS.get(tens, 1) if tens else 1) * 10 + (_ZH_DIGITS[ones] if ones else 0)
