"""What is known of customers before a day: orders, mailings, redemptions, and what they bought of some products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from db import frames
from db.semantic.dialects import dialect_of
from db.semantic.query import Filter, Interval

if TYPE_CHECKING:
    import pandas as pd

    from db.engine import Store

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
RECENT = 90  # days in which a habit counts as present


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as announced: its days, kind, and how many coupons for how many products it has."""

    id: str
    start: date
    end: date
    kind: str
    coupons: int
    products: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """A store's customers before a day, as arrays.

    ``customers`` are ids as text, in order; every ``*_who`` array holds indices into it, every ``*_day`` array ordinals
    of dates. Orders: one entry each, with amount, coupon money, other discount, and the lines paid with a coupon.
    """

    customers: tuple[str, ...]
    order_who: Ints
    order_day: Ints
    amount: Array
    coupon_money: Array
    discount: Array
    coupon_lines: Array
    campaigns: tuple[Campaign, ...]
    mailed: Mapping[str, Ints]
    redeem_who: Ints
    redeem_day: Ints
    redeem_campaign: tuple[str, ...]
    people: Mapping[str, Array]

    def responded(self, campaign: str) -> Ints:
        """Indices of the customers who redeemed in a campaign."""
        chosen = np.array([c == campaign for c in self.redeem_campaign], dtype=bool)
        return np.unique(self.redeem_who[chosen]) if len(chosen) else np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Bought:
    """What each customer had bought of a set of products before a day: lines and money ever, money lately."""

    lines: Array
    spend: Array
    recent: Array


def read_ledger(store: Store, before: date, filters: Sequence[Filter] = (), timeout: float = 20.0) -> Ledger:
    """Everything about customers that was known before a day.

    Raises:
        RoleMissing: the store has no sales. PermissionRefused: a row filter that a table cannot be limited by.
    """
    orders = frames.frame(store, _orders(store, before, filters), timeout)
    ids = sorted(orders["customer"].unique().tolist())
    index = {str(c): i for i, c in enumerate(ids)}
    campaigns = _campaigns(store, before, filters, timeout)
    mailings = _read(store, "mailings", ("campaign", "customer"), filters, timeout)
    redeemed = _read(store, "redemptions", ("campaign", "customer", "time"), filters, timeout)
    redeemed = redeemed[_ordinals(redeemed["time"]) < before.toordinal()] if len(redeemed) else redeemed
    redeemed = redeemed[redeemed["customer"].astype(str).isin(index)]
    mailings = mailings[mailings["customer"].astype(str).isin(index)]
    amount, coupon_money, discount, lines = (
        orders[name].to_numpy(dtype=float) for name in ("amount", "coupon_money", "discount", "coupon_lines")
    )
    mailed = {str(c): _indices(group["customer"], index) for c, group in mailings.groupby("campaign")}
    return Ledger(
        customers=tuple(index),
        order_who=_indices(orders["customer"], index),
        order_day=_ordinals(orders["time"]),
        amount=amount,
        coupon_money=coupon_money,
        discount=discount,
        coupon_lines=lines,
        campaigns=campaigns,
        mailed=mailed,
        redeem_who=_indices(redeemed["customer"], index),
        redeem_day=_ordinals(redeemed["time"]),
        redeem_campaign=tuple(redeemed["campaign"].astype(str)),
        people=_people(store, index, filters, timeout),
    )


def bought(
    store: Store,
    ledger: Ledger,
    products: sa.Select[Any],
    before: date,
    filters: Sequence[Filter] = (),
    timeout: float = 20.0,
    since: date | None = None,
) -> Bought:
    """What customers had bought of some products before a day.

    Args:
        products: a SELECT of one column, the products' ids. since: only from this day on.
    """
    sales = frames.source(store, "sales", ("customer", "product", "time", "amount"), filters=filters,
                          time=Interval(start=since or date.min, end=before))  # fmt: skip
    moment = dialect_of(store.backend.dialect).moment(before - timedelta(days=RECENT))
    recent = sa.case((sales.c.time >= moment, sales.c.amount), else_=0)
    select = (
        sa.select(
            sales.c.customer,
            sa.func.count().label("lines"),
            sa.func.sum(sales.c.amount).label("spend"),
            sa.func.sum(recent).label("recent"),
        )
        .where(sales.c.product.in_(products))
        .group_by(sales.c.customer)
    )
    found = frames.frame(store, select, timeout)
    index = {c: i for i, c in enumerate(ledger.customers)}
    where = found["customer"].astype(str).map(index)
    found, where = found[where.notna()], where[where.notna()].astype(int)
    arrays = []
    for name in ("lines", "spend", "recent"):
        array = np.zeros(len(ledger.customers))
        array[where.to_numpy()] = found[name].to_numpy(dtype=float)
        arrays.append(array)
    return Bought(*arrays)


