"""What the calendar knows of a day, as regressors of a daily series, and the days on which a shop is shut.

A shop with one year of data has seen each holiday once and Christmas perhaps never. So besides a column of its own each
holiday shares columns with its kind: what the days before Thanksgiving did is the first guess for those before
Christmas, and a ridge penalty decides how much of it is the holiday's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from models.timeseries.calendars import Country, Holiday, holiday_names

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

# Kinds of holidays and the days around them that bend: feasts are shopped for days ahead, and the days after are quiet.
FEASTS = frozenset({"Thanksgiving Day", "Christmas Day", "Chinese New Year (Spring Festival)"})
PUBLIC = frozenset(
    "New Year's Day,Easter Sunday,Memorial Day,Independence Day,Labor Day,National Day,Tomb-Sweeping Day,"
    "Dragon Boat Festival,Mid-Autumn Festival".split(",")
)
SALES = frozenset({"Singles' Day", "the 618 shopping festival", "Double Twelve"})
_KINDS = (
    ("feast", FEASTS, range(-4, 4), 2.0),
    ("public", PUBLIC, range(-2, 2), 1.4),
    ("sale", SALES, range(-3, 3), 1.4),
)
_OWN = range(-2, 2)
_OWN_SCALE = 0.7  # a column's scale is how little the ridge penalty shrinks it: kinds before single holidays
_WITHIN_FEAST = frozenset({"Black Friday", "Cyber Monday"})  # Thanksgiving's +1 and +4; the kind's columns hold them
_WEEKDAY_SCALE = 3.0
MONTH_WAVES = 3  # paydays and benefits make the first days of a month strong: waves of 30, 15 and 10 days
YEAR_WAVES = 3
YEAR_DAYS = 730  # two years: before that a yearly wave cannot be told from a trend
SHUT_DAY = (12, 25)  # the one day on which shops with doors in the United States are shut as a rule
SHUT_SHARE = 0.1  # of a usual day: less trade than this on a holiday means that the shop was shut

NEAR_DAYS = 7  # on either side, against which a holiday is held
STEADY = 0.05  # of the days at most are that quiet in a series whose quiet days mean something


@dataclass(frozen=True, slots=True)
class Calendar:
    """Whose holidays count, and whether the shop has doors: shut on Christmas Day, until its data says otherwise."""

    country: Country | None = "US"
    doors: bool = False


@dataclass(frozen=True, slots=True)
class Regressors:
    """One row a day. ``matrix``: days × columns; ``weekday``: which columns are weekdays (the rest bend the week)."""

    matrix: Array
    weekday: Mask


def known_holidays(calendar: Calendar, start: date, end: date) -> Mapping[date, Holiday]:
    """The holidays of a calendar in ``start <= day < end`` that bend trade; none without a country."""
    if calendar.country is None:
        return {}
    return {day: h for day, h in holiday_names(start, end, (calendar.country,)).items() if not h.minor}


def regressors(calendar: Calendar, start: date, days: int, *, yearly: bool = False) -> Regressors:
    """Weekday, place in the month, holidays and, with ``yearly``, place in the year of ``days`` days from ``start``."""
    columns: dict[str, Array] = {}
    dates = [start + timedelta(days=i) for i in range(days)]
    weekdays = np.array([day.weekday() for day in dates])
    for weekday in range(7):
        columns[f"weekday{weekday}"] = _WEEKDAY_SCALE * (weekdays == weekday)
    _waves(columns, "month", np.array([day.day for day in dates]) / 30.5, MONTH_WAVES)
    if yearly:
        _waves(columns, "year", np.array([day.timetuple().tm_yday for day in dates]) / 365.25, YEAR_WAVES)
    margin = timedelta(days=5)
    for day, holiday in known_holidays(calendar, start - margin, start + timedelta(days=days) + margin).items():
        _holiday(columns, (day - start).days, holiday.en, days)
    names = list(columns)
    return Regressors(np.column_stack([columns[n] for n in names]), np.array([n.startswith("weekday") for n in names]))


def _waves(columns: dict[str, Array], name: str, phase: Array, count: int) -> None:
    for k in range(1, count + 1):
        columns[f"{name} sin{k}"], columns[f"{name} cos{k}"] = (
            np.sin(2 * np.pi * k * phase),
            np.cos(2 * np.pi * k * phase),
        )


def _holiday(columns: dict[str, Array], position: int, name: str, days: int) -> None:
    marks = [(f"{kind}{o:+d}", o, scale) for kind, names, span, scale in _KINDS if name in names for o in span]
    if name not in _WITHIN_FEAST:
        marks += [(f"{name}{offset:+d}", offset, _OWN_SCALE) for offset in _OWN]
    for column, offset, scale in marks:
        if 0 <= position + offset < days:
            columns.setdefault(column, np.zeros(days))[position + offset] = scale


def shut(calendar: Calendar, start: date, values: Array, steps: int) -> Mask:
    """Which of the ``steps`` days after a history a shop is shut on.

    A holiday on which the history shows no trade to speak of is one, a holiday with trade is none; one that the history
    has not seen is, where the shop has doors, only Christmas Day in the United States.

    Args:
        start, values: the history's first day, and its days.
    """
    end = start + timedelta(days=len(values))
    closed = np.zeros(steps, dtype=bool)
    past = {h.en: day for day, h in known_holidays(calendar, start, end).items()}
    for day, holiday in known_holidays(calendar, end, end + timedelta(days=steps)).items():
        if holiday.en in past:
            closed[(day - end).days] = _was_shut(values, (past[holiday.en] - start).days)
        elif calendar.doors and calendar.country == "US" and (day.month, day.day) == SHUT_DAY:
            closed[(day - end).days] = True
    return closed


def _was_shut(values: Array, index: int) -> bool:
    """Whether a day stands out by having no trade to speak of; a series' first days, perhaps a start, tell nothing."""
    around = values[index - NEAR_DAYS : index + NEAR_DAYS + 1] if index >= NEAR_DAYS else values[:0]
    if not len(around):
        return False
    quiet = SHUT_SHARE * float(np.median(around))
    return bool(values[index] < quiet and np.mean(values < quiet) <= STEADY)
