"""The values of dimensions, read once and kept: in memory, and in a file for stores whose data does not move."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import sqlalchemy as sa

from db.backends import Backend
from db.semantic import calendar
from db.semantic.columns import column, table_clause
from db.semantic.compile import compile_query
from db.semantic.dialects import dialect_of
from db.semantic.query import Interval, SemanticQuery
from db.semantic.render import render
from db.semantic.schema import Dimension, StoreSchema

MEMBER_LIMIT = 500_000  # of one dimension; beyond it a list of members helps nobody
MEMBER_TIMEOUT = 20.0

Members = tuple[str | int, ...]


class MemberCache:
    """Members by dimension. A broken or foreign file is read anew, never trusted."""

    def __init__(self, folder: Path | None, store: str, fingerprint: str) -> None:
        """Keep files in ``folder``, unless it is None or the store's data may change (no fingerprint)."""
        self._file = folder / f"{store}-{fingerprint}.members.json" if folder and fingerprint else None
        self._found: dict[str, Members] = {}
        self._known: dict[str, frozenset[str | int]] = {}
        self._lock = threading.RLock()
        self._read = False

    def get(self, name: str, make: Callable[[], Members]) -> Members:
        """The members of a dimension, made by ``make`` if they are not known yet."""
        with self._lock:
            if not self._read:
                self._found, self._read = {**self._from_file(), **self._found}, True
            if name not in self._found:
                self._found[name] = make()
                self._to_file()
            return self._found[name]

    def known(self, name: str, make: Callable[[], Members]) -> frozenset[str | int]:
        """The same as a set."""
        with self._lock:
            if name not in self._known:
                self._known[name] = frozenset(make())
            return self._known[name]

    def _from_file(self) -> dict[str, Members]:
        if self._file is None or not self._file.is_file():
            return {}
        try:
            content = json.loads(self._file.read_text(encoding="utf-8"))
            return {str(name): tuple(members) for name, members in content.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}

    def _to_file(self) -> None:
        """Write in one step; where the folder cannot be written to, the members are read again next time."""
        if self._file is None:
            return
        temporary = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(self._found, ensure_ascii=False), encoding="utf-8")
            os.replace(temporary, self._file)
        except OSError:
            temporary.unlink(missing_ok=True)


def read_members(schema: StoreSchema, dimension: Dimension, backend: Backend, data: Interval) -> Members:
    """The members of one dimension from the database, in the order that a person expects; NULL is none."""
    if dimension.kind == "time":
        return _buckets(dimension.grain or "day", data)
    ranked = _ranked(schema, dimension, backend)
    every = [
        value for reference in dimension.columns for value in sorted(_distinct(schema, reference, backend), key=str)
    ]
    found = dict.fromkeys([*ranked, *every])
    first = [member for member in dimension.ordered if member in found]
    return tuple(dict.fromkeys([*first, *found]))


def _buckets(grain: str, data: Interval) -> Members:
    if grain == "weekday":
        return tuple(range(1, 8))
    if grain == "day_type":
        return (1, 2)
    if grain == "hour":
        return tuple(range(24))
    last = date.fromordinal(data.end.toordinal() - 1)
    first = calendar.bucket_start(data.start, grain)
    count = calendar.steps_between(data.start, last, grain) + 1
    return tuple(calendar.written(calendar.shift(first, grain, i), grain) for i in range(count))


def _ranked(schema: StoreSchema, dimension: Dimension, backend: Backend) -> list[str | int]:
    """Members with figures, by the store's first metric that the dimension splits, largest first."""
    metric = next((m.name for m in schema.offered() if schema.can_split(m.name, dimension.name)), None)
    if metric is None:
        return []
    query = SemanticQuery(metrics=(metric,), group_by=(dimension.name,))
    select = compile_query(schema, query, backend.dialect)
    _, rows = backend.execute(render(select, dialect_of(backend.dialect)), MEMBER_TIMEOUT, MEMBER_LIMIT)
    return [row[0] for row in rows if row[0] is not None]


def _distinct(schema: StoreSchema, reference: str, backend: Backend) -> list[str | int]:
    dialect = dialect_of(backend.dialect)
    name, own = reference.split(".", maxsplit=1)
    table = table_clause(schema, name, dialect, (own,))
    select = sa.select(column(reference)).select_from(table).where(column(reference).is_not(None)).distinct()
    _, rows = backend.execute(render(select, dialect), MEMBER_TIMEOUT, MEMBER_LIMIT)
    return [row[0] for row in rows]
