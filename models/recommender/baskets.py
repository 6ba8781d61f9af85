"""What lies in the same orders as a product, counted in the store's database; and what products cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from db.frames import frame, source
from db.semantic.query import Filter, Interval
from models.recommender.pairs import Together, together

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from db.engine import Store

YEAR = timedelta(days=365)  # orders that are counted
OF_LATE = timedelta(days=28)  # a product that nobody bought since is not offered
_PRICES = timedelta(days=84)


@dataclass(frozen=True, eq=False)
class Baskets:
    """Products by id, the surest first by ``found``; of ``orders`` in all, ``anchor`` hold the anchor."""

    products: NDArray[Any]
    found: Together
    anchor: int
    orders: int
    sql: str


def bought_together(
    store: Store, anchors: Sequence[str], today: date, filters: Sequence[Filter] = (), timeout: float = 20.0
) -> Baskets:
    """Count a year of orders before ``today``. ``anchors`` themselves are not among the products.

    Raises:
        RoleMissing, PermissionRefused, StoreError: as every read.
    """
    from db.semantic.dialects import dialect_of
    from db.semantic.render import render

    span = Interval(start=today - YEAR, end=today)
    lines = source(store, "sales", ("order", "product", "time"), time=span, filters=filters)
    text = sa.cast(lines.c["product"], sa.String)
    with_anchor = sa.select(lines.c.order).where(text.in_(list(anchors))).distinct().subquery("with_anchor")
    same = sa.select(lines).join(with_anchor, with_anchor.c.order == lines.c.order).subquery("same")
    both_of = sa.select(same.c["product"], sa.func.count(sa.distinct(same.c.order)).label("n")).group_by(
        same.c["product"]
    )
    others_of = sa.select(
        lines.c["product"],
        sa.func.count(sa.distinct(lines.c.order)).label("n"),
        sa.func.max(lines.c.time).label("last"),
    ).group_by(lines.c["product"])
    totals_of = sa.select(
        sa.select(sa.func.count(sa.distinct(lines.c.order))).scalar_subquery().label("orders"),
        sa.select(sa.func.count()).select_from(with_anchor).scalar_subquery().label("anchor"),
    )
    totals, others, both = (frame(store, query, timeout) for query in (totals_of, others_of, both_of))
    others = others.set_index(others["product"].astype(str))
    others = others[~others.index.isin(list(anchors))]
    counted = both.set_index(both["product"].astype(str))["n"].reindex(others.index).fillna(0.0)
    found = together(counted.to_numpy(float), others["n"].to_numpy(float))
    recent = (others["last"].astype("datetime64[us]").dt.date >= today - OF_LATE).to_numpy()[found.places]
    found = Together(found.places[recent], found.together[recent], found.lift[recent])
    anchor, orders = int(totals["anchor"].iloc[0]), int(totals["orders"].iloc[0])
    sql = render(both_of, dialect_of(store.backend.dialect)).inlined
    return Baskets(others.index.to_numpy(), found, anchor, orders, sql)


def prices(store: Store, today: date, filters: Sequence[Filter] = (), timeout: float = 20.0) -> dict[str, float]:
    """What one piece of each product cost on average of late, by id: amount ÷ quantity, after discounts."""
    fields = (
        "product",
        "amount",
        "time",
        *(("quantity",) if "quantity" in store.schema.roles["sales"].columns else ()),
    )
    span = Interval(start=today - _PRICES, end=today)
    lines = source(store, "sales", fields, time=span, filters=filters)
    pieces = sa.func.sum(lines.c.quantity) if "quantity" in fields else sa.func.count()
    select = sa.select(lines.c["product"], sa.func.sum(lines.c.amount).label("amount"), pieces.label("pieces"))
    rows = frame(store, select.group_by(lines.c["product"]), timeout)
    kept = rows[rows["pieces"] > 0]
    each: NDArray[np.float64] = (kept["amount"] / kept["pieces"]).to_numpy(float)
    return dict(zip(kept["product"].astype(str), each.tolist(), strict=True))
