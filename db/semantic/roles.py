"""Roles: which of a store's tables hold purchases, products, payments…, so that models can find them in any store.

Metrics say what a store measures; roles say where the rows behind them lie. A tool names the roles that it needs and is
not offered in a store that lacks one. A role's fields are the product's words for columns, the same in every store.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from db.semantic.schema import StoreSchema


@dataclass(frozen=True, slots=True)
class RoleSpec:
    """The fields of a role: ``required`` must be declared by a store that has the role, ``optional`` may be."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields, the required ones first."""
        return self.required + self.optional


ROLES: Mapping[str, RoleSpec] = {
    "sales": RoleSpec(
        ("customer", "order", "product", "time", "amount"), ("quantity", "store", "discount", "coupon_discount")
    ),
    "products": RoleSpec(("product",), ("name", "type", "category", "department", "brand", "size")),
    "customers": RoleSpec(("customer",), ("age", "income", "home", "marital", "household_size", "kids")),
    "campaigns": RoleSpec(("campaign", "start", "end"), ("kind",)),
    "mailings": RoleSpec(("campaign", "customer")),
    "coupons": RoleSpec(("campaign", "coupon", "product")),
    "redemptions": RoleSpec(("campaign", "customer", "time"), ("coupon",)),
    "payments": RoleSpec(
        ("payment", "order", "customer", "time", "amount", "method", "status"),
        ("device", "card", "address", "reason", "charged_back", "store"),
    ),
    "refunds": RoleSpec(("refund", "order", "customer", "time", "amount", "reason"), ("product", "store")),
    "tickets": RoleSpec(
        ("ticket", "customer", "time", "subject"),
        ("order", "body", "language", "intent", "first_response", "closed", "channel"),
    ),
    "sessions": RoleSpec(("session", "time"), ("customer", "device", "source", "pages", "carted", "ordered", "order")),
}

# What a plan's steps hand on, and where a store says which column that is: name of the outputs' column → (role, field).
ENTITIES: Mapping[str, tuple[str, str]] = {
    "customer": ("sales", "customer"),
    "product": ("sales", "product"),
    "order": ("sales", "order"),
    "campaign": ("campaigns", "campaign"),
}


def entity_dimension(schema: StoreSchema, entity: str) -> str | None:
    """The dimension whose members are a store's customers, products, orders or campaigns; None where there is none.

    It is the one of the role's own column, or of a column that this one is joined with.
    """
    return role_dimension(schema, *ENTITIES[entity])


def role_dimension(schema: StoreSchema, role: str, field: str) -> str | None:
    """The dimension whose members stand in a role's column ("sales", "store"), or in one that it is joined with."""
    declared = schema.roles.get(role)
    column = declared.columns.get(field) if declared else None
    if declared is None or column is None:
        return None
    named = f"{declared.table}.{column}"
    pairs = [(join.left, join.right) for join in schema.joins]
    joined = {named, *(b for a, b in pairs if a == named), *(a for a, b in pairs if b == named)}
    return next((name for name, d in schema.dimensions.items() if joined & set(d.columns)), None)


def in_role(schema: StoreSchema, dimension: str, role: str) -> bool:
    """Whether a dimension lies in the table of a role: a category in that of the products."""
    found = schema.roles.get(role)
    return found is not None and schema.dimensions[dimension].table == found.table


def counts_of(schema: StoreSchema, dimension: str) -> frozenset[str]:
    """The metrics that count the members of a dimension, over all rows or some: customers, new customers."""
    counted = re.compile(rf"count\(distinct \w+\.{schema.dimensions[dimension].column}\)")
    return frozenset(name for name, m in schema.metrics.items() if counted.fullmatch(m.expr or ""))
