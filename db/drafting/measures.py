"""The metrics that a shop's tables carry, with the demo store's words and definitions of their own."""

from __future__ import annotations

import copy
from typing import Any

from db.drafting.building import Building
from db.drafting.vocabulary import labels, shipped
from db.semantic.collisions import folded
from db.semantic.render import literal

_WITHOUT = ("; cancelled orders are left out", "，不含已取消订单")


def lay(build: Building) -> None:
    """Declare the metrics, and what the store cannot answer."""
    _sales(build)
    _customers(build)
    _charges(build)
    _cancelled(build)
    _refunds(build)
    _payments(build)
    _lacking(build)
    _apart(build)


def _add(build: Building, name: str, en: str, zh: str, **entry: Any) -> None:
    known = labels()["metrics"].get(name) or shipped()["metrics"][name]
    words = {key: copy.deepcopy(known[key]) for key in ("label", "synonyms", "hints") if key in known}
    build.metrics[name] = {**words, "description": {"en": en, "zh": zh}, **entry}


def _where(build: Building, table: str, condition: str = "") -> dict[str, Any]:
    """The condition of a metric over a table: without cancelled orders where the table reaches them."""
    reach = {table, *(j["right"].split(".")[0] for j in build.joins if j["left"].split(".")[0] == table)}
    parts = [condition] if condition else []
    if build.condition and any(f"{t}." in build.condition for t in reach):
        parts.append(build.condition)
    return {"where": " and ".join(parts)} if parts else {}


def _sales(build: Building) -> None:
    note_en, note_zh = _WITHOUT if build.condition else ("", "")
    table = build.base if build.column(build.base, "amount") else build.orders
    amount = build.column(table, "amount") if table else None
    if amount:
        shown = _shown(build, amount)
        _add(
            build,
            "revenue",
            f"Sum of {shown}{note_en}.",
            f"{shown}之和{note_zh}。",
            unit="currency",
            table=table,
            expr=f"sum({amount})",
            **_where(build, table),
            additive=True,
        )
    counted = build.base if build.column(build.base, "order_id") else build.orders
    if counted and build.column(counted, "order_id"):
        distinct = "per" in build.tables[counted] or (build.sheet(counted).kind == "orders" and counted == build.orders)
        order = build.column(counted, "order_id")
        expr = f"count({order})" if distinct else f"count(distinct {order})"
        time = {"additive": True} if distinct else {"additive_time": True}
        _add(
            build,
            "orders",
            f"Number of different orders{note_en}.",
            f"不同订单的数量{note_zh}。",
            unit="count",
            table=counted,
            expr=expr,
            **_where(build, counted),
            **time,
        )
    elif build.sheet(build.base).kind == "orders":
        _add(
            build,
            "orders",
            f"Number of rows of orders{note_en}.",
            f"订单行数{note_zh}。",
            unit="count",
            table=build.base,
            expr="count(*)",
            **_where(build, build.base),
            additive=True,
        )
    _ratio(build, "aov", "revenue", "orders", "currency")
    quantity = build.column(build.base, "quantity")
    if quantity:
        _add(
            build,
            "units",
            f"Sum of quantities{note_en}.",
            f"数量之和{note_zh}。",
            unit="count",
            table=build.base,
            expr=f"sum({quantity})",
            **_where(build, build.base),
            additive=True,
        )
        _ratio(build, "units_per_order", "units", "orders", "number")
        if table == build.base:
            _ratio(build, "price_per_unit", "revenue", "units", "currency", good="neutral")
    product = build.column(build.base, "product_id") or build.column(build.base, "variant_id")
    if product:
        _add(
            build,
            "products_sold",
            "Number of different products sold.",
            "售出的不同商品数。",
            unit="count",
            table=build.base,
            expr=f"count(distinct {product})",
            **_where(build, build.base),
        )


def _shown(build: Building, reference: str) -> str:
    """What a column is made of, in the database's own words."""
    table, name = reference.split(".")
    entry = build.tables[table]["columns"][name]
    source = build.tables[table]["source"]
    if isinstance(entry, str):
        return _plain(f"{source}.{entry}")
    text = f"{source}.{entry['of']}"
    text += f" × {entry['times']}" if "times" in entry else ""
    text += f" − {entry['minus']}" if "minus" in entry else ""
    return _plain(text + (f" × (1 − {entry['off']})" if "off" in entry else ""))


