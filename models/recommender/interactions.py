"""Who bought or rated what, as arrays: the one input of every recommender."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Ints = NDArray[np.integer[Any]]
Floats = NDArray[np.floating[Any]]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Interactions:
    """Interactions of customers with products, ordered by customer, then product, then day.

    Attributes:
        customers, products: ids as text; ``rows`` and ``cols`` count into them.
        values: ratings, or 1 for a purchase. days: days since 1970-01-01, or all 0 where no time is known.

    >>> Interactions.of(["a", "b", "a"], ["x", "x", "y"]).matrix().toarray()
    array([[1., 1.],
           [1., 0.]])
    """

    customers: NDArray[Any]
    products: NDArray[Any]
    rows: Ints
    cols: Ints
    values: Floats
    days: Ints

    @classmethod
    def of(
        cls,
        customers: Sequence[Any] | NDArray[Any],
        products: Sequence[Any] | NDArray[Any],
        values: Sequence[float] | Floats | None = None,
        days: Sequence[int] | Ints | None = None,
    ) -> Interactions:
        """From parallel columns; a purchase of the same product on the same day counts once."""
        import pandas as pd

        rows, customer_ids = pd.factorize(np.asarray(customers), sort=True)
        cols, product_ids = pd.factorize(np.asarray(products), sort=True)
        when = np.zeros(len(rows), np.int64) if days is None else np.asarray(days, np.int64)
        order = np.lexsort((when, cols, rows))
        rows, cols, when = rows[order], cols[order], when[order]
        kept = np.ones(len(rows), bool)
        if days is not None:
            kept[1:] = (np.diff(rows) != 0) | (np.diff(cols) != 0) | (np.diff(when) != 0)
        known = np.ones(len(rows), np.float32) if values is None else np.asarray(values, np.float32)[order]
        ids = np.asarray(customer_ids).astype(str), np.asarray(product_ids).astype(str)
        return cls(*ids, rows[kept].astype(np.int32), cols[kept].astype(np.int32), known[kept], when[kept])

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def shape(self) -> tuple[int, int]:
        """Customers and products."""
        return len(self.customers), len(self.products)

    @cached_property
    def starts(self) -> Ints:
        """Where each customer's interactions begin; one entry more than customers."""
        return np.searchsorted(self.rows, np.arange(len(self.customers) + 1))

    def matrix(self, binary: bool = True) -> sparse.csr_matrix:
        """Customers × products: 1 where there was any interaction, or the sum of the values."""
        found = sparse.csr_matrix((self.values.astype(float), (self.rows, self.cols)), self.shape)
        if binary:
            found.data[:] = 1.0
        return found

    def where(self, keep: Flags) -> Interactions:
        """Only some interactions; ids keep their places."""
        kept = {name: getattr(self, name)[keep] for name in ("rows", "cols", "values", "days")}
        return replace(self, **kept)

    def of_customers(self, chosen: Ints) -> Interactions:
        """Only some customers' interactions; ids keep their places."""
        wanted = np.zeros(len(self.customers), bool)
        wanted[chosen] = True
        return self.where(wanted[self.rows])

    def customer(self, identifier: str) -> int | None:
        """The place of a customer's id; None where there is none."""
        return self._customer_places.get(identifier)

    def product(self, identifier: str) -> int | None:
        """The place of a product's id; None where there is none."""
        return self._product_places.get(identifier)

    @cached_property
    def _customer_places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.customers.tolist())}

    @cached_property
    def _product_places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.products.tolist())}
