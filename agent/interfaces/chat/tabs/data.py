"""What the store is: its clock, how fresh it is, its tables and its metrics' definitions."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from agent.interfaces.chat.views.data import TableSize, data_html
from agent.interfaces.chat.visit import Visit
from db.engine import QUERY_TIMEOUT, Store
from db.errors import StoreError
from db.semantic.columns import column, table_clause
from db.semantic.dialects import dialect_of
from db.semantic.render import render

_sizes: dict[tuple[str, str], tuple[TableSize, ...]] = {}
_lock = threading.Lock()


def data(visit: Visit, _: Mapping[str, Any]) -> dict[str, Any]:
    """The tab's HTML. Whoever sees a part of the shop only is not told how large the whole is."""
    store = visit.analyst.store
    sizes = None if visit.limited else _tables(store)
    return {"html": data_html(store.schema, store.metadata, sizes, visit.language, connects=visit.admin)}


def _tables(store: Store) -> tuple[TableSize, ...]:
    """Each table with its rows and its last entry; counted once where the store says when its data changes."""
    key = (store.schema.name, store.fingerprint)
    with _lock:
        found = _sizes.get(key) if store.fingerprint else None
    if found is None:
        found = tuple(_size(store, name) for name in store.schema.tables)
        with _lock:
            _sizes[key] = found
    return found


def _size(store: Store, name: str) -> TableSize:
    table = store.schema.tables[name]
    own = table.time if table.time and "." not in table.time else None
    dialect = dialect_of(store.backend.dialect)
    last = sa.func.max(column(f"{name}.{own}")) if own else sa.null()
    source = table_clause(store.schema, name, dialect, (own,) if own else ())
    statement = render(sa.select(sa.func.count(), last).select_from(source), dialect)
    try:
        _, rows = store.backend.execute(statement, QUERY_TIMEOUT, 1)
    except StoreError:
        return TableSize(name, None, None)
    count, moment = rows[0]
    return TableSize(name, int(str(count)), str(moment)[:10] if moment is not None else None)
