"""The metrics of sales and of customers, with the demo store's words and definitions of their own."""

from __future__ import annotations

from db.drafting.building import Building
from db.drafting.metrics import add, ratio, shown_column, where_of

_WITHOUT = ("; cancelled orders are left out", "，不含已取消订单")


def lay(build: Building) -> None:
    """Declare the metrics of sales and customers."""
    _revenue(build)
    _orders(build)
    _goods(build)
    _customers(build)
    _repeaters(build)


def _note(build: Building) -> tuple[str, str]:
    return _WITHOUT if build.condition else ("", "")


def _revenue(build: Building) -> None:
    note_en, note_zh = _note(build)
    table = build.base if build.column(build.base, "amount") else build.orders
    amount = build.column(table, "amount") if table else None
    if amount:
        shown = shown_column(build, amount)
        add(
            build,
            "revenue",
            f"Sum of {shown}{note_en}.",
            f"{shown}之和{note_zh}。",
            unit="currency",
            table=table,
            expr=f"sum({amount})",
            **where_of(build, table),
            additive=True,
        )


def _orders(build: Building) -> None:
    note_en, note_zh = _note(build)
    counted = build.base if build.column(build.base, "order_id") else build.orders
    if counted and build.column(counted, "order_id"):
        distinct = "per" in build.tables[counted] or (build.sheet(counted).kind == "orders" and counted == build.orders)
        order = build.column(counted, "order_id")
        expr = f"count({order})" if distinct else f"count(distinct {order})"
        time = {"additive": True} if distinct else {"additive_time": True}
        add(
            build,
            "orders",
            f"Number of different orders{note_en}.",
            f"不同订单的数量{note_zh}。",
            unit="count",
            table=counted,
            expr=expr,
            **where_of(build, counted),
            **time,
        )
    elif build.sheet(build.base).kind == "orders":
        add(
            build,
            "orders",
            f"Number of rows of orders{note_en}.",
            f"订单行数{note_zh}。",
            unit="count",
            table=build.base,
            expr="count(*)",
            **where_of(build, build.base),
            additive=True,
        )
    ratio(build, "aov", "revenue", "orders", "currency")


def _goods(build: Building) -> None:
    note_en, note_zh = _note(build)
    quantity = build.column(build.base, "quantity")
    if quantity:
        add(
            build,
            "units",
            f"Sum of quantities{note_en}.",
            f"数量之和{note_zh}。",
            unit="count",
            table=build.base,
            expr=f"sum({quantity})",
            **where_of(build, build.base),
            additive=True,
        )
        ratio(build, "units_per_order", "units", "orders", "number")
        if build.metrics.get("revenue", {}).get("table") == build.base:
            ratio(build, "price_per_unit", "revenue", "units", "currency", good="neutral")
    product = build.column(build.base, "product_id") or build.column(build.base, "variant_id")
    if product:
        add(
            build,
            "products_sold",
            "Number of different products sold.",
            "售出的不同商品数。",
            unit="count",
            table=build.base,
            expr=f"count(distinct {product})",
            **where_of(build, build.base),
        )


def _customers(build: Building) -> None:
    customer = build.column(build.base, "customer_id")
    if not customer:
        return
    base, at = build.base, build.column(build.base, "ordered_at")
    add(
        build,
        "customers",
        "Number of different customers that bought.",
        "有购买行为的不同客户数。",
        unit="count",
        table=base,
        expr=f"count(distinct {customer})",
        **where_of(build, base),
    )
    ratio(build, "orders_per_customer", "orders", "customers", "number")
    ratio(build, "revenue_per_customer", "revenue", "customers", "currency")
    if "first_orders" in build.tables and at:
        add(
            build,
            "new_customers",
            "Customers whose first ever order lies in the period.",
            "首次下单发生在该期间的客户数。",
            unit="count",
            table=base,
            expr=f"count(distinct {customer})",
            where=f"{at} = first_orders.first_at",
            additive_time=True,
        )


def _repeaters(build: Building) -> None:
    base, customer = build.base, build.column(build.base, "customer_id")
    order = build.column(base, "order_id")
    if order and customer:
        add(
            build,
            "repeat_customers",
            "Customers with two or more orders in the period.",
            "期间内订单数不少于 2 的客户数。",
            unit="count",
            table=base,
            entity=customer,
            entity_having=f"min({order}) <> max({order})",
            **where_of(build, base, f"{customer} is not null"),
        )
        ratio(build, "repeat_rate", "repeat_customers", "customers", "ratio")
