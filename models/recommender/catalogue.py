"""The products of a store: their names, types and text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from db.errors import PermissionRefused
from db.frames import frame, source
from db.semantic.query import Filter
from models.recommender.interactions import Flags, Ints

if TYPE_CHECKING:
    import pandas as pd

    from db.engine import Store

_FIELDS = ("name", "type", "category", "department", "brand", "size")


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Products by id (text); ``table`` is indexed by it and has those of the role's fields that the store declares."""

    table: pd.DataFrame

    @classmethod
    def read(cls, store: Store, timeout: float = 20.0) -> Catalogue:
        """All products of the store; none where it has no table of them."""
        import pandas as pd
        import sqlalchemy as sa

        declared = store.schema.roles.get("products")
        if declared is None:
            return cls(pd.DataFrame(index=pd.Index([], dtype=str)))
        fields = ("product", *(field for field in _FIELDS if field in declared.columns))
        found = frame(store, sa.select(source(store, "products", fields)), timeout)
        return cls(found.set_index(found["product"].astype(str)).drop(columns="product"))

    def known(self, identifier: str) -> bool:
        """Whether the store has the product."""
        return identifier in self.table.index

    def label(self, identifier: str) -> str:
        """As people may recognise it: name, brand, size, and the id, which alone is unique."""
        if not self.known(identifier):
            return f"({identifier})"
        row = self.table.loc[identifier]
        parts = [row.get("name"), row.get("brand"), row.get("size")]
        words = ", ".join(" ".join(str(part).split()) for part in parts if isinstance(part, str) and part.strip())
        return f"{words} ({identifier})" if words else f"({identifier})"

    def texts(self, identifiers: NDArray[Any]) -> list[str]:
        """All words about each product."""
        rows = self.table.reindex(identifiers).itertuples(index=False, name=None)
        return [" ".join(part for part in row if isinstance(part, str)).strip() for row in rows]

    def types(self, identifiers: NDArray[Any]) -> Ints:
        """A number for each product's type (else its category); every product is its own where none is known."""
        import pandas as pd

        column = next((c for c in ("type", "category", "name") if c in self.table.columns), None)
        if column is None:
            return np.arange(len(identifiers))
        codes, _ = pd.factorize(self.table[column].reindex(identifiers))
        lacking = codes < 0
        codes = codes.astype(np.int64)
        codes[lacking] = codes.max(initial=0) + 1 + np.arange(np.count_nonzero(lacking))
        return codes


def matching(store: Store, filters: Sequence[Filter], timeout: float = 20.0) -> frozenset[str] | None:
    """Ids of the products that filters leave; None without a filter.

    Raises:
        PermissionRefused: a filter on something that products do not have.
    """
    import sqlalchemy as sa

    if not filters:
        return None
    rows = frame(store, sa.select(source(store, "products", ("product",), filters=filters)), timeout)
    return frozenset(rows["product"].astype(str))


def of_products(store: Store, filters: Sequence[Filter]) -> tuple[tuple[Filter, ...], tuple[Filter, ...]]:
    """Split filters into those that products have, and the others."""
    mine: list[Filter] = []
    others: list[Filter] = []
    for filter_ in filters:
        (mine if _reaches(store, "products", filter_) else others).append(filter_)
    return tuple(mine), tuple(others)


def _reaches(store: Store, role: str, filter_: Filter) -> bool:
    if role not in store.schema.roles:
        return False
    try:
        source(store, role, filters=(filter_,))
    except PermissionRefused:
        return False
    return True


def allowed(products: NDArray[Any], ids: frozenset[str] | None) -> Flags | None:
    """Which places hold one of the ids; None: all of them."""
    return None if ids is None else np.isin(products, np.array(sorted(ids), dtype=str))
