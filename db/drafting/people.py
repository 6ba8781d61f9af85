"""Who bought and what: customers, when each of them first bought, products and stores, joined to the sales."""

from __future__ import annotations

from db.drafting.building import Building
from db.drafting.shapes import ColumnShape
from db.drafting.sheets import Sheet


def lay(build: Building) -> None:
    """Declare customers, their first orders, products and stores."""
    _customers(build)
    for concept in ("product_id", "variant_id"):
        _joined(build, build.base, concept, "products")
    _joined(build, build.base, "store_id", "stores")
    _products_of_flat(build)
    if not any(build.column(build.base, c) for c in ("product_id", "variant_id")):
        build.ask("The sales do not say which product was sold.", "销售数据没有记录售出的商品。")


def _customers(build: Building) -> None:
    owner = build.orders or build.base
    sheet = build.sheet(owner)
    column, key = sheet.holds.get("customer_id"), False
    if column is None and sheet.key is not None:
        column, key = sheet.key, True
        build.ask(
            f"'{sheet.shape.name}' has no customer number: customers are told apart by '{column.name}', of which only "
            "a one-way key is read.",
            f"“{sheet.shape.name}”没有客户编号：用“{column.name}”区分客户，只读取其不可还原的密钥。",
        )
    if column is None:
        build.ask(
            f"'{sheet.shape.name}' does not say who bought: no customers, no repeat purchases, no segments.",
            f"“{sheet.shape.name}”没有记录购买者：无法统计客户数、复购与客户分群。",
        )
        return
    per = bool(build.tables[owner].get("per"))
    build.add_column(owner, column, "customer_id", key=key, pick="max" if per else "")
    if owner != build.base:
        build.add_via(build.base, owner, "customer_id")
    if not key:
        for other in build.of_kind("customers"):
            target = build.target(sheet, column, other)
            if target is not None:
                table = build.add_table(other)
                made = build.add_column(table, target, "customer_id")
                build.tables[table]["key"] = [made]
                for left in dict.fromkeys([build.base, owner]):
                    build.add_join(f"{left}.customer_id", f"{table}.{made}")
                break
    _first_orders(build, sheet, column, key)


def _first_orders(build: Building, sheet: Sheet, column: ColumnShape, key: bool) -> None:
    """One row a customer with the moment of their first order, so that new customers can be counted."""
    owner = build.orders or build.base
    at = build.column(owner, "ordered_at")
    if at is None or build.column(build.base, "ordered_at") is None:
        return
    dated = build.tables[owner]["columns"][at.split(".")[1]]
    moment = sheet.shape.column(dated if isinstance(dated, str) else dated["of"])
    table = build.add_table(sheet, "first_orders", per=column)
    build.add_column(table, column, "customer_id", key=key)
    first = dict(dated) if isinstance(dated, dict) else {"of": moment.name}
    build.tables[table]["columns"]["first_at"] = {**first, "pick": "min"}
    build.tables[table]["key"] = ["customer_id"]
    build.add_join(f"{build.base}.customer_id", f"{table}.customer_id")


def _joined(build: Building, table: str, concept: str, kind: str) -> None:
    reference = build.column(table, concept)
    if reference is None:
        return
    sheet = build.sheet(table)
    for other in build.of_kind(kind):
        target = build.target(sheet, sheet.holds[concept], other)
        if target is None:
            continue
        made = next((t for t, c in build.tables.items() if c["source"] == other.shape.name), None)
        if made is not None and any(j["right"].startswith(f"{made}.") for j in build.joins):
            return  # joined by a surer column
        made = made or build.add_table(other)
        column = build.add_column(made, target, concept if target == other.holds.get(concept) else "")
        build.tables[made].setdefault("key", [column])
        build.concept.setdefault(f"{concept}.{made}", column)
        build.add_join(reference, f"{made}.{column}")
        return


def _products_of_flat(build: Building) -> None:
    """The products of a flat table: one row a product, with what its lines say of it."""
    sheet = build.sheet(build.base)
    if sheet.kind != "flat" or any(build.sheet(t).kind == "products" for t in build.tables):
        return
    column = sheet.holds.get("product_id") or sheet.holds.get("variant_id") or sheet.holds.get("product_name")
    if column is None:
        return
    if column == sheet.holds.get("product_name"):  # the name is all there is to tell products apart
        build.add_column(build.base, column, "product_id")
    table = build.add_table(sheet, "products", per=column)
    build.add_column(table, column, "product_id")
    build.tables[table]["key"] = ["product_id"]
    for concept in ("product_name", "category", "subcategory", "department", "brand", "size"):
        if concept in sheet.holds and concept not in build.concept:
            build.add_column(table, sheet.holds[concept], concept, as_text=True, pick="max")
