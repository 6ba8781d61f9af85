"""What each customer did up to a day: purchases and habits, from the roles sales, products and customers.

Nothing on or after ``as_of`` is read. Orders are summed in the database, one row each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import sqlalchemy as sa

from db.errors import AnalysisError
from db.frames import frame, role_of, source
from db.semantic.query import Filter, Interval

if TYPE_CHECKING:
    from db.engine import Store

WINDOW_DAYS = 365  # habits are those of the last year: long enough for a season, short enough to move
FEWEST = 20  # customers: five groups of four
SHARES: tuple[Literal["department", "category"], ...] = ("department", "category")
DEMOGRAPHICS = ("age", "income", "home", "marital", "household_size", "kids")


@dataclass(frozen=True, slots=True)
class Customers:
    """Customers as of a day.

    Attributes:
        table: indexed by customer; ``first`` and ``last`` purchase, ``days`` with a purchase (all the past), and of
            the last year ``visits`` (days), ``orders``, ``revenue``, ``silent`` (days since the last purchase), ``gap``
            (usual days between purchases) and the habits that the store's tables give (:data:`HABITS`, else NaN).
        days: columns customer, day: every purchase day before ``as_of``.
        shares: columns customer, ``department`` and ``category`` where known, amount: of the last year.
        people: demographics by customer, as far as the store has them; may be empty.
        clock: whether orders carry the time of day.
    """

    as_of: date
    window: Interval
    table: pd.DataFrame
    days: pd.DataFrame
    shares: pd.DataFrame
    people: pd.DataFrame
    clock: bool


HABITS = ("rate", "basket", "lines", "weekend", "morning", "evening", "discounted", "couponed", "variety")


def read_customers(
    store: Store, as_of: date, filters: Sequence[Filter] = (), timeout: float = 20.0, shares: bool = True
) -> Customers:
    """The customers who bought before ``as_of``.

    Args:
        filters: the asker's row filters. shares: whether departments, categories and demographics are needed.

    Raises:
        RoleMissing: no table of sales. AnalysisError: fewer than 20 customers. StoreError: as every query.
    """
    orders = read_orders(store, as_of, filters, timeout)
    if orders["customer"].nunique() < FEWEST:
        raise AnalysisError(
            f"There are too few customers before {as_of} to tell groups apart: {orders['customer'].nunique()}.",
            f"At least {FEWEST} are needed.",
        )
    window = Interval(start=as_of - timedelta(days=WINDOW_DAYS), end=as_of)
    bought = _shares(store, window, filters, timeout) if shares else pd.DataFrame({"customer": [], "amount": []})
    people = _people(store, filters, timeout) if shares else pd.DataFrame()
    return customers_of(orders, as_of, bought, people)


def customers_of(orders: pd.DataFrame, as_of: date, shares: pd.DataFrame, people: pd.DataFrame) -> Customers:
    """The customers behind some orders; orders on or after ``as_of`` are not looked at."""
    orders = orders[orders["time"] < pd.Timestamp(as_of)]
    orders = orders.assign(day=orders["time"].dt.normalize())
    days = orders[["customer", "day"]].drop_duplicates().sort_values(["customer", "day"], ignore_index=True)
    window = Interval(start=as_of - timedelta(days=WINDOW_DAYS), end=as_of)
    recent = orders[orders["day"] >= pd.Timestamp(window.start)]
    clock = bool((orders["time"] != orders["day"]).any())
    table = _timing(days, as_of).join(_spending(recent, window, clock))
    table[["visits", "orders", "revenue"]] = table[["visits", "orders", "revenue"]].fillna(0)
    if "department" in shares.columns:
        positive = shares[shares["amount"] > 0]
        table["variety"] = positive.groupby("customer")["department"].nunique().reindex(table.index).astype(float)
    return Customers(as_of, window, table, days, shares, people.reindex(people.index.intersection(table.index)), clock)


def read_orders(store: Store, as_of: date, filters: Sequence[Filter] = (), timeout: float = 20.0) -> pd.DataFrame:
    """One row an order before ``as_of``: customer, order, time, amount, lines, discount and coupon (0: unknown)."""
    known = role_of(store, "sales").columns
    extra = [field for field in ("discount", "coupon_discount") if field in known]
    past = Interval(start=date(1900, 1, 1), end=as_of)
    rows = source(store, "sales", ("customer", "order", "time", "amount", *extra), time=past, filters=filters)
    sums = {"amount": rows.c.amount, "discount": None, "coupon": None}
    sums["discount"] = rows.c.discount if "discount" in extra else None
    sums["coupon"] = rows.c.coupon_discount if "coupon_discount" in extra else None
    summed = [(sa.func.sum(c) if c is not None else sa.literal(0.0)).label(name) for name, c in sums.items()]
    select = (
        sa.select(rows.c.customer, rows.c.order, sa.func.min(rows.c.time).label("time"), *summed)
        .add_columns(sa.func.count().label("lines"))
        .where(rows.c.customer.is_not(None))
        .group_by(rows.c.customer, rows.c.order)
    )
    found = frame(store, select, timeout)
    found["time"] = pd.to_datetime(found["time"])
    return found.astype({"amount": float, "discount": float, "coupon": float, "lines": float})


def buyers(store: Store, as_of: date, filter_: Filter, rows: Sequence[Filter], timeout: float) -> pd.Index:
    """The customers with a purchase in the last year that meets a condition ("buys in PRODUCE", "with kids")."""
    window = Interval(start=as_of - timedelta(days=WINDOW_DAYS), end=as_of)
    found = source(store, "sales", ("customer",), time=window, filters=[filter_, *rows])
    names = frame(store, sa.select(found.c.customer).distinct(), timeout)
    return names.set_index("customer").index


def _timing(days: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """First and last day, silence and the usual gap: one-time buyers are given the store's own."""
    table = pd.DataFrame(days.groupby("customer")["day"].agg(first="min", last="max", days="count"))
    table["silent"] = (pd.Timestamp(as_of) - table["last"]).dt.days
    span, repeats = (table["last"] - table["first"]).dt.days, table["days"] - 1
    usual = float(span.sum() / repeats.sum()) if repeats.sum() else float(WINDOW_DAYS)
    # one gap of the store's own beside each customer's: two visits on two days in a row are no daily habit
    table["gap"] = (span + usual) / (repeats + 1)
    return table


