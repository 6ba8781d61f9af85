"""Figures in a text: numbers in digits and in words, dates, and whether something rose or fell. Both languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from tools.evidence import Fact

Kind = Literal["money", "percent", "plain"]

_NUMBER = re.compile(
    r"([$¥€£]|(?:usd|cny|eur|gbp|rmb)\s?)?\s?(\d[\d,]*(?:\.\d+)?|\.\d+)\s?"
    r"(%|percentage points?|percent|per cent|pp\b|个百分点|k\b|m\b|mn\b|b\b|bn\b|thousand|million|billion|"
    r"千万|百万|千|万|亿)?"
    r"\s?(usd|dollars?|yuan|美元|元|块)?",
    re.IGNORECASE,
)
_SCALES = {
    "%": "0.01", "percent": "0.01", "per cent": "0.01", "percentage point": "0.01", "percentage points": "0.01",
    "pp": "0.01", "个百分点": "0.01", "k": "1e3", "thousand": "1e3", "千": "1e3", "m": "1e6", "mn": "1e6",
    "million": "1e6", "百万": "1e6", "千万": "1e7", "b": "1e9", "bn": "1e9", "billion": "1e9", "万": "1e4", "亿": "1e8",
}  # fmt: skip
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS = {w: i for i, w in enumerate(_ONES.split())} | {w: 20 + 10 * i for i, w in enumerate(_TENS.split())}
_WORDS |= {"dozen": 12, "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_TIMES = {"half": "0.5", "halved": "0.5", "twice": "2", "double": "2", "doubled": "2", "triple": "3", "tripled": "3"}
# "one" alone is a pronoun more often than a number; "two thirds" and "half" are numbers
_IN_WORDS = re.compile(rf"\b(?:{'|'.join([*(w for w in _WORDS if w != 'one'), *_TIMES])})s?\b", re.IGNORECASE)
_ZH_WORDS = re.compile(
    r"百分之[零一二两三四五六七八九十百点]+|[一二两三四五六七八九十百千]+(?:成|倍|分之|万|亿|百|千)|翻[了一]*[倍番]|一半|减半"
)
_MONTHS = "January February March April May June July August September October November December".lower().split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".lower().split()
_ISO = re.compile(r"\b(\d{4})-(\d{2})(?:-(\d{2}))?\b")
_EN_MONTH = re.compile(
    rf"\b({'|'.join(_MONTHS)})\b(?:\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?!\d))?(?:,?\s+(\d{{4}}))?", re.IGNORECASE
)
_ZH_DATE = re.compile(r"(?:(\d{4})年)?(\d{1,2})月(?:(\d{1,2})[日号])?")
_EN_DAY = re.compile(rf"\b({'|'.join(_DAYS)}|{'|'.join(d[:3] for d in _DAYS)})s?\b", re.IGNORECASE)
_ZH_DAY = re.compile(r"(?:周|星期|礼拜)([一二三四五六日天])")
_QUARTER = re.compile(r"\bQ([1-4])\b|第?([一二三四1-4])季度", re.IGNORECASE)
_UP = re.compile(
    r"\b(?:up|rose|risen|rise[sn]?|grew|grown|growth|increas\w+|higher|gain\w*|climb\w*)\b|增[加长]|上升|上涨|提[升高]",
    re.I,
)
_DOWN = re.compile(
    r"\b(?:down|fell|fallen|falls?|drop\w*|declin\w+|decreas\w+|lower|lost|shrank|shrunk)\b|减少|下[降跌滑]|降低", re.I
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as a text writes it: its value, the half of its last written place, and its kind."""

    value: Decimal
    half: Decimal
    kind: Kind = "plain"


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("−", "-")


def placed_numbers(text: str) -> list[tuple[int, int, Figure]]:
    """The numbers in digits with where they stand, for a page that marks them; none where folding moves the text.

    >>> [(start, end, str(figure.value)) for start, end, figure in placed_numbers("up 8.1% to $5")]
    [(3, 7, '0.081'), (11, 13, '5')]
    """
    folded = _folded(text)
    if len(folded) != len(text):
        return []
    found = _NUMBER.finditer(folded)
    return [(m.end() - len(m[0].lstrip()), m.start() + len(m[0].rstrip()), _figure(m)) for m in found]


