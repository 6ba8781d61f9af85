"""What columns and tables are usually called, and the words that people use for what is in them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from db.drafting.names import normal, words
from db.drafting.personal import of_people

TableKind = Literal[
    "orders", "lines", "products", "customers", "stores", "refunds", "payments", "sessions", "tickets", "other"
]

_KINDS: tuple[TableKind, ...] = (
    "lines",
    "refunds",
    "payments",
    "sessions",
    "tickets",
    "customers",
    "products",
    "stores",
    "orders",
)


@cache
def concepts() -> dict[str, tuple[str, ...]]:
    """Concept → the normalised names of its columns, the surest first."""
    text = (files("db.drafting") / "columns.yaml").read_text("utf-8")
    content: dict[str, list[Any]] = yaml.safe_load(text)
    return {name: tuple(normal(str(word)) for word in found) for name, found in content.items()}


@cache
def labels() -> dict[str, Any]:
    """Words for metrics and dimensions that the demo store lacks, and what is asked back; see ``words.yaml``."""
    content: dict[str, Any] = yaml.safe_load((files("db.drafting") / "words.yaml").read_text("utf-8"))
    return content


@cache
def shipped() -> dict[str, Any]:
    """The demo store's YAML: operators' words for a metric are the same in every shop."""
    from yaml import CSafeLoader

    with (files("db.stores") / "journey.yaml").open("rb") as file:
        content: dict[str, Any] = yaml.load(file, CSafeLoader)
    return content


def table_kind(name: str) -> TableKind:
    """What the rows of a table of that name usually are.

    >>> [table_kind(n) for n in ("shopify_orders", "LineItems", "tbl_customers", "订单明细", "export")]
    ['orders', 'lines', 'customers', 'lines', 'other']
    """
    bare = normal(name.rpartition(".")[2])
    parts = words(bare)
    tails = ["_".join(parts[i:]) for i in range(len(parts))]  # without a prefix: wp_, tbl_, shopify_
    heads = ["_".join(parts[:i]) for i in range(len(parts) - 1, 0, -1)]  # orders_export_1, orders_2024
    return next((kind for part in (*tails, *heads) if (kind := _kind(part))), "other")


def _kind(name: str) -> TableKind | None:
    tables = labels()["tables"]
    for kind in _KINDS:
        if name in tables[kind] or (kind == "customers" and name and "_" not in name and of_people(name)):
            return kind
    return None
