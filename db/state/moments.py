"""Moments as the state keeps them: ISO 8601 in UTC, as text of one length, so that they sort as they follow."""

from __future__ import annotations

from datetime import UTC, datetime


def utc(moment: datetime) -> str:
    """A moment as text.

    >>> utc(datetime(2017, 12, 1, 8, tzinfo=UTC))
    '2017-12-01T08:00:00.000000+00:00'

    Raises:
        ValueError: it has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a stored time needs a time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def moment(text: str | None) -> datetime | None:
    """The moment that a text stands for."""
    return datetime.fromisoformat(text) if text else None
