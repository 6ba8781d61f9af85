"""Which week a brief is about: the last full one before the clock, or the one that is named."""

from __future__ import annotations

import re
from datetime import date, timedelta

from db.engine import Store
from db.errors import AsOfError, UsageError
from db.semantic.query import Interval

_ISO = re.compile(r"(\d{4})-?W(\d{2})", re.IGNORECASE)
WEEK = timedelta(days=7)


def parse_week(text: str) -> date:
    """A week as people name it: ``2017-W51``, or any day of it.

    >>> parse_week("2017-W51"), parse_week("2017-12-24")
    (datetime.date(2017, 12, 18), datetime.date(2017, 12, 18))

    Raises:
        UsageError: it is neither.
    """
    match = _ISO.fullmatch(text.strip())
    try:
        if match:
            return date.fromisocalendar(int(match[1]), int(match[2]), 1)
        return monday(date.fromisoformat(text.strip()))
    except ValueError:
        raise UsageError(f"'{text}' is not a week.", "Write 2017-W51, or a day of it as YYYY-MM-DD.") from None


def monday(day: date) -> date:
    """The first day of a day's week."""
    return day - timedelta(days=day.weekday())


def choose_week(store: Store, week: date | None, as_of: date | None) -> Interval:
    """The week to write about, half-open.

    Raises:
        AsOfError: it is not whole within the store's data.
    """
    clock = as_of or store.as_of
    start = monday(week) if week else monday(clock) - WEEK
    chosen = Interval(start=start, end=start + WEEK)
    first = monday(store.data_start + timedelta(days=6))
    last = monday(store.as_of) - WEEK
    if not first <= start <= last:
        raise AsOfError(
            f"The week of {start} is not whole within the store's data, which runs from {store.data_start} to "
            f"{store.as_of - timedelta(days=1)}.",
            f"Name a week from {first} to {last}." if first <= last else "Wait until there is a full week.",
        )
    return chosen


def week_name(start: date) -> str:
    """The folder of a week: ``2017-W52``."""
    year, number, _ = start.isocalendar()
    return f"{year}-W{number:02d}"