def _figure(match: re.Match[str]) -> Figure:
    scale = Decimal(_SCALES.get((match[3] or "").lower(), "1"))
    digits = match[2].replace(",", "")
    places = len(digits.partition(".")[2])
    money = bool(match[1] or match[4])
    kind: Kind = "money" if money else "percent" if scale == Decimal("0.01") else "plain"
    return Figure(Decimal(digits) * scale, Decimal(10) ** -places / 2 * scale, kind)


def numbers_of(text: str) -> list[Figure]:
    """Every number of a text, in digits or in words; its sign is left to the words around it.

    >>> [(str(n.value), n.kind) for n in numbers_of("up $1.2 million (8%), twice as much")]
    [('1.2E+6', 'money'), ('0.08', 'percent'), ('2', 'plain')]
    """
    folded = _folded(text)
    found = [_figure(match) for match in _NUMBER.finditer(folded)]
    rest = _NUMBER.sub(" ", folded)
    for match in _IN_WORDS.finditer(rest):
        word = match[0].lower().removesuffix("s")
        found.append(Figure(Decimal(_TIMES.get(word) or _WORDS.get(word, 6)), Decimal(0)))
    found += [Figure(Decimal(-1), Decimal(0)) for _ in _ZH_WORDS.finditer(rest)]  # read by nobody: grounded by none
    return found


def values_of(fact: Fact) -> list[Figure]:
    """A fact's own value, unrounded."""
    if isinstance(fact.value, bool) or not isinstance(fact.value, int | float | Decimal):
        return []
    kind: Kind = "money" if fact.unit == "currency" else "percent" if fact.unit in {"ratio", "percent"} else "plain"
    return [Figure(abs(Decimal(str(fact.value))), Decimal(0), kind)]


def grounded(number: Figure, pool: Sequence[Figure]) -> bool:
    """Whether a number equals one of the pool at the precision in which it is written, money to money."""
    return any(
        abs(number.value - other.value) <= number.half and (number.kind in ("plain", other.kind)) for other in pool
    )


def dates_of(text: str) -> set[tuple[str, int]]:
    """Days, months, quarters and weekdays that a text names, as (what, number) pairs.

    >>> sorted(dates_of("Saturday, 2017-12-24, in Q4"))
    [('12', 24), ('2017-12', 24), ('month', 12), ('quarter', 4), ('weekday', 6), ('year', 2017)]
    """
    folded = _folded(text)
    found: set[tuple[str, int]] = set()
    for match in _ISO.finditer(folded):
        found |= _day(int(match[1]), int(match[2]), match[3])
    for match in _EN_MONTH.finditer(folded):
        if match[1].lower() not in {"may", "march"} or match[1][0].isupper():
            found |= _day(int(match[3] or 0), _MONTHS.index(match[1].lower()) + 1, match[2])
    for match in _ZH_DATE.finditer(folded):
        found |= _day(int(match[1] or 0), int(match[2]), match[3])
    found |= {("weekday", [d[:3] for d in _DAYS].index(m[1][:3].lower()) + 1) for m in _EN_DAY.finditer(folded)}
    found |= {("weekday", "一二三四五六日".index(m[1].replace("天", "日")) + 1) for m in _ZH_DAY.finditer(folded)}
    found |= {("quarter", int(m[1] or "一二三四".find(m[2]) + 1 or m[2])) for m in _QUARTER.finditer(folded)}
    return found


def _day(year: int, month: int, day: str | None) -> set[tuple[str, int]]:
    found = {("month", month)} | ({("year", year)} if year else set())
    if day:
        found |= {(f"{month:02d}", int(day))} | ({(f"{year}-{month:02d}", int(day))} if year else set())
    return found


def direction_of(text: str) -> set[str]:
    """ "up", "down", both or neither: what a text says of a change."""
    return {way for way, pattern in (("up", _UP), ("down", _DOWN)) if pattern.search(text)}


def without_direction(text: str) -> str:
    """A text without its words of rise and fall: "rose" is a flower too, and would be taken for a member.

    >>> without_direction("Revenue rose in May")
    'Revenue   in May'
    """
    return _DOWN.sub(" ", _UP.sub(" ", text))
