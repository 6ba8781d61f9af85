"""The tables of sales: lines of orders and orders, one flat table of both, or orders alone; and what dates them."""

from __future__ import annotations

from db.drafting.building import Building
from db.drafting.shapes import ColumnShape
from db.drafting.sheets import Sheet
from db.drafting.vocabulary import labels
from db.semantic.render import literal

_DATES = ("ordered_at", "paid_at", "processed_at", "started_at", "updated_at")
ORDER_MEASURES = ("order_total", "discount", "shipping", "tax", "refund_amount")


def lay(build: Building) -> None:
    """Declare the tables of sales, with ids, dates and amounts."""
    flat = next((s for s in build.of_kind("flat") if s.shape.rows), None)
    orders = next((s for s in build.of_kind("orders") if s.shape.rows), None)
    lines = next((s for s in build.of_kind("lines") if s.shape.rows), None)
    if orders and lines and _lines_of(build, orders, lines):
        pass
    elif flat is not None and (orders is None or (flat.shape.rows or 0) >= (orders.shape.rows or 0)):
        _flat(build, flat)
    elif orders is not None and _moment(orders):
        _orders(build, orders)
    if build.base:
        _without_cancelled(build)


def _moment(sheet: Sheet) -> ColumnShape | None:
    return next((sheet.holds[c] for c in _DATES if c in sheet.holds), None)


def _time(build: Building, table: str, column: ColumnShape, pick: str = "") -> str:
    if column.kind == "int":  # seconds since 1970: no reading of another column
        read = "seconds" if "seconds" in column.looks else "milliseconds"
        build.tables[table]["columns"]["ordered_at"] = {
            "of": column.name,
            "read": read,
            **({"pick": pick} if pick else {}),
        }
        build.used[build.tables[table]["source"]].add(column.name)
        build.concept[f"ordered_at.{table}"] = made = "ordered_at"
    else:
        made = build.add_column(table, column, "ordered_at", pick=pick)
    build.tables[table]["time"] = made
    clock = column.has_clock
    if clock:
        build.tables[table]["clock"] = True
    return made


def _orders(build: Building, sheet: Sheet) -> str:
    table = build.base = build.orders = build.add_table(sheet, "orders" if sheet.kind != "orders" else "")
    if "order_id" in sheet.holds:
        build.add_column(table, sheet.holds["order_id"], "order_id")
        build.tables[table]["key"] = ["order_id"]
    moment = _moment(sheet)
    if moment is not None:
        build.time = f"{table}.{_time(build, table, moment)}"
    for measure in ORDER_MEASURES:
        if measure in sheet.holds:
            build.add_column(table, sheet.holds[measure], measure)
    if "order_total" in sheet.holds:
        build.concept[f"amount.{table}"] = build.concept[f"order_total.{table}"]
    else:
        _amount(build, sheet, table)
    return table


def _lines_of(build: Building, orders: Sheet, lines: Sheet) -> bool:
    """Orders with their lines; False where they cannot be joined."""
    pointer = lines.holds.get("order_id") or next(
        (lines.shape.column(f.column) for f in lines.shape.foreign if f.table == orders.shape.name), None
    )
    target = build.target(lines, pointer, orders) if pointer else None
    if pointer is None or target is None or _moment(orders) is None:
        return False
    _orders(build, orders)
    order_table = build.orders
    if target.name != orders.holds.get("order_id", target).name:  # lines point to another number than the one shown
        build.add_column(order_table, target)
    joined = build.add_column(order_table, target)
    table = build.base = build.add_table(lines)
    own = build.add_column(table, pointer, "order_id")
    build.add_join(f"{table}.{own}", f"{order_table}.{joined}")
    build.add_via(table, order_table, "ordered_at")
    build.tables[table]["time"] = "ordered_at"
    if build.tables[order_table].get("clock"):
        build.tables[table]["clock"] = True
    build.time = f"{table}.ordered_at"
    _products_sold(build, lines, table)
    _amount(build, lines, table)
    _discounted(build, lines, table)
    if build.column(table, "amount") is None:
        build.ask(
            f"The lines in '{lines.shape.name}' have no price: revenue is the orders' total, with no split by product.",
            f"明细表“{lines.shape.name}”没有单价：销售额取订单总额，不能按商品拆分。",
        )
    return True


