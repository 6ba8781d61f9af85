"""Each table read by its names: what its rows are, which column holds what, and which are personal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from db.drafting.names import normal, words
from db.drafting.personal import key_rank, personal_name, personal_values
from db.drafting.shapes import ColumnShape, ShopShape, TableShape
from db.drafting.vocabulary import TableKind, concepts, table_kind

SheetKind = TableKind | Literal["flat"]
CATEGORIES = 200  # different values up to which a column of unknown meaning is a split
REPEATS = 2  # rows that a value of such a column has at least, on average

TIMES = ("ordered_at", "paid_at", "processed_at", "started_at", "updated_at", "cancelled_at")
MEASURES = (
    "quantity",
    "line_amount",
    "unit_price",
    "order_total",
    "line_discount",
    "discount",
    "shipping",
    "tax",
    "cost",
    "refund_amount",
    "stock",
)
IDS = (
    "order_id",
    "customer_id",
    "product_id",
    "variant_id",
    "store_id",
    "refund_id",
    "payment_id",
    "session_id",
    "ticket_id",
)
_SPLITS = (
    "category subcategory department brand size color order_status financial_status fulfillment_status sales_channel "
    "payment_method shipping_method country province city currency coupon gender age segment device"
).split()
_OF: Mapping[SheetKind, tuple[str, ...]] = {
    "orders": ("order_total", "discount", "shipping", "tax", "refund_amount"),
    "lines": ("line_amount", "unit_price", "quantity", "line_discount", "discount", "tax", "cost"),
    "flat": (
        "line_amount",
        "unit_price",
        "quantity",
        "order_total",
        "line_discount",
        "discount",
        "shipping",
        "tax",
        "cost",
        "refund_amount",
    ),
    "other": (
        "line_amount",
        "unit_price",
        "quantity",
        "order_total",
        "line_discount",
        "discount",
        "shipping",
        "tax",
        "cost",
        "refund_amount",
    ),
    "products": ("cost", "stock"),
    "refunds": ("refund_amount", "order_total"),
    "payments": ("order_total",),
}
_OWN: Mapping[SheetKind, str] = {
    "orders": "order_id",
    "products": "product_id",
    "customers": "customer_id",
    "stores": "store_id",
    "refunds": "refund_id",
    "payments": "payment_id",
    "sessions": "session_id",
    "tickets": "ticket_id",
}


class Probes(Protocol):
    """What is asked of the database while drafting; no value of an unknown column is ever asked for."""

    def level(self, table: str, order: str, columns: Sequence[str]) -> frozenset[str]:
        """The columns with one value in each order."""

    def overlap(self, left: tuple[str, str], right: tuple[str, str]) -> float:
        """The share of a column's values that another table's column holds."""

    def values(self, table: str, column: str) -> tuple[str, ...]:
        """The values of a column of states."""


@dataclass(frozen=True)
class Sheet:
    """One table as it was read. ``level``: of a flat table, the columns that say something of the whole order."""

    shape: TableShape
    kind: SheetKind
    holds: Mapping[str, ColumnShape]
    personal: tuple[str, ...] = ()
    splits: tuple[ColumnShape, ...] = ()  # of unknown meaning, yet with few values
    level: frozenset[str] = field(default=frozenset())
    key: ColumnShape | None = None  # personal, and read as a key because nothing else tells people apart

    def has(self, *names: str) -> bool:
        """Whether it holds all of these."""
        return all(name in self.holds for name in names)

    def of_order(self, concept: str) -> bool:
        """Whether the column of a concept says something of the whole order."""
        return concept in self.holds and self.holds[concept].name in self.level


def read_sheets(shop: ShopShape, probes: Probes) -> tuple[Sheet, ...]:
    """Every table of a database, read by its names."""
    return tuple(_read(shape, probes) for shape in shop.tables)


def _read(shape: TableShape, probes: Probes) -> Sheet:
    kind: SheetKind = table_kind(shape.name)
    if kind in ("orders", "lines", "other"):
        kind = _structure(shape, kind, _holds(shape, "other"))
    elif kind in ("products", "stores", "customers") and "order_id" in (found := _holds(shape, "other")):
        pointed = not shape.unique(found["order_id"].name) and not any(c in found for c in TIMES[:3])
        kind = _structure(
            shape, "lines" if pointed else "other", found
        )  # "items", "shop": of orders, whatever the name
    holds = _holds(shape, kind)
    sheet = Sheet(shape, kind, holds)
    if kind == "flat" and "order_id" in holds:
        lines = {
            holds[c].name
            for c in ("product_id", "variant_id", "product_name", "quantity", "unit_price", "order_id")
            if c in holds
        }
        others = [
            c.name
            for c in shape.columns
            if c.name not in lines and c.kind != "other" and not normal(c.name).startswith(("lineitem", "line_item"))
        ]
        level = probes.level(shape.name, holds["order_id"].name, others)
        if "unit_price" in holds and holds.get("line_amount", holds["order_id"]).name in level:
            holds["order_total"] = holds.pop("line_amount")  # written once an order, or on each of its lines again
        sheet = replace(sheet, holds=holds, level=level)
    return _classified(sheet)


def _structure(shape: TableShape, kind: TableKind, holds: Mapping[str, ColumnShape]) -> SheetKind:
    """Whether a table of sales has a row for each order, or for each product in it."""
    lined = any(c in holds for c in ("product_id", "variant_id", "product_name")) and any(
        c in holds for c in ("quantity", "unit_price", "line_amount")
    )
    dated = any(c in holds for c in TIMES[:3])
    priced = any(c in holds for c in ("line_amount", "unit_price", "order_total"))
    order = holds.get("order_id")
    repeated = order is not None and bool(shape.rows) and not shape.unique(order.name)
    if kind == "lines":
        return "flat" if dated and priced and "customer_id" in holds else "lines"
    if dated and priced and lined and (repeated or order is None or "quantity" in holds):
        return "flat"
    if kind == "orders" or (dated and priced and (order is not None or "customer_id" in holds)):
        return "orders"
    return "other"


def _holds(shape: TableShape, kind: SheetKind) -> dict[str, ColumnShape]:
    found: dict[str, ColumnShape] = {}
    own = _OWN.get(kind)
    if own:
        identity = _identity(shape, own)
        if identity is not None:
            found[own] = identity
    named = ("product_name",) if kind in ("products", "lines", "flat", "other") else ()
    order = ("order_status",) if kind in ("lines", "products", "customers") else ()
    for concept in (*IDS, *named, *TIMES, *_OF.get(kind, ()), *_SPLITS, "refund_reason", "subject"):
        if concept in found or concept in order or (concept == "store_id" and kind == "customers"):
            continue
        column = _find(shape, concept, kind, {c.name for c in found.values()})
        if column is not None:
            found[concept] = column
    if kind in ("orders", "flat", "other") and "order_id" not in found:
        column = next((c for c in shape.columns if normal(c.name) == "name" and "hash_number" in c.looks), None)
        if column is not None:
            found["order_id"] = column
    return found


def _identity(shape: TableShape, concept: str) -> ColumnShape | None:
    """The column that names a table's rows: its key, ``id``, or one called after what the rows are."""
    names = ["id", concept, *(k for k in shape.key if len(shape.key) == 1)]
    for name in [*names, *concepts()[concept]]:
        for column in shape.columns:
            if _compact(column.name) == _compact(name) and (shape.unique(column.name) or not shape.rows):
                return column
    return None


