"""The words between the names: top 5, worst, share of, per day, above 40,000, compared with, by month.

They are read on a *masked* text, in which every metric, dimension, member and period is one symbol, so that a rule sees
"top 5 Ⓓ by Ⓜ" whatever the store calls its dimensions. The mask keeps the length of the text, so offsets agree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from agent.understand.patterns import (
    ADVERBS,
    ASCENDING,
    CHANGE,
    COUNT,
    DAYPARTS,
    DOWN,
    EACH,
    ENTITY,
    FOLLOW,
    GRAINS,
    HOUR_AT,
    HOURS_AFTER,
    HOURS_BEFORE,
    HOURS_BETWEEN,
    HOURS_ZH,
    HOURS_ZH_OPEN,
    LONGEST_SUPERLATIVE,
    METRIC,
    ORDER_RULES,
    ORDINALS,
    PER_EN,
    PER_ZH,
    PREVIOUS,
    RANKED,
    RELATIVE,
    RUNNING,
    SCALE,
    SHARE,
    THRESHOLDS,
    TOP_N,
    TREND,
    UP,
    WEEK_EARLIER,
    WHEN,
    YEAR_EARLIER,
    ZH_GRAINS,
    Baseline,
    Direction,
    TimeGrain,
    rx,
)
from agent.understand.text import parse_number


@dataclass(frozen=True, slots=True)
class Threshold:
    """ "above 40,000": bounds and where it stands in the text."""

    low: float | None
    high: float | None
    strict: bool
    percent: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Modifiers:
    """What the words around the names ask for; ``None`` and False mean that nothing was said."""

    direction: Direction | None = None
    judged: bool = False  # best / worst: the metric says which way is good
    limit: int | None = None
    ranked: bool = False  # a superlative or "ranking" was said
    change: Literal["any", "up", "down"] | None = None
    relative: bool = False  # growth *rate*
    trend: bool = False
    share: bool = False
    running: bool = False
    per: Literal["day", "week", "month", "quarter", "year"] | None = None
    compare: Baseline | None = None
    each: bool = False  # "A and B respectively", "A versus B"
    count: bool = False  # "how many"
    follow_up: bool = False
    grains: tuple[TimeGrain, ...] = ()
    whenever: bool = False  # the day is only meant by "when", which may mean an hour or a weekday too
    thresholds: tuple[Threshold, ...] = ()
    hours: tuple[int, int] | None = None


def compare_words(text: str, taken: bytearray) -> Baseline | None:
    """The baseline named without a date ("the month before", "a year earlier", 环比, 同比); marks its words."""
    if match := WEEK_EARLIER.search(text):
        taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
        return "week"
    if match := YEAR_EARLIER.search(text):
        taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
        return "year"
    if match := PREVIOUS.search(text):
        taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
        return "previous"
    return None


_STEPS = rx(
    r"\b(?P<g>day|week|month|quarter)[- ](?:over|on)[- ](?:day|week|month|quarter)\b|\b(?P<s>m|w|q)o(?:m|w|q)\b"
)


def stepwise(text: str) -> Literal["day", "week", "month", "quarter"] | None:
    """The step of "month over month": over a longer period it asks for every month, not for one comparison."""
    match = _STEPS.search(text)
    if not match:
        return None
    return match["g"] or {"m": "month", "w": "week", "q": "quarter"}[match["s"]]  # type: ignore[return-value]


class Reader:
    """Reads the modifiers of one masked clause and marks what it used in ``taken``."""

    def __init__(self, masked: str, taken: bytearray) -> None:
        self._text, self._taken = masked, taken

    def _hit(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.search(self._text)
        if match:
            self.take(match)
        return match

    def take(self, match: re.Match[str]) -> None:
        """Mark a match as understood."""
        self._taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())

    def _blank(self, match: re.Match[str]) -> None:
        self.take(match)
        self._text = self._text[: match.start()] + " " * (match.end() - match.start()) + self._text[match.end() :]

    def read(self) -> Modifiers:
        """All modifiers; hours and amounts first, because their numbers are nobody else's."""
        hours = self._hours()
        thresholds = self._thresholds()
        per = self._per()
        grains = self._grains()
        whenever = not grains and bool(self._hit(WHEN))
        found = Modifiers(
            hours=hours,
            thresholds=thresholds,
            per=per,  # type: ignore[arg-type]
            share=bool(self._hit(SHARE)),
            running=bool(self._hit(RUNNING)),
            trend=bool(self._hit(TREND)),
            relative=bool(self._hit(RELATIVE)),
            count=bool(self._hit(COUNT)),
            each=bool(self._hit(EACH)),
            follow_up=bool(self._hit(FOLLOW)),
            change=self._change(),  # type: ignore[arg-type]
            grains=("day",) if whenever else grains,
            whenever=whenever,
        )
        return self._ordered(found)

    def _change(self) -> str | None:
        up, down, neutral = self._hit(UP), self._hit(DOWN), self._hit(CHANGE)
        if neutral or (up and down):
            return "any"
        return "up" if up else "down" if down else None

    def _grains(self) -> tuple[TimeGrain, ...]:
        grains: list[TimeGrain] = []
        text = self._text
        for pattern, grain in GRAINS:
            match = pattern.search(text)
            if match and grain not in grains:
                grains.append(grain)
                self.take(match)  # names are taken already, so a match over one marks nothing new
                text = text[: match.start()] + " " * (match.end() - match.start()) + text[match.end() :]
        return tuple(grains)

    def _ordered(self, found: Modifiers) -> Modifiers:
        for pattern, direction in TOP_N:
            if match := pattern.search(self._text):
                words = match["n"] or match.groupdict().get("n2") or ""
                number = ORDINALS.get(words) or parse_number(words)
                said, judged = self._superlative(match[0] if direction != "as said" else self._text)
                if direction == "as said" and said is None:
                    continue
                self.take(match)
                way = said if direction == "as said" else direction
                found = replace(found, direction=way, limit=number, ranked=True, judged=judged)  # type: ignore[arg-type]
                break
        else:
            said, judged = self._superlative(self._text)
            if said:
                found = replace(found, direction=said, ranked=True, judged=judged)
        if self._hit(ASCENDING):
            return replace(found, direction="asc", ranked=True)
        if not found.ranked and self._hit(RANKED):
            return replace(found, direction="desc", ranked=True)
        return found

    def _superlative(self, text: str) -> tuple[Direction | None, bool]:
        """Which way a superlative points, and whether it judges (best, worst) so that the metric has a say."""
        for pattern, direction, by_taste in ORDER_RULES:
            if match := pattern.search(text):
                if text == self._text and len(match[0]) < LONGEST_SUPERLATIVE:
                    self.take(match)
                return direction, by_taste and not match[0].startswith(("top", "bottom"))
        return None, False

    def _per(self) -> str | None:
        for pattern in (PER_EN, PER_ZH):
            if match := pattern.search(self._text):
                word = next((g for name, g in match.groupdict().items() if g), "")
                if pattern is PER_EN and (METRIC in match[0] or ENTITY in match[0]):
                    self._blank_words(match)
                else:
                    self._blank(match)
                return ADVERBS.get(word) or ZH_GRAINS.get(word) or word
        return None

    def _blank_words(self, match: re.Match[str]) -> None:
        """Blank the grain of "average Ⓜ per day" but keep the names between."""
        tail = re.search(r"(?:per|each|every|a) (?:day|week|month|quarter|year)$", match[0])
        if tail:
            start = match.start() + tail.start()
            self._taken[start : match.end()] = b"\x01" * (match.end() - start)
            self._text = self._text[:start] + " " * (match.end() - start) + self._text[match.end() :]
        self._taken[match.start() : match.start() + 8] = b"\x01" * min(8, match.end() - match.start())

    def _thresholds(self) -> tuple[Threshold, ...]:
        found: list[Threshold] = []
        for pattern, sign in THRESHOLDS:
            while match := pattern.search(self._text):
                words = match["v"]
                number = (
                    float(words.replace(",", "")) if words[:1].isdigit() else float(parse_number(words or "一") or 0)
                )
                value = number * SCALE.get(match["s"] or "", 1.0)
                low, high = (value, None) if sign.startswith(">") else (None, value)
                found.append(
                    Threshold(low, high, len(sign) == 1, match["s"] in {"%", "percent"}, match.start(), match.end())
                )
                self._blank(match)
        return tuple(found)

    def _hours(self) -> tuple[int, int] | None:
        if match := HOURS_BETWEEN.search(self._text):
            self._blank(match)
            return _hour(match["h"], match["p"] or match["p2"]), _hour(match["h2"], match["p2"])
        if match := HOURS_ZH.search(self._text):
            self._blank(match)
            part = match["part"]
            return _hour_zh(match["h"], part), _hour_zh(match["h2"], match["part2"] or part)
        for pattern, side in ((HOURS_AFTER, "after"), (HOURS_BEFORE, "before"), (HOUR_AT, "at")):
            if match := pattern.search(self._text):
                self._blank(match)
                return _side(_hour(match["h"], match["p"]), side)
        if (match := HOURS_ZH_OPEN.search(self._text)) and parse_number(match["h"]) is not None:
            self._blank(match)
            words = match["side"] or ""
            return _side(
                _hour_zh(match["h"], match["part"]), "after" if words.endswith("后") else "before" if words else "at"
            )
        for pattern, hours in DAYPARTS:
            if match := pattern.search(self._text):
                self._blank(match)
                return hours
        return None


def _hour(words: str, half: str | None) -> int:
    hour = int(words)
    return hour % 12 + (12 if half == "pm" else 0) if half and hour <= 12 else min(hour, 24)


def _hour_zh(words: str, part: str | None) -> int:
    hour = parse_number(words) or 0
    later = part in {"下午", "傍晚", "晚上", "晚", "夜里"} and hour < 12
    return min(hour + (12 if later else 0), 24)


def _side(hour: int, side: str) -> tuple[int, int]:
    return {"after": (hour, 24), "before": (0, hour), "at": (hour, min(hour + 1, 24))}[side]
