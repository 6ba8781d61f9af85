"""Briefs that were written: what each said, the claims it made, and where its files lie.

A brief is one store's, one week's, one language's and one principal's: written again, it replaces the one before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Engine, RowMapping, insert, select, update

from db.state.database import reading, writing
from db.state.tables import briefs


@dataclass(frozen=True, slots=True)
class KeptBrief:
    """A brief as it is kept. ``content``: JSON of agent.brief; ``files``: format → path under the data folder."""

    store: str
    week: date
    language: str
    principal: str
    content: Mapping[str, Any]
    files: Mapping[str, str]
    created_at: datetime
    id: int = 0


class Briefs:
    """The briefs' part of the state database (``State.engine``)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, brief: KeptBrief) -> int:
        """Keep a brief in place of the one of the same store, week, language and principal, under its number.

        Raises:
            ValueError: ``created_at`` has no time zone. StoreLocked, StoreError.
        """
        if brief.created_at.tzinfo is None:
            raise ValueError("a stored time needs a time zone")
        b = briefs.c
        same = (
            (b.store == brief.store)
            & (b.week == str(brief.week))
            & (b.language == brief.language)
            & (b.principal == brief.principal)
        )
        row = {
            "store": brief.store,
            "week": str(brief.week),
            "language": brief.language,
            "principal": brief.principal,
            "content": dict(brief.content),
            "files": dict(brief.files),
            "created_at": brief.created_at.astimezone(UTC).isoformat(timespec="microseconds"),
        }
        with writing(self._engine) as connection:
            number = connection.execute(select(b.id).where(same).order_by(b.id)).scalar()
            if number is not None:
                connection.execute(update(briefs).where(b.id == number).values(**row))
                return int(number)
            key = connection.execute(insert(briefs).values(**row)).inserted_primary_key
        return int(key[0]) if key else 0

    def get(self, number: int, principal: str) -> KeptBrief | None:
        """A brief by its number; None where there is none, or it is another's."""
        with reading(self._engine) as connection:
            statement = select(briefs).where(briefs.c.id == number, briefs.c.principal == principal)
            row = connection.execute(statement).mappings().first()
        return _kept(row) if row else None

    def of(self, store: str, principal: str, limit: int = 200) -> tuple[KeptBrief, ...]:
        """A principal's briefs of a store, the newest week first."""
        b = briefs.c
        with reading(self._engine) as connection:
            statement = select(briefs).where(b.store == store, b.principal == principal)
            rows = connection.execute(statement.order_by(b.week.desc(), b.language).limit(limit)).mappings().all()
        return tuple(_kept(row) for row in rows)


def _kept(row: RowMapping) -> KeptBrief:
    return KeptBrief(
        row["store"],
        date.fromisoformat(row["week"]),
        row["language"],
        row["principal"],
        row["content"],
        row["files"],
        datetime.fromisoformat(row["created_at"]),
        row["id"],
    )
