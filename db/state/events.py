"""Events of chat services that were taken already: each is answered once, however often the service sends it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, delete, insert
from sqlalchemy.exc import IntegrityError

from db.state.database import writing
from db.state.tables import events_seen

KEPT = timedelta(days=14)  # services send an event again within hours, at most
_EVERY = 500  # claims between two tidyings
_LONGEST = 200  # characters that the table holds


class EventsSeen:
    """Claims events. Safe for many threads, and for several processes on one state."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._claims = 0

    def claim(self, source: str, event: str, now: datetime) -> bool:
        """Whether the event is ours to answer: True for whoever asks first, False ever after.

        Raises:
            StoreLocked, StoreError: the state cannot be written; the event is then nobody's yet.
        """
        key = event if len(event) <= _LONGEST else hashlib.sha256(event.encode()).hexdigest()
        row = {"source": source, "event": key, "created_at": _text(now)}
        try:
            with writing(self._engine) as connection:
                connection.execute(insert(events_seen).values(**row))
        except IntegrityError:
            return False
        self._claims += 1
        if self._claims % _EVERY == 1:
            self.forget(now - KEPT)
        return True

    def forget(self, before: datetime) -> None:
        """Let go of what was claimed before a moment. Raises StoreLocked, StoreError."""
        with writing(self._engine) as connection:
            connection.execute(delete(events_seen).where(events_seen.c.created_at < _text(before)))


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