def _plain(text: str) -> str:
    """A name of the database as prose may hold it: no markup, no line of its own."""
    return "".join(c if c.isalnum() or c in "._ ×−-()（）" else " " for c in text)[:120]


def _ratio(build: Building, name: str, over: str, under: str, unit: str, good: str = "up") -> None:
    if over in build.metrics and under in build.metrics:
        a, b = build.metrics[over]["label"], build.metrics[under]["label"]
        more = {"good": good} if good != "up" else {}
        _add(
            build,
            name,
            f"{a['en']} divided by {b['en'].lower()}.",
            f"{a['zh']} ÷ {b['zh']}。",
            unit=unit,
            **more,
            numerator=over,
            denominator=under,
        )


def _customers(build: Building) -> None:
    customer = build.column(build.base, "customer_id")
    if not customer:
        return
    base, at = build.base, build.column(build.base, "ordered_at")
    _add(
        build,
        "customers",
        "Number of different customers that bought.",
        "有购买行为的不同客户数。",
        unit="count",
        table=base,
        expr=f"count(distinct {customer})",
        **_where(build, base),
    )
    _ratio(build, "orders_per_customer", "orders", "customers", "number")
    _ratio(build, "revenue_per_customer", "revenue", "customers", "currency")
    if "first_orders" in build.tables and at:
        _add(
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
    order = build.column(base, "order_id")
    if order:
        _add(
            build,
            "repeat_customers",
            "Customers with two or more orders in the period.",
            "期间内订单数不少于 2 的客户数。",
            unit="count",
            table=base,
            entity=customer,
            entity_having=f"min({order}) <> max({order})",
            **_where(build, base, f"{customer} is not null"),
        )
        _ratio(build, "repeat_rate", "repeat_customers", "customers", "ratio")


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
            _add(
                build,
                name,
                f"{en}.",
                f"{zh}。",
                unit="currency",
                **good,
                table=orders,
                expr=f"sum({column})",
                **_where(build, orders),
                additive=True,
            )
    for table in dict.fromkeys([orders, build.base]):  # an order's discount holds those of its lines
        column = build.column(table, "discount") if table else None
        if column:
            shown = _shown(build, column)
            _add(
                build,
                "discount",
                f"Sum of {shown}.",
                f"{shown}之和。",
                unit="currency",
                good="neutral",
                table=table,
                expr=f"sum({column})",
                **_where(build, table),
                additive=True,
            )
            if revenue == table:
                amount = build.column(table, "amount")
                _add(
                    build,
                    "gross_sales",
                    "Revenue plus discount.",
                    "销售额 + 折扣额。",
                    unit="currency",
                    table=table,
                    expr=f"sum({amount} + coalesce({column}, 0))",
                    **_where(build, table),
                    additive=True,
                )
                _ratio(build, "discount_rate", "discount", "gross_sales", "ratio", good="neutral")
            return


def _cancelled(build: Building) -> None:
    if not build.condition:
        return
    table, condition = build.orders or build.base, build.condition
    opposite = condition.replace(" is null", " is not null").replace(" not in (", " in (")
    order = build.column(table, "order_id")
    if order:
        _add(
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
        _ratio(build, "cancellation_rate", "cancelled_orders", "placed_orders", "ratio", good="down")


def _refunds(build: Building) -> None:
    table = build.events.get("refunds")
    if table is None:
        column = build.sheet(build.orders).holds.get("refund_amount") if build.orders else None
        if column is not None and build.column(build.orders, "refund_amount"):
            _add(
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
            _ratio(build, "refund_rate", "refund_amount", "revenue", "ratio", good="down")
        return
    sheet = build.sheet(table)
    _add(
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
        _add(
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
        _ratio(build, "refund_rate", "refund_amount", "revenue", "ratio", good="down")
    order = build.column(table, "order_id")
    if order:
        _add(
            build,
            "refunded_orders",
            "Different orders with a refund, by the day of the refund.",
            "有退款的不同订单数，按退款日期计。",
            unit="count",
            good="down",
            table=table,
            expr=f"count(distinct {order})",
        )
        _ratio(build, "return_rate", "refunded_orders", "orders", "ratio", good="down")


def _payments(build: Building) -> None:
    table = build.events.get("payments")
    if table is None:
        return
    sheet = build.sheet(table)
    _add(
        build,
        "payments",
        "Attempts to pay, failed ones included.",
        "支付尝试次数，含失败的支付。",
        unit="count",
        table=table,
        expr="count(*)",
        additive=True,
    )
    status = sheet.holds.get("order_status") or sheet.holds.get("financial_status")
    failed: list[str] = []
    if status is not None:
        known = {str(word).casefold() for word in labels()["states"]["failed"]}
        failed = sorted(v for v in build.probes.values(sheet.shape.name, status.name) if v.casefold() in known)
    condition = ""
    if status is not None and failed:
        made = build.add_column(table, status, "status", as_text=True)
        condition = f"{table}.{made} in ({', '.join(map(literal, failed))})"
        _add(
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
        _ratio(build, "payment_failure_rate", "failed_payments", "payments", "ratio", good="down")
    amount = sheet.holds.get("order_total")
    if amount is not None:
        paid = build.add_column(table, amount, "amount")
        where = {"where": f"not coalesce({condition}, false)"} if condition else {}
        _add(
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


def _lacking(build: Building) -> None:
    """What operators ask for and this store has no column of, so that it is said instead of guessed."""
    why = {
        "en": "The data that was connected has no column for it.",
        "zh": "已接入的数据中没有相应的字段。",
    }
    have = set(build.dimensions)
    gone = {
        "geography": have & {"country", "province", "city"},
        "gender": have & {"gender"},
        "channel": have & {"sales_channel", "device"},
        "cancellations": {"cancelled_orders"} & set(build.metrics),
        "delivery": {"shipping", "fulfillment_status", "shipping_method"} & (have | set(build.metrics)),
        "logistics": {"shipping", "fulfillment_status", "shipping_method"} & (have | set(build.metrics)),
        "product_names": have & {"product"},
        "wallet_brands": have & {"payment_method"},
    }
    for name, entry in shipped()["unavailable"].items():
        if not gone.get(name):
            build.unavailable[name] = {**copy.deepcopy({k: entry[k] for k in ("label", "synonyms")}), "why": why}
    for name, entry in shipped()["metrics"].items():
        if (
            name not in build.metrics
            and not entry.get("hidden")
            and name not in ("lines", "gross_sales", "counted_revenue")
        ):
            words = {key: copy.deepcopy(entry[key]) for key in ("label", "synonyms") if key in entry}
            build.unavailable[f"no_{name}"] = {"synonyms": {}, **words, "why": why}


def _apart(build: Building) -> None:
    """Take a word from all but the first that has it: one word names one thing of a kind."""
    shown = {name: entry for name, entry in build.metrics.items() if not entry.get("hidden")}
    said: set[str] = set()
    for entries in (shown, build.dimensions):
        taken: set[str] = set()
        for name, entry in entries.items():
            if any(folded(word) in taken for word in entry["label"].values()):  # two columns of one name
                entry["label"] = {language: f"{word} ({name})" for language, word in entry["label"].items()}
            taken |= {folded(word) for word in entry["label"].values()}
        for entry in entries.values():
            _keep(entry, taken)
        said |= taken
    build.unavailable = {
        name: entry
        for name, entry in build.unavailable.items()
        if not any(folded(word) in said for word in entry["label"].values())
    }
    for entry in build.unavailable.values():
        _keep(entry, said)


def _keep(entry: dict[str, Any], taken: set[str]) -> None:
    synonyms = entry.get("synonyms")
    if not synonyms:
        return
    for language, words in synonyms.items():
        fresh = []
        for word in dict.fromkeys(map(str, words)):
            if folded(word) not in taken:
                fresh.append(word)
                taken.add(folded(word))
        synonyms[language] = fresh
