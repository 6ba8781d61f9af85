"""What the store knows of the order and the ticket that a customer writes about: looked up by code, never guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from db.errors import UnknownEntity
from db.frames import frame, source
from db.semantic.query import Interval
from db.semantic.roles import ROLES
from tools.registry import ToolContext

NAMED = 3  # products of an order that are named
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund for an order: its amount and day."""

    amount: Decimal
    day: date


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the store has it.

    Attributes:
        customer: the real id; never shown. products: names of the largest items, at most three.
        method, status: of its last payment, as the store writes them; "" where payments are not kept.
        simulated: payments or refunds behind it are simulated.
    """

    id: str
    customer: str
    day: date
    amount: Decimal
    items: int
    products: tuple[str, ...]
    method: str = ""
    status: str = ""
    refunds: tuple[Refund, ...] = ()
    simulated: bool = False

    @property
    def refunded(self) -> Decimal:
        """The sum of its refunds."""
        return sum((r.amount for r in self.refunds), Decimal(0))


@dataclass(frozen=True, slots=True)
class Ticket:
    """A support ticket: the message, who wrote it, and the order that it names."""

    id: str
    message: str
    customer: str | None
    order: str | None


class Orders:
    """Looks orders, customers and tickets up, under the asker's row filters and before the asked day."""

    def __init__(self, context: ToolContext) -> None:
        self._context = context
        start = context.store.data_range.start
        self._past = Interval(start=min(start, context.today), end=context.today)
        self._known: dict[str, Order | None] = {}

    def order(self, number: str) -> Order | None:
        """The order of a number; None where the store has none."""
        if number not in self._known:
            self._known[number] = self._read(number)
        return self._known[number]

    def require_customer(self, customer: str) -> None:
        """Raise UnknownEntity unless somebody bought under this id."""
        if not len(self._rows("sales", ("customer",), "customer", customer, limit=1)):
            raise UnknownEntity(f"There is no customer {customer} in this store.", "Check the number.")

    def ticket(self, number: str) -> Ticket:
        """A support ticket.

        Raises:
            UnknownEntity: no such ticket. RoleMissing: the store keeps no tickets.
        """
        declared = self._context.store.schema.roles.get("tickets")
        optional = [f for f in ("order", "body") if declared and f in declared.columns]
        rows = self._rows("tickets", ("ticket", "customer", "subject", *optional), "ticket", number, limit=1)
        if not len(rows):
            raise UnknownEntity(f"There is no ticket {number} in this store.", "Check the number.")
        row = rows.iloc[0].to_dict()
        words = [_text(row.get(name)) for name in ("subject", "body")]
        return Ticket(number, words[1] or words[0] or "", _text(row["customer"]), _text(row.get("order")))

    def _read(self, number: str) -> Order | None:
        fields = [f for f in ("customer", "time", "amount", "product", "quantity") if self._has("sales", f)]
        lines = self._rows("sales", fields, "order", number)
        if not len(lines):
            return None
        paid = self._rows_of("payments", ("time", "method", "status"), number)
        refunds = self._rows_of("refunds", ("time", "amount"), number)
        last = paid.sort_values("time").iloc[-1] if len(paid) else None
        lines = lines.sort_values("amount", ascending=False, kind="stable")
        return Order(
            id=number,
            customer=str(_text(lines["customer"].iloc[0])),
            day=lines["time"].iloc[0].date(),
            amount=_money(lines["amount"].sum()),
            items=len(lines),
            products=self._names([str(_text(p)) for p in lines["product"].iloc[:NAMED]]),
            method=str(last["method"]) if last is not None else "",
            status=str(last["status"]) if last is not None else "",
            refunds=tuple(Refund(_money(r.amount), r.time.date()) for r in refunds.sort_values("time").itertuples()),
            simulated=(len(paid) > 0 and self._simulated("payments"))
            or (len(refunds) > 0 and self._simulated("refunds")),
        )

    def _names(self, products: Sequence[str]) -> tuple[str, ...]:
        if not self._has("products", "name"):
            return ()
        rows = self._rows("products", ("product", "name"), "product", products)
        names = {_text(r.product): " ".join(str(r.name).split()) for r in rows.itertuples(index=False, name="R")}
        return tuple(dict.fromkeys(names[p] for p in products if p in names))

    def _rows_of(self, role: str, fields: Sequence[str], order: str) -> Any:
        import pandas as pd

        if not all(self._has(role, field) for field in (*fields, "order")):
            return pd.DataFrame(columns=list(fields))
        return self._rows(role, fields, "order", order)

    def _rows(
        self, role: str, fields: Sequence[str], key: str, wanted: str | Sequence[str], limit: int | None = None
    ) -> Any:
        """Rows of a role where a key is, or is one of, the wanted ids; before the asked day."""
        wanted = (wanted,) if isinstance(wanted, str) else tuple(wanted)
        time = self._past if "time" in ROLES[role].fields and self._has(role, "time") else None
        filters = self._context.row_filters if role != "products" else ()
        rows = source(self._context.store, role, tuple(dict.fromkeys((key, *fields))), time=time, filters=filters)
        select = sa.select(rows).where(sa.cast(rows.c[key], sa.String).in_(wanted))
        return frame(self._context.store, select.limit(limit) if limit else select, self._context.query_seconds)

    def _has(self, role: str, field: str) -> bool:
        declared = self._context.store.schema.roles.get(role)
        return declared is not None and field in declared.columns

    def _simulated(self, role: str) -> bool:
        """Whether any metric over the role's table is simulated, and so the table."""
        schema = self._context.store.schema
        declared = schema.roles.get(role)
        return declared is not None and any(
            m.origin == "simulated" and m.table == declared.table for m in schema.metrics.values()
        )


def day_of(moment: date) -> tuple[str, str]:
    """A day as a customer reads it, in English and Chinese.

    >>> day_of(date(2017, 12, 5))
    ('5 December 2017', '2017年12月5日')
    """
    return f"{moment.day} {moment:%B %Y}", f"{moment.year}年{moment.month}月{moment.day}日"


def _money(value: object) -> Decimal:
    return Decimal(str(value)).quantize(_CENT)


def _text(value: Any) -> str | None:
    """An id or a text of a frame; ids that pandas made floats are whole again."""
    if value is None or value != value:  # NaN is not itself
        return None
    return str(int(value)) if isinstance(value, float) else str(value)
