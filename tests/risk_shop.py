"""A small shop in SQLite with payments and refunds, for tests of the risk models and of the watch."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

from db.engine import Store, open_store
from db.semantic.load import load_store_schema

YAML = """
name: small
label: {en: Small shop, zh: 小店}
currency: USD
default_time: payments.at
tables:
  payments: {key: [id], time: at, clock: true}
  refunds: {key: [id], time: at, clock: true}
metrics:
  paid:
    label: {en: Paid, zh: 支付额}
    description: {en: Sum of payments., zh: 支付金额之和。}
    unit: currency
    table: payments
    expr: sum(payments.amount)
    additive: true
dimensions:
  date: {label: {en: Day, zh: 日期}, kind: time, grain: day}
  method: {label: {en: Method, zh: 方式}, table: payments, column: method}
roles:
  sales:
    table: payments
    columns: {customer: customer, order: order_id, product: id, time: at, amount: amount}
  payments:
    table: payments
    columns: {payment: id, order: order_id, customer: customer, time: at, amount: amount, method: method,
              status: status, device: device, card: card, address: address}
  refunds:
    table: refunds
    columns: {refund: id, order: order_id, customer: customer, time: at, amount: amount, reason: reason}
"""
START = datetime(2024, 3, 1)


class Shop:
    """Rows go in one by one; :meth:`open` gives the store."""

    def __init__(self, folder: Path, yaml: str = YAML) -> None:
        """Make the database and the YAML in a folder."""
        self.file, self.yaml = folder / "small.sqlite", folder / "small.yaml"
        self.yaml.write_text(yaml, encoding="utf-8")
        self._next = 1
        with sqlite3.connect(self.file) as db:
            db.execute(
                "CREATE TABLE payments (id INTEGER, order_id TEXT, customer TEXT, at TEXT, amount REAL, method TEXT,"
                " status TEXT, device TEXT, card TEXT, address TEXT)"
            )
            db.execute(
                "CREATE TABLE refunds (id INTEGER, order_id TEXT, customer TEXT, at TEXT, amount REAL, reason TEXT)"
            )
        db.close()

    def open(self) -> Store:
        """The store as it is now."""
        return open_store(f"sqlite:///{self.file}", load_store_schema(self.yaml))

    def pay(
        self,
        customer: str,
        hours: float,
        amount: float = 20.0,
        *,
        status: str = "paid",
        device: str | None = None,
        card: str | None = None,
        address: str | None = None,
        order: str | None = None,
        number: int | None = None,
        method: str = "card",
    ) -> int:
        """A payment so many hours after the start; device, card and address are the customer's own by default."""
        row = number or self._next
        self._next = max(self._next, row) + 1
        own = [
            text if text is not None else f"{kind}-{customer}"
            for kind, text in zip("dca", (device, card, address), strict=True)
        ]
        self._insert(
            "payments",
            (row, order or f"o{row}", customer, moment(hours), amount, method, status, *(text or None for text in own)),
        )
        return row

    def refund(
        self, customer: str, hours: float, amount: float = 5.0, order: str = "o1", reason: str = "damaged"
    ) -> int:
        """A refund so many hours after the start."""
        row = self._next
        self._next += 1
        self._insert("refunds", (row, order, customer, moment(hours), amount, reason))
        return row

    def ordinary(self, days: int = 30, customers: int = 12) -> None:
        """Quiet trade: every customer pays every third day or so."""
        for day in range(days):
            for customer in range(customers):
                if (day + customer) % 3 == 0:
                    self.pay(f"k{customer}", day * 24 + 8 + customer * 0.7, 15 + customer + day % 5)

    def ring(self, hours: float, customers: int = 5) -> list[int]:
        """Strangers who pay with one device and one card, an hour apart."""
        return [
            self.pay(f"r{i}", hours + i, 30.0, device="d-ring", card="c-ring", address=f"a-r{i}")
            for i in range(customers)
        ]

    def _insert(self, table: str, row: tuple[object, ...]) -> None:
        with sqlite3.connect(self.file) as db:
            db.execute("PRAGMA synchronous = OFF")
            db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
        db.close()


def moment(hours: float) -> str:
    """So many hours after the start, as the database writes it."""
    return (START + timedelta(hours=hours)).isoformat(sep=" ", timespec="seconds")
