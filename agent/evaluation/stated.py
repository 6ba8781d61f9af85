"""Does a text state a figure or a name? Apart from ``agent.verify``: the grader must not share its faults."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from agent.evaluation.sets import Said

NEAR = 0.005
"""Relative: 4.6 million states 4,594,146; 42.19万 states 421,882."""
MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_ZH_DAYS = "一二三四五六日"
_ZH_MONTHS = "一 二 三 四 五 六 七 八 九 十 十一 十二".split()
_SCALES = {
    "%": 0.01, "％": 0.01, "percent": 0.01, "per cent": 0.01, "percentage points": 0.01, "个百分点": 0.01, "个点": 0.01,
    "k": 1e3, "thousand": 1e3, "千": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "百万": 1e6, "千万": 1e7,
    "b": 1e9, "bn": 1e9, "billion": 1e9, "万": 1e4, "亿": 1e8,
}  # fmt: skip
_UNITS = "|".join(
    re.escape(u) + (r"\b" if u.isascii() and u.isalpha() else "") for u in sorted(_SCALES, key=len, reverse=True)
)
_NUMBER = re.compile(rf"(?<![A-Za-z0-9_.])(\d{{1,3}}(?:[,，]\d{{3}})+|\d+)(\.\d+)?\s?({_UNITS})?(?![A-Za-z0-9_])", re.I)
_MONTH = rf"(?:{'|'.join(f'{m[:3]}(?:{m[3:]})?' for m in MONTHS)}|Sept)\.?"
_NTH = r"(?:st|nd|rd|th)?"
_DATES = re.compile(
    r"\d{4}-(?:\d\d(?:-\d\d)?|Q\d|W\d\d)|\d{4}年(?:第?[一二三四1-4]季度|\d{1,2}月(?:\d{1,2}[日号])?)?|"
    r"\d{1,2}月\d{1,2}[日号]|"
    rf"\d{{1,2}}{_NTH} {_MONTH}(?:,? \d{{4}})?|{_MONTH} \d{{1,2}}{_NTH}\b(?:,? \d{{4}})?|"
    rf"{_MONTH} \d{{4}}|Q[1-4] \d{{4}}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number as a text writes it. ``half``: half of its last written place; ``digits``: how many it writes."""

    value: float
    half: float
    digits: int
    percent: bool
    figure: bool  # written as a figure: money, percentage, thousands or decimals
    year: bool  # four plain digits that may be a year


def numbers(text: str) -> tuple[Number, ...]:
    """Every number of a text, dates left out.

    >>> [n.value for n in numbers("Revenue was $4.6 million on 2017-12-24, up 8%.")]
    [4600000.0, 0.08]
    """
    found = []
    plain = _DATES.sub(" ", text)
    for match in _NUMBER.finditer(plain):
        whole, decimals, unit = re.sub("[,，]", "", match[1]), match[2] or "", (match[3] or "").lower()
        scale = _SCALES.get(unit, 1.0)
        money = plain[max(match.start() - 2, 0) : match.start()].rstrip()[-1:] in tuple("$¥€£￥")
        bare = not (decimals or unit or money or whole != match[1])
        found.append(
            Number(
                value=float(whole + decimals) * scale,
                half=scale * 0.5 * 10.0 ** -max(len(decimals) - 1, 0),
                digits=len((whole + decimals).replace(".", "").lstrip("0")),
                percent=scale == 0.01,
                figure=not bare,
                year=bare and len(whole) == 4 and whole[:2] in ("19", "20"),
            )
        )
    return tuple(found)


def agrees(written: Number, figure: float) -> bool:
    """Whether a written number states a figure; the sign is left to the words.

    A percentage states a fraction at the precision in which it is written; another number within 0.5 %, or, with two
    digits and more, at the precision in which it is written.
    """
    wanted, gap = abs(figure), abs(written.value - abs(figure))
    edge = 1e-9 * max(wanted, 1.0)
    if written.percent:
        return (0 < wanted < 10) and gap <= written.half + edge
    if written.year:
        return gap <= edge
    return gap <= NEAR * wanted + edge or (written.digits >= 2 and gap <= written.half + edge)


def states(text: str, said: Said, labels: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a text states a figure or a name.

    Args:
        labels: other names of members: by the raw member in lower case.
    """
    if isinstance(said, str):
        return any(_named(text, name) for name in names_of(said, labels))
    return any(agrees(written, float(said)) for written in numbers(text))


def names_of(said: str, labels: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The ways of writing a name: as it is, its labels, days, weekdays and months as people say them."""
    return (said, *labels.get(said.casefold(), ()), *_spoken(said))


def _spoken(said: str) -> tuple[str, ...]:
    word = said.casefold()
    for i, day in enumerate(_DAYS):
        forms = (
            day,
            *(f"{lead}{_ZH_DAYS[i]}" for lead in ("星期", "周", "礼拜")),
            *(("星期天", "周天") if i == 6 else ()),
        )
        if word in (day.casefold(), *forms):
            return forms
    for i, month in enumerate(MONTHS):
        if word in (month.casefold(), f"{i + 1}月", f"{_ZH_MONTHS[i]}月"):
            return (month, month[:3], f"{i + 1}月", f"{_ZH_MONTHS[i]}月")
    if re.fullmatch(r"\d{4}-\d\d", said):
        year, number = said.split("-")
        month = MONTHS[int(number) - 1]
        return (f"{month} {year}", f"{month[:3]} {year}", f"{year}年{int(number)}月")
    return _spoken_day(said)


def _spoken_day(said: str) -> tuple[str, ...]:
    try:
        day = date.fromisoformat(said)
    except ValueError:
        return ()
    month = MONTHS[day.month - 1]
    names = (month, month[:3], f"{month[:3]}.")
    forms = [form for name in names for form in (f"{day.day} {name}", f"{name} {day.day}")]
    return (*forms, f"{day.month}月{day.day}日", f"{day.month}月{day.day}号")


def _named(text: str, name: str) -> bool:
    if name.isdigit():  # a store's number, not a part of a date or of a figure
        return re.search(rf"(?<![\d.,$]){name}(?![\d%]|[.,]\d)", _DATES.sub(" ", text)) is not None
    edges = r"(?<![A-Za-z0-9_])", r"(?![A-Za-z0-9_]|[-/&][A-Za-z0-9])"
    pattern = r"\s+".join(re.escape(part) for part in name.split())
    return re.search(edges[0] + pattern + edges[1], text, re.IGNORECASE) is not None
