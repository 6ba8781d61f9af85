"""The real baskets and their lines as arrays, which everything simulated is laid over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from db.simulation.draws import Ints

if TYPE_CHECKING:
    import duckdb

Names = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Orders:
    """The baskets in the order of their time; ``home`` counts the households from 0. ``cents`` is what was paid."""

    basket: Ints
    household: Ints
    home: Ints
    store: Ints
    time: Ints  # seconds since 1970
    cents: Ints
    homes: int

    def __len__(self) -> int:
        """How many baskets."""
        return len(self.basket)


@dataclass(frozen=True, slots=True)
class Lines:
    """One row for each product of a basket; ``order`` is its place in :class:`Orders`."""

    order: Ints
    product: Ints
    cents: Ints
    kind: Ints  # its place in ``departments`` and ``categories``, which are one entry a product
    departments: Names
    categories: Names

    def __len__(self) -> int:
        """How many products of baskets."""
        return len(self.order)


def read_orders(connection: duckdb.DuckDBPyConnection) -> Orders:
    """All baskets of the store's ``transactions``."""
    found = connection.execute(
        "SELECT basket_id, any_value(household_id) AS household, any_value(store_id) AS store,"
        " epoch_us(min(transaction_timestamp)) // 1000000 AS time, CAST(sum(sales_value) * 100 AS BIGINT) AS cents"
        " FROM transactions GROUP BY basket_id ORDER BY time, basket_id"
    ).fetchnumpy()
    household = _ints(found["household"])
    homes, home = np.unique(household, return_inverse=True)
    return Orders(
        basket=_ints(found["basket_id"]),
        household=household,
        home=home.astype(np.int64),
        store=_ints(found["store"]),
        time=_ints(found["time"]),
        cents=_ints(found["cents"]),
        homes=len(homes),
    )


def read_lines(connection: duckdb.DuckDBPyConnection, orders: Orders) -> Lines:
    """Every product of every basket with what was paid for it, products that cost nothing left out."""
    found = connection.execute(
        "SELECT basket_id, product_id, CAST(sum(sales_value) * 100 AS BIGINT) AS cents FROM transactions"
        " GROUP BY basket_id, product_id HAVING sum(sales_value) > 0 ORDER BY basket_id, product_id"
    ).fetchnumpy()
    products = connection.execute(
        "SELECT product_id, coalesce(department, '') AS department, coalesce(product_category, '') AS category"
        " FROM (SELECT DISTINCT product_id FROM transactions) LEFT JOIN products USING (product_id) ORDER BY product_id"
    ).fetchnumpy()
    by_basket = np.argsort(orders.basket, kind="stable")
    place = by_basket[np.searchsorted(orders.basket[by_basket], _ints(found["basket_id"]))]
    return Lines(
        order=place.astype(np.int64),
        product=_ints(found["product_id"]),
        cents=_ints(found["cents"]),
        kind=np.searchsorted(_ints(products["product_id"]), _ints(found["product_id"])).astype(np.int64),
        departments=np.asarray(products["department"], dtype=object),
        categories=np.asarray(products["category"], dtype=object),
    )


def _ints(values: Any) -> Ints:
    return np.asarray(values, dtype=np.int64)