def _flat(build: Building, sheet: Sheet) -> None:
    """One table of lines that carries its orders: what says something of an order is read from it once an order."""
    table = build.base = build.add_table(sheet, "sales" if sheet.kind == "other" else "")
    moment = _moment(sheet)
    if moment is not None:
        build.time = f"{table}.{_time(build, table, moment)}"
    _products_sold(build, sheet, table)
    order = sheet.holds.get("order_id")
    if order is None:
        build.ask(
            f"'{sheet.shape.name}' has no order number: orders, basket values and repeat purchases are not counted.",
            f"“{sheet.shape.name}”没有订单编号：无法统计订单数、客单价与复购。",
        )
        build.orders = ""
    else:
        build.add_column(table, order, "order_id")
        build.orders = made = build.add_table(sheet, f"{table}_orders", per=order)
        build.add_column(made, order, "order_id")
        build.tables[made]["key"] = ["order_id"]
        if moment is not None:
            _time(build, made, moment, pick="min")
        build.add_join(f"{table}.order_id", f"{made}.order_id")
        for measure in ORDER_MEASURES:
            if sheet.of_order(measure):
                build.add_column(made, sheet.holds[measure], measure, pick="max")
    _amount(build, sheet, table)
    _discounted(build, sheet, table)
    if build.column(table, "amount") is None and build.orders and build.column(build.orders, "order_total"):
        build.concept[f"amount.{build.orders}"] = build.concept[f"order_total.{build.orders}"]
        build.ask(
            f"'{sheet.shape.name}' repeats each order's total on its lines and has no price of a line: revenue has no "
            "split by product.",
            f"“{sheet.shape.name}”每行重复订单总额且没有单价：销售额不能按商品拆分。",
        )


def _products_sold(build: Building, sheet: Sheet, table: str) -> None:
    for concept in ("product_id", "variant_id", "quantity", "store_id"):
        if concept in sheet.holds:
            build.add_column(table, sheet.holds[concept], concept)


def _amount(build: Building, sheet: Sheet, table: str) -> None:
    """What a line brought in: written on it, or its price times its quantity, less its own discount."""
    holds = sheet.holds
    whole = holds.get("line_amount")
    if whole is None and sheet.kind in ("flat", "other") and not sheet.of_order("order_total"):
        whole = holds.get("order_total")
    price, count = holds.get("unit_price"), holds.get("quantity")
    if whole is not None and not (whole.name in sheet.level and build.orders and price is not None):
        if whole.name in sheet.level and build.orders and (sheet.shape.rows or 0) > 0 and _repeats(sheet):
            if build.column(build.orders, "order_total") is None:
                build.add_column(build.orders, whole, "order_total", pick="max")
            return
        build.add_column(table, whole, "amount")
    elif price is not None and count is not None and {price.kind, count.kind} <= {"int", "number"}:
        less = _line_discount(sheet)
        fraction = less is not None and "fraction" in less.looks
        build.add_column(
            table,
            price,
            "amount",
            times=count.name,
            minus=less.name if less and not fraction else "",
            off=less.name if less and fraction else "",
        )


def _discounted(build: Building, sheet: Sheet, table: str) -> None:
    less = _line_discount(sheet)
    if less is not None and "fraction" not in less.looks:
        build.add_column(table, less, "discount")


def _line_discount(sheet: Sheet) -> ColumnShape | None:
    """The discount of a line, which its price does not hold yet."""
    found = [sheet.holds[c] for c in ("line_discount", "discount") if c in sheet.holds and not sheet.of_order(c)]
    return next((column for column in found if column.kind in ("int", "number")), None)


def _repeats(sheet: Sheet) -> bool:
    order = sheet.holds.get("order_id")
    return order is not None and (sheet.shape.rows or 0) > order.distinct


def _without_cancelled(build: Building) -> None:
    """Leave orders out whose state says that they were cancelled."""
    table = build.orders or build.base
    sheet = build.sheet(table)
    pick = "max" if build.tables[table].get("per") else ""
    if "cancelled_at" in sheet.holds and (sheet.of_order("cancelled_at") or not pick):
        made = build.add_column(table, sheet.holds["cancelled_at"], "cancelled_at", pick=pick)
        build.condition = f"{table}.{made} is null"
        return
    known = {str(word).casefold() for word in labels()["states"]["cancelled"]}
    for concept in ("order_status", "financial_status"):
        column = sheet.holds.get(concept)
        if column is None or (pick and column.name not in sheet.level):
            continue
        values = sorted(v for v in build.probes.values(sheet.shape.name, column.name) if v.casefold() in known)
        if values:
            made = build.add_column(table, column, concept, as_text=True, pick=pick)
            build.condition = f"coalesce({table}.{made}, '') not in ({', '.join(map(literal, values))})"
            return
