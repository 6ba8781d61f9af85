"""What is charged beside the goods, and what goes wrong: discounts, shipping, tax, cancellations, refunds, payments."""

from __future__ import annotations

from db.drafting.building import Building
from db.drafting.metrics import add, ratio, shown_column, where_of
from db.drafting.vocabulary import labels
from db.semantic.render import literal


def lay(build: Building) -> None:
    """Declare them."""
    _charges(build)
    _discount(build)
    _cancelled(build)
    _refunds(build)
    _payments(build)


def _charges(build: Building) -> None:
    orders = build.orders
    revenue = build.metrics.get("revenue", {}).get("table")
    for name, en, zh in (
        ("order_total", "Sum of the orders' totals, as they were charged", "订单总额之和（以订单收取金额计）"),
        ("shipping", "Sum of what orders were charged for shipping", "订单运费之和"),
        ("tax", "Sum of the orders' tax", "订单税额之和"),
    ):
        column = build.column(orders, name) if orders else None
        if column and not (name == "order_total" and revenue == orders):
            good = {"good": "neutral"} if name != "order_total" else {}
            add(
                build,
                name,
                f"{en}.",
                f"{zh}。",
                unit="currency",
                **good,
                table=orders,
                expr=f"sum({column})",
                **where_of(build, orders),
                additive=True,
            )


def _discount(build: Building) -> None:
    orders, revenue = build.orders, build.metrics.get("revenue", {}).get("table")
    for table in dict.fromkeys([orders, build.base]):  # an order's discount holds those of its lines
        column = build.column(table, "discount") if table else None
        if column:
            shown = shown_column(build, column)
            add(
                build,
                "discount",
                f"Sum of {shown}.",
                f"{shown}之和。",
                unit="currency",
                good="neutral",
                table=table,
                expr=f"sum({column})",
                **where_of(build, table),
                additive=True,
            )
            if revenue == table:
                amount = build.column(table, "amount")
                add(
                    build,
                    "gross_sales",
                    "Revenue plus discount.",
                    "销售额 + 折扣额。",
                    unit="currency",
                    table=table,
                    expr=f"sum({amount} + coalesce({column}, 0))",
                    **where_of(build, table),
                    additive=True,
                )
                ratio(build, "discount_rate", "discount", "gross_sales", "ratio", good="neutral")
            return


def _cancelled(build: Building) -> None:
    if not build.condition:
        return
    table, condition = build.orders or build.base, build.condition
    opposite = condition.replace(" is null", " is not null").replace(" not in (", " in (")
    order = build.column(table, "order_id")
    if order:
        add(
            build,
            "cancelled_orders",
            "Orders that were cancelled, by the day of the order.",
            "已取消的订单数，按下单日期计。",
            unit="count",
            good="down",
            table=table,
            expr=f"count({order})",
            where=opposite,
            additive=True,
        )
        build.metrics["placed_orders"] = {
            "label": {"en": "Orders placed", "zh": "下单总数"},
            "description": {"en": "All orders, cancelled ones too.", "zh": "全部订单，含已取消。"},
            "unit": "count",
            "table": table,
            "expr": f"count({order})",
            "additive": True,
            "hidden": True,
        }
        ratio(build, "cancellation_rate", "cancelled_orders", "placed_orders", "ratio", good="down")


def _refunds(build: Building) -> None:
    table = build.events.get("refunds")
    if table is None:
        column = build.sheet(build.orders).holds.get("refund_amount") if build.orders else None
        if column is not None and build.column(build.orders, "refund_amount"):
            add(
                build,
                "refund_amount",
                "Money given back, by the day of the order.",
                "退还金额之和，按下单日期计。",
                unit="currency",
                good="down",
                table=build.orders,
                expr=f"sum({build.column(build.orders, 'refund_amount')})",
                additive=True,
            )
            ratio(build, "refund_rate", "refund_amount", "revenue", "ratio", good="down")
        return
    _refunded(build, table)


def _refunded(build: Building, table: str) -> None:
    """Refunds that have a table of their own."""
    sheet = build.sheet(table)
    add(
        build,
        "refunds",
        "Number of refunds, by the day of the refund.",
        "退款笔数，按退款日期计。",
        unit="count",
        good="down",
        table=table,
        expr="count(*)",
        additive=True,
    )
    amount = sheet.holds.get("refund_amount") or sheet.holds.get("order_total")
    if amount is not None:
        made = build.add_column(table, amount, "refund_amount")
        add(
            build,
            "refund_amount",
            "Money given back, by the day of the refund.",
            "退还金额之和，按退款日期计。",
            unit="currency",
            good="down",
            table=table,
            expr=f"sum({table}.{made})",
            additive=True,
        )
        ratio(build, "refund_rate", "refund_amount", "revenue", "ratio", good="down")
    order = build.column(table, "order_id")
    if order:
        add(
            build,
            "refunded_orders",
            "Different orders with a refund, by the day of the refund.",
            "有退款的不同订单数，按退款日期计。",
            unit="count",
            good="down",
            table=table,
            expr=f"count(distinct {order})",
        )
        ratio(build, "return_rate", "refunded_orders", "orders", "ratio", good="down")


def _payments(build: Building) -> None:
    table = build.events.get("payments")
    if table is None:
        return
    sheet = build.sheet(table)
    add(
        build,
        "payments",
        "Attempts to pay, failed ones included.",
        "支付尝试次数，含失败的支付。",
        unit="count",
        table=table,
        expr="count(*)",
        additive=True,
    )
    condition = _failed(build, table)
    amount = sheet.holds.get("order_total")
    if amount is not None:
        paid = build.add_column(table, amount, "amount")
        where = {"where": f"not coalesce({condition}, false)"} if condition else {}
        add(
            build,
            "paid_amount",
            "Sum of the payments that did not fail.",
            "未失败的支付金额之和。",
            unit="currency",
            table=table,
            expr=f"sum({table}.{paid})",
            **where,
            additive=True,
        )


def _failed(build: Building, table: str) -> str:
    """The metrics of failed payments; returns the condition that tells them, empty where no state does."""
    sheet = build.sheet(table)
    status = sheet.holds.get("order_status") or sheet.holds.get("financial_status")
    if status is None:
        return ""
    known = {str(word).casefold() for word in labels()["states"]["failed"]}
    failed = sorted(v for v in build.probes.values(sheet.shape.name, status.name) if v.casefold() in known)
    condition = ""
    if failed:
        made = build.add_column(table, status, "status", as_text=True)
        condition = f"{table}.{made} in ({', '.join(map(literal, failed))})"
        add(
            build,
            "failed_payments",
            "Attempts to pay that failed.",
            "失败的支付次数。",
            unit="count",
            good="down",
            table=table,
            expr="count(*)",
            where=condition,
            additive=True,
        )
        ratio(build, "payment_failure_rate", "failed_payments", "payments", "ratio", good="down")
    return condition
