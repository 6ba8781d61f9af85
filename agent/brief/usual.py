"""What is usual for a weekly figure: control limits of an individuals chart from the store's own weeks.

Limits are the level of the last 13 weeks ± 3.145 median moving ranges of up to 26 weeks, the robust form of Shewhart's
chart for individuals (Wheeler, Understanding Variation, 1993): a week beside a holiday widens them little. With a year
and more of history the same is done with each week against the same week a year before, so that the season is in the
level; a store without a last year has no season in its limits, and the brief says so.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from agent.brief.contracts import Verdict

WEEKS = 26  # weeks that the spread is learnt from
LEVEL = 13  # weeks that the level is learnt from: a quarter, so that it follows the season
FEWEST = 8  # weeks below which nothing is called usual
FACTOR = 3.145  # 3 sigma from the median moving range of two (Wheeler)
YEAR = 52  # weeks: the same weekdays and nearly the same date


@dataclass(frozen=True, slots=True)
class Usual:
    """Where a week usually lies. ``seasonal``: against the same weeks a year before. ``weeks``: learnt from so many."""

    low: float
    high: float
    centre: float
    weeks: int
    seasonal: bool = False

    def verdict(self, value: float | None) -> Verdict:
        """Whether a value is outside."""
        if value is None:
            return "unknown"
        return "low" if value < self.low else "high" if value > self.high else "usual"


def usual(values: Sequence[float | None], floor: float | None = 0.0) -> Usual | None:
    """The limits for the last of ``values`` (weeks without gaps, oldest first) from those before it.

    ``floor``: no limit lies below it (None: a figure that may be negative). None with too little history.

    >>> limits = usual([100.0, 104, 98, 101, 97, 103, 99, 102, 100, 60])
    >>> round(limits.low), round(limits.high), limits.verdict(60)
    (91, 110, 'low')
    """
    before = values[:-1]
    if _has_years(before):
        found = _against_last_year(values)
        if found is not None:
            return found
    history = [value for value in before[-WEEKS:] if value is not None]
    if len(history) < FEWEST:
        return None
    centre, spread = _chart(history)
    low = centre - spread
    return Usual(low if floor is None else max(low, floor), centre + spread, centre, len(history))


def _has_years(before: Sequence[float | None]) -> bool:
    return len(before) >= YEAR + FEWEST


def _against_last_year(values: Sequence[float | None]) -> Usual | None:
    """Limits from how much each week differed from the same week a year before; None where those are not all there."""
    last_year = values[-1 - YEAR]
    ratios = []
    for place in range(max(YEAR, len(values) - 1 - WEEKS), len(values) - 1):
        now, then = values[place], values[place - YEAR]
        if now is not None and then is not None and now > 0 and then > 0:
            ratios.append(math.log(now / then))
    if last_year is None or last_year <= 0 or len(ratios) < FEWEST:
        return None
    centre, spread = _chart(ratios)
    low, middle, high = (last_year * math.exp(centre + sign * spread) for sign in (-1, 0, 1))
    return Usual(low, high, middle, len(ratios), seasonal=True)


def _chart(history: Sequence[float]) -> tuple[float, float]:
    ranges = [abs(b - a) for a, b in itertools.pairwise(history)]
    return median(history[-LEVEL:]), FACTOR * median(ranges)
