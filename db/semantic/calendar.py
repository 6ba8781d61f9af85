"""Calendar buckets in Python: the same ones that the SQL dialects make, and how they are written as values."""

from __future__ import annotations

import re
from datetime import date, timedelta

from db.errors import UnknownMember
from db.semantic.query import Scalar

MONTHS = {"month": 1, "quarter": 3, "year": 12}
_WRITTEN = re.compile(r"(\d{4})(?:-(?:Q([1-4])|W(\d{2})|(\d{2})(?:-(\d{2}))?))?")


CYCLIC = ("hour", "weekday", "day_type")  # buckets that come again; day_type is 1 Monday to Friday, 2 weekend


def bucket_start(day: date, grain: str) -> date:
    """The first day of the bucket that a day falls in."""
    if grain == "week":
        return day - timedelta(days=day.weekday())
    if grain in MONTHS:
        size = MONTHS[grain]
        return date(day.year, (day.month - 1) // size * size + 1, 1)
    return day


def shift(bucket: date, grain: str, steps: int) -> date:
    """The bucket that starts ``steps`` buckets later."""
    if grain in MONTHS:
        months = bucket.year * 12 + bucket.month - 1 + steps * MONTHS[grain]
        return date(months // 12, months % 12 + 1, 1)
    return bucket + timedelta(days=steps * (7 if grain == "week" else 1))


def steps_between(start: date, end: date, grain: str) -> int:
    """How many buckets lie from the bucket of ``start`` to the bucket of ``end``."""
    first, last = bucket_start(start, grain), bucket_start(end, grain)
    if grain in MONTHS:
        return ((last.year - first.year) * 12 + last.month - first.month) // MONTHS[grain]
    return (last - first).days // (7 if grain == "week" else 1)


def written(bucket: date, grain: str) -> str | int:
    """How a bucket is shown and filtered: ``2017-11-06`` (day, week), ``2017-11``, ``2017-Q4``, ``2017``."""
    if grain == "month":
        return f"{bucket.year}-{bucket.month:02d}"
    if grain == "quarter":
        return f"{bucket.year}-Q{(bucket.month + 2) // 3}"
    return bucket.year if grain == "year" else bucket.isoformat()


def read(value: Scalar, grain: str) -> date:
    """The first day of the bucket that a filter's value names.

    Raises:
        UnknownMember: the value is not a date, month, quarter, ISO week (``2017-W45``) or year.
    """
    match = _WRITTEN.fullmatch(str(value))
    if match is None:
        raise UnknownMember(f"'{value}' is not a {grain}.", "Write 2017-11-06, 2017-11, 2017-Q4, 2017-W45 or 2017.")
    year, quarter, week, month, day = (int(group) if group else None for group in match.groups())
    try:
        if week:
            return date.fromisocalendar(year or 0, week, 1)
        first = month or (quarter or 1) * 3 - 2
        return bucket_start(date(year or 0, first, day or 1), grain)
    except ValueError as error:
        raise UnknownMember(f"'{value}' is not in the calendar.", "Check the day and the month.") from error
