"""Small shops of other people's making, to be connected: a Shopify-like database, exports in two languages."""

from __future__ import annotations

import random
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

TYPES = ("Tea", "Coffee", "Mugs")
CITIES = (("Berlin", "DE"), ("Paris", "FR"), ("Austin", "US"))
FIRST = datetime(2024, 1, 3, 9, 30)
SHOPIFY = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, first_name TEXT, last_name TEXT, phone TEXT,
  created_at TEXT, default_address TEXT, accepts_marketing INTEGER, country TEXT);
CREATE TABLE products (id INTEGER PRIMARY KEY, title TEXT, vendor TEXT, product_type TEXT, body_html TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT, email TEXT, customer_id INTEGER REFERENCES customers(id),
  created_at TEXT, cancelled_at TEXT, financial_status TEXT, source_name TEXT, currency TEXT, total_price REAL,
  subtotal_price REAL, total_shipping REAL, total_tax REAL, total_discounts REAL, note TEXT, shipping_city TEXT,
  shipping_address1 TEXT, browser_ip TEXT);
CREATE TABLE line_items (id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders(id), product_id INTEGER,
  title TEXT, quantity INTEGER, price REAL, sku TEXT);
CREATE TABLE refunds (id INTEGER PRIMARY KEY, order_id INTEGER, created_at TEXT, amount REAL, reason TEXT);
"""


def personal_values() -> tuple[str, ...]:
    """What must be found nowhere outside of the database."""
    return ("ada0@example.com", "Adalind", "Quixote", "+49 30 1234500", "Hidden Lane", "10.1.2.", "ring the bell twice")


def shopify(path: Path, orders: int = 240) -> Path:
    """An SQLite shop with Shopify's names, times with a zone, and personal columns in every table of people."""
    rng = random.Random(7)  # the same rows each time
    with sqlite3.connect(path) as shop:
        shop.executescript(SHOPIFY)
        for i in range(40):
            shop.execute(
                "INSERT INTO customers VALUES (?,?,?,?,?,?,?,?,?)",
                (9000 + i, f"ada{i}@example.com", "Adalind", "Quixote", f"+49 30 12345{i:02}", FIRST.isoformat(),
                 f"Hidden Lane {i}", i % 2, CITIES[i % 3][1]),
            )  # fmt: skip
        for i in range(12):
            kind = TYPES[i % 3]
            shop.execute(
                "INSERT INTO products VALUES (?,?,?,?,?)",
                (500 + i, f"{kind} No {i}", ("Acme", "Umbra")[i % 2], kind, f"<p>Nice {kind}</p>"),
            )
        line = 0
        for i in range(orders):
            at = FIRST + timedelta(hours=18 * i + rng.randrange(6))
            stamp = at.strftime("%Y-%m-%dT%H:%M:%S+01:00")
            goods = [(rng.randrange(12), rng.randint(1, 3)) for _ in range(rng.randint(1, 4))]
            subtotal = sum(q * (5 + p) for p, q in goods)
            cancelled = stamp if i % 20 == 7 else None
            city = CITIES[i % 3][0]
            shop.execute(
                f"INSERT INTO orders VALUES ({','.join('?' * 18)})",
                (70_000 + i, f"#{1001 + i}", f"ada{i % 40}@example.com", 9000 + rng.randrange(40), stamp, cancelled,
                 ("paid", "pending")[i % 9 == 0], ("web", "pos", "shopify_draft_order")[i % 3], "EUR", subtotal + 4.9,
                 subtotal, 4.9, round(subtotal * 0.19, 2), float(i % 5), "ring the bell twice", city,
                 f"Hidden Lane {i}", f"10.1.2.{i}"),
            )  # fmt: skip
            for p, q in goods:
                line += 1
                shop.execute(
                    "INSERT INTO line_items VALUES (?,?,?,?,?,?,?)",
                    (line, 70_000 + i, 500 + p, f"{TYPES[p % 3]} No {p}", q, 5.0 + p, f"SKU-{p}"),
                )
            if i % 15 == 3:
                later = (at + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%S+01:00")
                reason = ("damaged", "wrong item")[i % 2]
                shop.execute("INSERT INTO refunds VALUES (?,?,?,?,?)", (i, 70_000 + i, later, 5.0, reason))
    shop.close()
    return path
