"""Roles: where the tools find purchases, products, refunds and payments (:mod:`db.semantic.roles`)."""

from __future__ import annotations

from db.drafting.building import Building
from db.semantic.roles import ROLES


def lay(build: Building) -> None:
    """Declare the roles whose fields are all there."""
    _sales(build)
    _products(build)
    _customers(build)
    for kind, role in (("refunds", "refunds"), ("payments", "payments")):
        _event(build, kind, role)


def _declare(build: Building, role: str, table: str, concepts: dict[str, str]) -> None:
    """The role, where every field that it must have has a column."""
    found = {}
    for field in ROLES[role].fields:
        for concept in concepts.get(field, "").split():
            column = build.concept.get(f"{concept}.{table}")
            if column is not None:
                found[field] = column
                break
    if all(field in found for field in ROLES[role].required):
        build.roles[role] = {"table": table, "columns": found}


def _sales(build: Building) -> None:
    fields = {
        "customer": "customer_id",
        "order": "order_id",
        "product": "product_id variant_id",
        "time": "ordered_at",
        "amount": "amount",
        "quantity": "quantity",
        "store": "store_id",
        "discount": "discount",
    }
    _declare(build, "sales", build.base, fields)


def _products(build: Building) -> None:
    sold = build.roles.get("sales", {}).get("columns", {}).get("product")
    join = next((j for j in build.joins if j["left"] == f"{build.base}.{sold}"), None)
    if join is not None:
        table, column = join["right"].split(".")
    elif "products" in build.tables and build.tables["products"].get("per"):
        table, column = "products", "product_id"
        build.add_join(f"{build.base}.{sold or 'product_id'}", f"{table}.{column}")
    else:
        return
    build.concept[f"product.{table}"] = column
    fields = {
        "product": "product",
        "name": "product_name",
        "type": "subcategory category",
        "category": "category",
        "department": "department",
        "brand": "brand",
        "size": "size",
    }
    _declare(build, "products", table, fields)


def _customers(build: Building) -> None:
    for table in build.tables:
        if build.sheet(table).kind == "customers" and build.concept.get(f"customer_id.{table}"):
            fields = {"customer": "customer_id", "age": "age"}
            _declare(build, "customers", table, fields)
            if len(build.roles.get("customers", {}).get("columns", {})) == 1:
                build.roles.pop("customers")  # a number alone describes nobody


def _event(build: Building, kind: str, role: str) -> None:
    table = next((t for t in build.tables if build.sheet(t).kind == kind), None)
    if table is None:
        return
    sheet = build.sheet(table)
    for field, concept in (("refund", "refund_id"), ("payment", "payment_id")):
        if concept in sheet.holds and field in ROLES[role].fields:
            build.add_column(table, sheet.holds[concept], concept)
    if role == "payments":
        for concept in ("payment_method", "order_status", "financial_status"):
            if concept in sheet.holds and f"{concept}.{table}" not in build.concept:
                build.add_column(table, sheet.holds[concept], concept, as_text=True)
    fields = {
        "refund": "refund_id",
        "payment": "payment_id",
        "order": "order_id",
        "customer": "customer_id",
        "time": "ordered_at",
        "amount": "refund_amount amount",
        "reason": "refund_reason",
        "method": "payment_method",
        "status": "status order_status financial_status",
        "product": "product_id",
    }
    _declare(build, role, table, fields)
