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

_TABLES: dict[TableKind, str] = {
    "lines": "line_items order_items order_lines order_details orderdetails order_products lineitems lines line_item order_item order_line order_detail sales_order_item sales_flat_order_item items_sold 订单明细 明细 订单商品 商品明细 销售明细",
    "refunds": "refunds refund returns return creditmemo credit_memos sales_creditmemo rma 退款 退款单 退货 退货单 售后",
    "payments": "payments payment transactions charges order_transactions 支付 付款 支付记录 支付流水",
    "sessions": "sessions visits web_sessions 访问 会话",
    "tickets": "tickets support_tickets cases complaints 工单",
    "customers": "",  # by personal.yaml
    "products": "products product items item goods articles catalog catalogue variants product_variants skus 商品 产品 商品表 货品",
    "stores": "stores store shops shop locations branches outlets 门店 店铺",
    "orders": "orders order sales_order sales_flat_order purchases invoices invoice sales sale transactions_header baskets 订单 订单表 销售 销售单 交易",
}


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
    for tail in tails:
        for kind, known in _TABLES.items():
            if tail in known.split() or (kind == "customers" and tail and of_people(tail) and "_" not in tail):
                return kind
    heads = ["_".join(parts[:i]) for i in range(len(parts) - 1, 0, -1)]  # orders_export_1, orders_2024
    for head in heads:
        for kind, known in _TABLES.items():
            if head in known.split() or (kind == "customers" and of_people(head) and "_" not in head):
                return kind
    return "other"
