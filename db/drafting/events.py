"""What happened to orders afterwards: refunds and payments, in tables of their own, joined to the orders."""

from __future__ import annotations

from db.drafting.building import Building
from db.drafting.sheets import Sheet

_DATES = ("processed_at", "paid_at", "ordered_at", "updated_at")


def lay(build: Building) -> None:
    """Declare the tables of refunds and payments, with their dates and orders."""
    for kind in ("refunds", "payments"):
        for sheet in build.of_kind(kind):
            moment = next((sheet.holds[c] for c in _DATES if c in sheet.holds), None)
            if moment is not None and moment.kind != "int" and sheet.shape.rows:
                table = build.events[kind] = build.add_table(sheet)
                build.tables[table]["time"] = build.add_column(table, moment, "ordered_at")
                if moment.has_clock:
                    build.tables[table]["clock"] = True
                _to_orders(build, table, sheet)
                break


def _to_orders(build: Building, table: str, sheet: Sheet) -> None:
    order = sheet.holds.get("order_id")
    if order is None or not build.orders:
        return
    owner = build.sheet(build.orders)
    if build.tables[build.orders].get("per"):
        known = owner.holds["order_id"]
        share = build.probes.overlap((sheet.shape.name, order.name), (owner.shape.name, known.name))
        target = known if share else None
    else:
        target = build.target(sheet, order, owner)
    if target is None:
        return
    made = build.add_column(table, order, "order_id")
    build.add_join(f"{table}.{made}", f"{build.orders}.{build.add_column(build.orders, target)}")
    if build.column(build.orders, "customer_id"):
        build.add_via(table, build.orders, "customer_id")