def _spending(recent: pd.DataFrame, window: Interval, clock: bool) -> pd.DataFrame:
    """The last year's habits, of customers who bought in it."""
    hour, weekday = recent["time"].dt.hour, recent["time"].dt.day_of_week
    marked = recent.assign(
        weekend=(weekday >= 5).astype(float),
        morning=(hour < 12).astype(float) if clock else np.nan,
        evening=(hour >= 18).astype(float) if clock else np.nan,
        couponed=(recent["coupon"] > 0).astype(float),
    )
    by = marked.groupby("customer")
    table = by.agg(visits=("day", "nunique"), orders=("order", "count"), revenue=("amount", "sum"))
    table[["weekend", "morning", "evening", "couponed", "lines"]] = by[
        ["weekend", "morning", "evening", "couponed", "lines"]
    ].mean()
    table["basket"] = table["revenue"] / table["orders"]
    gross = table["revenue"] + by["discount"].sum()
    table["discounted"] = (by["discount"].sum() / gross.where(gross > 0)).clip(0, 1).fillna(0)
    weeks = ((pd.Timestamp(window.end) - by["day"].min()).dt.days / 7).clip(lower=1)
    table["rate"] = table["orders"] / weeks
    for name, column in (("discounted", "discount"), ("couponed", "coupon")):
        if not (recent[column] > 0).any():
            table[name] = np.nan
    return table


def _shares(store: Store, window: Interval, filters: Sequence[Filter], timeout: float) -> pd.DataFrame:
    """Spend by customer, department and category, as far as the store's products have them."""
    role = store.schema.roles.get("products")
    known = [name for name in SHARES if role and name in role.columns]
    if not known:
        return pd.DataFrame({"customer": [], "amount": []})
    rows = source(store, "sales", ("customer", "product", "amount"), time=window, filters=filters)
    goods = source(store, "products", ("product", *known))
    names = [goods.c[name] for name in known]
    select = (
        sa.select(rows.c.customer, *names, sa.func.sum(rows.c.amount).label("amount"))
        .join_from(rows, goods, rows.c["product"] == goods.c["product"])
        .where(rows.c.customer.is_not(None))
        .group_by(rows.c.customer, *names)
    )
    return frame(store, select, timeout).astype({"amount": float})


def _people(store: Store, filters: Sequence[Filter], timeout: float) -> pd.DataFrame:
    """Demographics by customer; empty where the store has none, or the asker's filters do not reach them."""
    from db.errors import PermissionRefused

    role = store.schema.roles.get("customers")
    known = [name for name in DEMOGRAPHICS if role and name in role.columns]
    if not known:
        return pd.DataFrame()
    try:
        rows = source(store, "customers", ("customer", *known), filters=filters)
    except PermissionRefused:  # limited to a store or department: who lives in the household is not theirs to see
        return pd.DataFrame()
    return frame(store, sa.select(rows), timeout).drop_duplicates("customer").set_index("customer")
