"""What sales can be split and filtered by: the calendar, known columns, and columns of few values."""

from __future__ import annotations

import copy
from typing import Any

from db.drafting.building import Building
from db.drafting.names import safe, spoken
from db.drafting.shapes import ColumnShape
from db.drafting.sheets import Sheet
from db.drafting.vocabulary import labels, shipped

_CALENDAR = ("date", "week", "month", "quarter", "year", "weekday", "day_type")
# concept → the dimension's name where the demo store has one, whose words are taken
_NAMES = {
    "product_name": "product",
    "store_id": "store",
    "variant_id": "sku",
    "age": "age",
    "refund_reason": "refund_reason",
}
_ORDER = (
    "category department brand product_name subcategory product_id variant_id size color store_id sales_channel "
    "country province city order_status financial_status fulfillment_status payment_method shipping_method coupon "
    "segment gender age device currency refund_reason"
).split()
_FEW = 1  # a column with one value splits nothing


def lay(build: Building) -> None:
    """Declare the dimensions."""
    if build.time:
        _calendar(build)
    sheets = [(t, build.sheet(t)) for t in build.tables if t != "first_orders"]
    for concept in _ORDER:
        for table, sheet in sheets:
            column = sheet.holds.get(concept)
            if column is not None and column.distinct > _FEW and _belongs(build, table, sheet, concept, column):
                _known(build, table, sheet, concept, column)
    for table, sheet in sheets:
        for column in sheet.splits:
            if _belongs(build, table, sheet, "", column) and column.distinct > _FEW:
                _unknown(build, table, column)
    _customer(build)
    found = ("category", "product", "department", "brand", "product_id", "sku", "sales_channel")
    build.default_split = next((name for name in found if name in build.dimensions), None)


def _calendar(build: Building) -> None:
    known = shipped()["dimensions"]
    table = build.time.split(".")[0]
    for name in (*_CALENDAR, *(["hour"] if build.tables[table].get("clock") else [])):
        entry = copy.deepcopy(known[name])
        if name in ("month", "quarter"):
            entry.pop("members", None)  # the demo store's own year
        build.dimensions[name] = entry


def _belongs(build: Building, table: str, sheet: Sheet, concept: str, column: ColumnShape) -> bool:
    """Whether a column is to be read from this table: a flat one has two or three, each for its own level."""
    if sheet.kind != "flat":
        return True
    per = build.tables[table].get("per")
    if table == build.base:
        of_order = bool(build.orders) and column.name in sheet.level
        return not of_order and not any(
            build.concept.get(f"{concept}.{t}") for t, c in build.tables.items() if t == "products" and c.get("per")
        )
    if table == build.orders:
        return column.name in sheet.level and concept not in ("product_id", "variant_id", "product_name")
    return bool(per) and f"{concept}.{table}" in build.concept


def _known(build: Building, table: str, sheet: Sheet, concept: str, column: ColumnShape) -> None:
    name = _NAMES.get(concept, concept)
    if sheet.kind == "payments" and concept in ("order_status", "financial_status"):
        name = "payment_status"
    if concept in ("product_id", "variant_id") and table != build.base:
        return
    if name in build.dimensions:
        if sheet.kind not in ("customers", "stores"):
            return
        name = safe(f"{sheet.kind.rstrip('s')}_{name}", build.dimensions)
    words = _words(name)
    if words is None:
        words = _words(_NAMES.get(concept, concept))
        words = _of_table(words, sheet)
    pick = "max" if build.tables[table].get("per") and f"{concept}.{table}" not in build.concept else ""
    number = column.kind == "int"
    made = build.concept.get(f"{concept}.{table}") or build.add_column(
        table, column, concept, as_text=not number, pick=pick
    )
    entry: dict[str, Any] = {**words, "table": table, "column": made}
    if number:
        entry["value"] = "int"
    if column.distinct > 1000:
        entry["fill"] = False
    build.dimensions[name] = entry


def _words(name: str) -> dict[str, Any] | None:
    """Label and synonyms of a dimension that is known by name."""
    own = labels()["dimensions"].get(name)
    if own is None:
        entry = shipped()["dimensions"].get(name)
        own = {key: entry[key] for key in ("label", "synonyms") if key in entry} if entry else None
    found: dict[str, Any] | None = copy.deepcopy(own)
    return found


def _of_table(words: dict[str, Any] | None, sheet: Sheet) -> dict[str, Any]:
    """The words of a second dimension of the same kind: the customer's country beside the order's."""
    whose = {"customers": ("Customer", "客户"), "products": ("Product", "商品"), "stores": ("Store", "门店")}
    en, zh = whose.get(sheet.kind, ("Other", "其他"))
    label = words["label"] if words else {"en": "", "zh": ""}
    return {"label": {"en": f"{en} {label['en'].lower()}".strip(), "zh": f"{zh}{label['zh']}"}}


def _unknown(build: Building, table: str, column: ColumnShape) -> None:
    name = safe(column.name, (*build.dimensions, *shipped()["metrics"]))
    label = spoken(column.name) or name
    pick = "max" if build.tables[table].get("per") else ""
    made = build.add_column(table, column, as_text=True, pick=pick)
    build.dimensions[name] = {"label": {"en": label, "zh": label}, "table": table, "column": made}
    if label.isascii():
        build.untranslated.append(name)


def _customer(build: Building) -> None:
    reference = build.column(build.base, "customer_id") or (build.orders and build.column(build.orders, "customer_id"))
    if not reference:
        return
    owner = build.orders or build.base
    sheet = build.sheet(owner)
    column = sheet.holds.get("customer_id")
    entry = copy.deepcopy({k: shipped()["dimensions"]["customer"][k] for k in ("label", "synonyms")})
    table, column_name = reference.split(".")
    value = {"value": "int"} if column is not None and column.kind == "int" else {}
    others = [f"{t}.{made}" for t in build.tables if t != table and (made := build.concept.get(f"customer_id.{t}"))]
    others = [other for other in others if build.sheet(other.split(".")[0]).kind != "customers"]
    build.dimensions["customer"] = {
        **entry,
        "table": table,
        "column": column_name,
        **value,
        "fill": False,
        "pii": "pseudonym",
        **({"also": others} if others else {}),
    }