def _find(shape: TableShape, concept: str, kind: SheetKind, taken: set[str]) -> ColumnShape | None:
    for word in concepts()[concept]:
        for column in shape.columns:
            if column.name not in taken and _compact(column.name) == _compact(word) and _fits(concept, column, kind):
                return column
    return None


def _fits(concept: str, column: ColumnShape, kind: SheetKind) -> bool:
    if column.looks & {"email", "emails"} or (concept not in IDS and personal_values(column)):
        return False
    if concept in TIMES:
        return column.is_moment
    if concept in MEASURES:
        return column.is_number and not column.is_moment
    if concept == "product_name":
        return column.kind == "text" and not (kind == "flat" and "hash_number" in column.looks)
    if concept in IDS:
        return column.kind in ("int", "text") or (column.kind == "number" and column.distinct > 1)
    return column.kind in ("text", "bool", "int")


def _classified(sheet: Sheet) -> Sheet:
    """Which of the other columns are personal, and which are splits; what is neither known nor few is personal."""
    known = {c.name for c in sheet.holds.values()}
    personal, splits = [], []
    for column in sheet.shape.columns:
        if column.name in known:
            continue
        if (
            personal_name(column.name, sheet.shape.name)
            or personal_values(column)
            or _unclear(column, sheet.shape.rows)
        ):
            personal.append(column.name)
        elif column.kind in ("text", "bool") and column.distinct and not column.is_moment and not column.is_number:
            splits.append(column)
    holds = {
        concept: column
        for concept, column in sheet.holds.items()
        if not (concept not in IDS and personal_name(column.name))
        and not (concept == "customer_id" and "people" in column.looks)  # their names, not their numbers
    }
    dropped = [column.name for c, column in sheet.holds.items() if c not in holds]
    key = None if "customer_id" in holds else _key(sheet, (*personal, *dropped))
    return replace(sheet, holds=holds, personal=(*personal, *dropped), splits=tuple(splits), key=key)


def _unclear(column: ColumnShape, rows: int | None) -> bool:
    """Text that may say anything: sentences, or as many values as rows."""
    if column.kind == "other":
        return True
    if column.kind != "text" or column.is_moment or column.is_number or not column.filled:
        return False
    return "long" in column.looks or column.distinct > CATEGORIES or column.filled < REPEATS * column.distinct


def _key(sheet: Sheet, personal: Iterable[str]) -> ColumnShape | None:
    if sheet.kind not in ("orders", "flat"):
        return None
    shapes = {name: sheet.shape.column(name) for name in personal}
    ranks = {name: key_rank(name) for name, c in shapes.items() if c.distinct > 1 and "long" not in c.looks}
    if "customer_id" in sheet.holds:  # it held names
        ranks[sheet.holds["customer_id"].name] = 100
    ranked = [(rank, name) for name, rank in ranks.items() if rank is not None]
    return sheet.shape.column(min(ranked)[1]) if ranked else None


def _compact(name: str) -> str:
    return "".join(words(name))