def coupon_products(store: Store, campaign: str, filters: Sequence[Filter] = ()) -> sa.Select[Any]:
    """The products of a campaign's coupons, as a SELECT of ids."""
    coupons = frames.source(store, "coupons", ("campaign", "product"), filters=filters)
    return sa.select(coupons.c["product"]).where(sa.cast(coupons.c.campaign, sa.String) == campaign).distinct()


def _orders(store: Store, before: date, filters: Sequence[Filter]) -> sa.Select[Any]:
    declared = store.schema.roles["sales"].columns if "sales" in store.schema.roles else {}
    fields = [f for f in ("discount", "coupon_discount") if f in declared]
    sales = frames.source(
        store,
        "sales",
        ("customer", "order", "time", "amount", *fields),
        filters=filters,
        time=Interval(start=date.min, end=before),
    )
    zero = sa.literal(0.0)
    coupon = sa.func.sum(sales.c.coupon_discount) if "coupon_discount" in fields else zero
    lines = sa.func.sum(sa.case((sales.c.coupon_discount > 0, 1), else_=0)) if "coupon_discount" in fields else zero
    discount = sa.func.sum(sales.c.discount) if "discount" in fields else zero
    return sa.select(
        sales.c.customer,
        sa.func.min(sales.c.time).label("time"),
        sa.func.sum(sales.c.amount).label("amount"),
        coupon.label("coupon_money"),
        discount.label("discount"),
        lines.label("coupon_lines"),
    ).group_by(sales.c.customer, sales.c.order)


def _campaigns(store: Store, before: date, filters: Sequence[Filter], timeout: float) -> tuple[Campaign, ...]:
    fields = ["campaign", "start", "end"]
    if "campaigns" not in store.schema.roles:
        return ()
    if "kind" in store.schema.roles["campaigns"].columns:
        fields.append("kind")
    told = frames.read(store, "campaigns", fields, filters=filters, timeout=timeout)
    sizes: dict[str, tuple[int, int]] = {}
    if "coupons" in store.schema.roles:
        listed = frames.source(store, "coupons", ("campaign", "coupon", "product"), filters=filters)
        count = sa.select(
            listed.c.campaign,
            sa.func.count(listed.c.coupon.distinct()).label("coupons"),
            sa.func.count(listed.c["product"].distinct()).label("products"),
        ).group_by(listed.c.campaign)
        counted = frames.frame(store, count, timeout)
        sizes = {str(c): (int(k), int(p)) for c, k, p in counted.itertuples(index=False)}
    found = []
    for row in told.to_dict("records"):
        name = str(row["campaign"])
        coupons, products = sizes.get(name, (0, 0))
        kind = str(row.get("kind", ""))
        found.append(Campaign(name, _date(row["start"]), _date(row["end"]), kind, coupons, products))
    return tuple(sorted(found, key=lambda c: (c.start, c.id)))


def _read(store: Store, role: str, fields: Sequence[str], filters: Sequence[Filter], timeout: float) -> pd.DataFrame:
    import pandas as pd

    if role not in store.schema.roles:
        empty = pd.DataFrame({field: pd.Series(dtype="object") for field in fields})
        return empty.assign(time=pd.Series(dtype="datetime64[us]")) if "time" in fields else empty
    return frames.read(store, role, fields, filters=filters, timeout=timeout)


def _people(store: Store, index: Mapping[str, int], filters: Sequence[Filter], timeout: float) -> dict[str, Array]:
    """One column a demographic value; zero for customers of whom nothing is recorded."""
    if "customers" not in store.schema.roles:
        return {}
    told = frames.read(store, "customers", filters=filters, timeout=timeout)
    where = told["customer"].astype(str).map(index)
    told, where = told[where.notna()], where[where.notna()].astype(int)
    columns = {"known person": np.zeros(len(index))}
    at = where.to_numpy()
    columns["known person"][at] = 1.0
    for field in told.columns.drop("customer"):
        for value, count in told[field].value_counts().items():
            if count >= 0.05 * len(told):
                column = np.zeros(len(index))
                column[at] = (told[field] == value).to_numpy(dtype=float)
                columns[f"{field}={value}"] = column
    return columns


def _indices(customers: pd.Series[Any], index: Mapping[str, int]) -> Ints:
    return np.array([index[c] for c in customers.astype(str)], dtype=np.int64)


def _date(value: Any) -> date:
    return date.fromisoformat(str(value)[:10])


def _ordinals(times: pd.Series[Any]) -> Ints:
    days = np.asarray(times, dtype="datetime64[D]").astype(np.int64)
    return np.asarray(days + date(1970, 1, 1).toordinal(), dtype=np.int64)
