"""What a speaker leaves out, and slips that are taken back: "dairy? sorry, grocery", 十月，不对，十一月.

What is taken back is the nearest thing before of the kind of what comes after: a period, a metric, a split, or a member
of the same dimension. ("Self-repair": Levelt, "Monitoring and self-repair in speech", Cognition 14, 1983.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.understand.dates import Clock, find_periods
from agent.understand.lexicon import Lexicon

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
_STEPS = re.compile(r"(?<![\d一二三四五六七八九十])一个?(?P<g>天|周|月)一个?(?P=g)")
_USUAL_DAYS = re.compile(r"平时(?=[和与跟]周末)|(?<=周末[和与跟])平时")
_SHORTHAND = dict(
    pair.split(":")
    for pair in (
        "wk:week|wks:weeks|mth:month|mths:months|yr:year|yrs:years|qtr:quarter|hr:hour|hrs:hours|no of:number of|n:and|b4:before|w/o:without"
        "|cos:because|coz:because|cuz:because|whats:what's|whos:who's|gonna:going to|vs week before:vs the week before|vs month before:vs the month before"
    ).split("|")
)
_SHORT = re.compile(rf"(?<![\w'.-])(?:{'|'.join(map(re.escape, _SHORTHAND))})(?![\w'-])")
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
    """
    text = _SHORT.sub(lambda match: _SHORTHAND[match[0]], text)
    text = _WITHOUT.sub(r"with \g<what>\g<between>without \g<what>", text)
    text = _QUARTER.sub(r"\g<0> \g<what>", text)
    text = _USUAL_DAYS.sub("工作日", text)
    return _STEPS.sub("按\\g<g>", text)


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
