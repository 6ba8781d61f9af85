"""What a speaker leaves out, and slips that are taken back: "dairy? sorry, grocery", 十月，不对，十一月.

What is taken back is the nearest thing before of the kind of what comes after: a period, a metric, a split, or a member
of the same dimension. ("Self-repair": Levelt, "Monitoring and self-repair in speech", Cognition 14, 1983.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.understand.dates import Clock, find_periods
from agent.understand.dates_en import MONTH
from agent.understand.lexicon import Lexicon
from agent.understand.text import EN_NUMBER

_STOP = r"[\s,;:?!.…—–\-、，。；：？！]"
_SORRY = r"oh|oops|wait|sorry|actually|or rather|i mean|i meant|make (?:that|it)|scratch that|correction"
_NO = r"(?<=[,;:?!.…—–\-] )no|(?<=[—–\-])no"  # "may, no, june"; but "no meat and no grocery"
_SORRY_ZH = "我?说错了?|不对|哦不|啊不|不不|我是说|我的意思是|抱歉|对不起|更正|口误"
_TAKEN_BACK = re.compile(
    rf"(?P<left>[^,;?!.，。；？！]{{0,24}}?){_STOP}*(?:"
    rf"(?:(?:\b(?:{_SORRY})|{_NO})\b{_STOP}+)+(?:(?:of|in|for|by|at|on|from|to|the|it's|just) )*"
    rf"|(?:(?:{_SORRY_ZH}){_STOP}*)+(?:应该)?(?:是|看|要|改成|改为)?按?)"
)
_WITHOUT = re.compile(
    r"\bwith (?P<what>(?:an? )?[a-z]+)\b(?P<between>.*\b(?:vs|versus|or|and|than|against|those|ones|to) (?:[a-z]+ ){0,2}?)without"
    r"(?= ?(?:$|[,.;:?!]|(?:in|during|for|since|last|this|by)\b))"
)
_NTH = r"(?:first|second|third|fourth|1st|2nd|3rd|4th)"
_QUARTER = re.compile(
    rf"\b{_NTH} (?P<what>quarter|half)\b[^.?;]*?\b(?:vs\.?|versus|or|and|than|against|over|to|from|with) (?:in |for |on )?(?:the )?{_NTH}"
    r"(?= ?(?:$|[,.;:?!]|(?:in|for|by|of|was|did|per)\b))"
)
_TO_NTH = re.compile(rf"\b{_NTH}(?= (?:to|and|or|vs\.?|versus) (?:the )?{_NTH} (?P<what>quarter|half)\b)")
_THE_NTH = re.compile(  # "on the fourth of july compared with the third"
    rf"(?P<of> of {MONTH})(?P<between>.*\b(?:with|to|than|against|vs\.?|versus|on) the (?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth))(?= ?(?:$|[,.;:?!]))"
)
_LAST_N = re.compile(  # "the last seven days of 2017 up against the first seven"
    rf"\bthe (?:first|last|final|opening|closing) (?P<n>{EN_NUMBER}) (?P<what>days|weeks|months)(?P<of> of (?:20\d\d|the year|last year))?\b"
    r"(?P<between>.*\bthe (?:first|last|final|opening|closing) (?P=n))(?= ?(?:$|[,.;:?!]))"
)
_STEPS = re.compile(r"(?<![\d一二三四五六七八九十])一个?(?P<g>天|周|月)一个?(?P=g)")
_HALF_DOZEN = re.compile(r"\bhalf (?:a )?dozen\b|半打")
_SO_MANY = {"pair": 2, "couple": 2, "trio": 3, "quartet": 4, "quintet": 5}
_GROUP_OF = re.compile(
    rf"\b(?P<lead>top|best|worst|bottom|which|the|busiest|slowest|biggest|smallest|strongest|weakest|our) (?P<w>{'|'.join(_SO_MANY)}) of\b"
)
_PODIUM = re.compile(r"\b(?:the )?podium of\b")
_STRONG_ZH = re.compile(
    r"(?P<end>倒数)?(?P<n>[三四五六七八九十\d]+)(?:强(?![劲势烈力度化调])|大(?=热销|畅销))|前?(?P<three>三)甲"
)
_HEAD_ZH = re.compile(
    r"(?<=[多少高低好差大小])的?头(?P<n>[一二两三四五六七八九十\d]+)(?=[名家位款种]|个(?!月|星期|季|小时))"
)
_THOSE_ZH = re.compile(r"(?<=最[多少高低好差大小忙旺淡])的那(?=[两三四五六七八九十几\d])")
_USUAL_DAYS = re.compile(r"平时(?=[和与跟]周末)|(?<=周末[和与跟])平时")
_SHORTHAND = dict(
    pair.split(":")
    for pair in (
        "wk:week|wks:weeks|mth:month|mths:months|yr:year|yrs:years|qtr:quarter|hr:hour|hrs:hours|no of:number of|n:and|b4:before|w/o:without"
        "|cos:because|coz:because|cuz:because|whats:what's|whos:who's|gonna:going to|vs week before:vs the week before|vs month before:vs the month before"
        "|rev:revenue|dept:department|depts:departments|pymt:payment|pymts:payments|pmt:payment|pmts:payments|cust:customer|custs:customers"
        "|prod:product|prods:products|fcst:forecast|sus:suspicious|amt:amount|amts:amounts|grp:group|grps:groups|wkend:weekend|wkends:weekends"
        "|wknd:weekend|wkday:weekday|wkdays:weekdays|wkly:weekly|mthly:monthly|txn:transaction|txns:transactions|qty:quantity|hh:household|hhs:households"
        "|conv rate:conversion rate|tkt:ticket|tkts:tickets|tix:tickets|ords:orders|disc:discount|cpn:coupon|cpns:coupons|recs:recommendations"
        "|recos:recommendations|rtn:return|rtns:returns|resp time:response time|tmrw:tomorrow|tmr:tomorrow|yday:yesterday|nxt:next|prev:previous"
        "|pl share:private label share|pl sales:private label sales|pl revenue:private label revenue|pl rev:private label revenue|thru:through"
        "|refund $:refund amount|refunds $:refund amount|chargeback $:chargeback amount|chargebacks $:chargeback amount|discount $:discount amount"
        "|sesh:sessions|sess:sessions"
    ).split("|")
)
_SHORT = re.compile(
    rf"(?<![\w'.-])(?:{'|'.join(map(re.escape, sorted(_SHORTHAND, key=len, reverse=True)))})(?![\w'-])(?!\s?\d[\d,.]* ?(?:off|each))"
)
_WHY = re.compile(r"(?:^|(?<=[,;:] )|(?<=[,;:]))y(?= ?\??$)")
_WITH = re.compile(r"\bw/ ?(?=[a-z])")
_YEAR = re.compile(
    r"\bfy ?'?(?P<a>\d\d)\b|(?<=[a-z] )'(?P<b>\d\d)\b|(?<![\d.])(?P<c>1[5-9]|2\d)(?=年(?:[各每上下第一二三四全整q\d]|度))"
)
_DAY_ZH = re.compile(  # 12.1到12.10, 12.18到24, 12.22: the first of a range tells what the second is
    r"(?<![\d.$¥￥第])(?P<m>1[0-2]|0?[1-9])[./](?P<d>3[01]|[12]\d|0?[1-9])"
    r"(?P<r> ?[到至~-] ?)?(?(r)(?:(?P<m2>1[0-2]|0?[1-9])[./])?(?P<d2>3[01]|[12]\d|0?[1-9]))"
    r"(?![\d.%‰]|\s?(?:元|块|万|千|百|亿|k|w|个点|个百分|倍|折|分|小时|美|刀|人|件|单|笔|次|斤|公斤|升|版|年|月|天|以[上下内]|左右|[到至~-] ?\d))"
)
_TEN_THOUSANDS = re.compile(r"(?<![\d.])(\d{1,3})万(\d)(?![\d千百])")  # 7万4
_MEASURED_BEFORE = re.compile(
    r"(?:超过|低于|高于|不到|达到|大于|小于|平均|均|是|约|[涨跌降升掉](?:到|了)|至少|最多|不足) ?$"
)
_SLIP = re.compile(rf"\b(?:{_SORRY}|no)\b|{_SORRY_ZH}")


@dataclass(frozen=True, slots=True)
class _Named:
    """A period or a name in the text, and what kinds of things it may be."""

    start: int
    end: int
    kinds: frozenset[str]


def completed(text: str) -> str:
    """With the noun that is left out the second time.

    >>> completed("baskets of families with kids vs those without, in may")
    'baskets of families with kids vs those without kids, in may'
    >>> completed("did the fourth quarter beat the third?"), completed("fewer in the second quarter than in the first")
    ('did the fourth quarter beat the third?', 'fewer in the second quarter than in the first quarter')
    >>> completed("12.1到12.10每天访问次数"), completed("牛肉销量12.18到24"), completed("客单价涨了12.5"), completed("rev fy17, y?")
    ('12月1日到12月10日每天访问次数', '牛肉销量12月18日到24日', '客单价涨了12.5', 'revenue 2017, why?')
    >>> completed("why it moved from the second to the third quarter")
    'why it moved from the second quarter to the third quarter'
    """
    text = _WITH.sub("with ", _SHORT.sub(lambda match: _SHORTHAND[match[0]], text))
    text = _WHY.sub("why", _YEAR.sub(lambda m: f"20{m['a'] or m['b'] or m['c']}", text))
    if not text.isascii():
        text = _TEN_THOUSANDS.sub(r"\1.\2万", _DAY_ZH.sub(_day_zh, text))
    text = _WITHOUT.sub(r"with \g<what>\g<between>without \g<what>", text)
    text = _QUARTER.sub(r"\g<0> \g<what>", text)
    text = _THE_NTH.sub(r"\g<of>\g<between>\g<of>", text)
    text = _LAST_N.sub(lambda m: f"{m[0]} {m['what']}{m['of'] or ''}", text)
    text = _TO_NTH.sub(r"\g<0> \g<what>", text)
    text = _USUAL_DAYS.sub("工作日", text)
    text = _GROUP_OF.sub(lambda match: f"{match['lead']} {_SO_MANY[match['w']]}", _PODIUM.sub("top 3", text))
    text = _STRONG_ZH.sub(lambda match: f"{match['end'] or '前'}{match['n'] or match['three']}", text)
    text = _THOSE_ZH.sub("的", _HEAD_ZH.sub(lambda match: f"的前{match['n']}", text))
    text = _HALF_DOZEN.sub(lambda match: "6" if match[0].isascii() else "6个", text)
    return _STEPS.sub("按\\g<g>", text)


def _day_zh(match: re.Match[str]) -> str:
    """A day in numbers alone, spelt out, where it is none but a day."""
    if _MEASURED_BEFORE.search(match.string[: match.start()]):
        return match[0]
    until = f"到{match['m2'] + '月' if match['m2'] else ''}{match['d2']}日" if match["r"] else ""
    return f"{match['m']}月{match['d']}日{until}"


def repaired(text: str, lexicon: Lexicon, clock: Clock) -> str:
    """The text as it was meant in the end; the text itself where nothing is taken back.

    Args:
        text: normalised.
    """
    if not _SLIP.search(text):
        return text
    named = _named(text, lexicon, clock)
    for at, new in enumerate(named):
        for old in reversed(named[:at]):
            found = _TAKEN_BACK.fullmatch(text, old.end, new.start) if old.kinds & new.kinds else None
            if found:
                left = found["left"] if not any(later.start >= new.end for later in named) else ""
                mended = text[: old.start] + text[new.start : new.end] + left + text[new.end :]
                return repaired(mended, lexicon, clock)
    return text


def _named(text: str, lexicon: Lexicon, clock: Clock) -> list[_Named]:
    periods = [_Named(m.start, m.end, frozenset({"period"})) for m in find_periods(text, clock)]
    names = [
        _Named(m.start, m.end, frozenset(t.name if t.kind == "member" else t.kind for t in m.terms))
        for m in lexicon.vocabulary.find(text, bytearray(len(text)))
    ]
    return sorted(periods + names, key=lambda each: each.start)
