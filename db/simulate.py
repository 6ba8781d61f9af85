"""Lay payments, refunds, support tickets and site visits over the demo store's real purchases.

The purchases are recorded, these are not: every metric over them says ``origin: simulated``. All is drawn from one
seed, and nothing from the clock, so that the same data and seed give the same tables, value for value. What is
simulated, and why it looks as it does: docs/simulation.md.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from db.simulation import payments as pay
from db.simulation import refunds as back
from db.simulation import sessions as site
from db.simulation import tickets as desk
from db.simulation.draws import DAY, Floats, Ints, at, stream
from db.simulation.orders import Orders, read_lines, read_orders
from db.simulation.people import METHODS, Counter, Numbers, settle
from db.simulation.rings import commit_fraud
from db.simulation.ticket_words import write_tickets
from db.simulation.truth import Labels, abuse_truth, fraud_truth, honest_truth, incident_truth

if TYPE_CHECKING:
    import duckdb

VERSION = 2  # raise it whenever other rows come out: loaded stores are then known to be old
SEED = 20170101
TABLES = {"payments": "payment_id", "refunds": "refund_id", "support_tickets": "ticket_id", "sessions": "session_id"}
_MONEY = "CAST(cents / 100.0 AS DECIMAL(12, 2))"
FIRST_ID = 100_001  # of payments, refunds, tickets and sessions


@dataclass(frozen=True, slots=True)
class Simulation:
    """Rows by table, and what was planted where (see :mod:`db.simulation.truth`)."""

    rows: dict[str, int]
    truth: dict[str, Any]


def simulate(connection: duckdb.DuckDBPyConnection, as_of: date, seed: int = SEED) -> Simulation:
    """Create the tables :data:`TABLES` in the open store, from its ``transactions`` and ``products``.

    Args:
        as_of: the shop's clock; a refund, an answer or a chargeback of a later day has not happened yet.
        seed: decides everything that is drawn.
    """
    orders = read_orders(connection)
    lines = read_lines(connection, orders)
    numbers = Numbers(Counter(), Counter(), Counter())
    now = at(as_of.isoformat())
    people = settle(orders, numbers, seed)
    fraud = commit_fraud(orders, people, numbers, seed)
    refunds, abusers = back.give_refunds(orders, lines, people, fraud, numbers, seed, now)
    payments, hit = pay.take_payments(orders, people, fraud, numbers, seed, now)
    sessions = site.visit(orders, people, numbers.devices, _stuck(now), seed, now)
    tickets = desk.open_tickets(orders, payments, refunds, seed, now)
    words = write_tickets(tickets, orders, lines, people.chinese, seed)
    labels = _labels(numbers, seed)
    rows = {
        "payments": _payments(connection, orders, payments, labels),
        "refunds": _refunds(connection, orders, refunds),
        "support_tickets": _tickets(connection, orders, tickets, words),
        "sessions": _sessions(connection, orders, sessions, labels),
    }
    truth = {
        "version": VERSION,
        "seed": seed,
        "as_of": as_of.isoformat(),
        "fraud": fraud_truth(orders, payments, fraud, labels),
        "refund_abuse": abuse_truth(orders, refunds, abusers, labels),
        "incidents": incident_truth(orders, lines, refunds, hit),
        "honest": honest_truth(orders, people, abusers, labels),
    }
    return Simulation(rows, truth)


def truth_path(store: Path) -> Path:
    """Where the truth of a store lies: ``journey.duckdb`` → ``journey.truth.json`` beside it."""
    return store.with_suffix(".truth.json")


def write_truth(store: Path, truth: Mapping[str, Any]) -> None:
    """Put the truth beside the store in one step."""
    target = truth_path(store)
    temporary = target.with_name(f".{target.name}.loading")
    temporary.write_text(json.dumps(truth, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(temporary, target)


def _labels(numbers: Numbers, seed: int) -> Labels:
    """Ids without an order, so that what was made late (for a ring) does not show."""
    rng = stream(seed, "labels")
    counters = (numbers.devices, numbers.cards, numbers.addresses)
    devices, cards, addresses = (rng.permutation(counter.next).astype(np.int64) for counter in counters)
    return Labels(devices, cards, addresses, FIRST_ID, FIRST_ID)


def _stuck(now: int) -> Floats:
    """How many times as many full carts are left behind, day by day, while something is wrong."""
    stuck = np.ones((now - at("2017-01-01")) // DAY)

    def on(start: str, days: int, times: float) -> None:
        low = (at(start[:10]) - at("2017-01-01")) // DAY
        stuck[low : low + days] *= times

    on(back.STOCK_OUT.start, back.STOCK_OUT.days, 1.6)
    on(back.MISPRICED.start, back.MISPRICED.days, 1.15)
    for outage in pay.OUTAGES:
        on(outage.start, 1, 1.5)
    return stuck


def _create(connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, Any], select: str) -> int:
    connection.register("simulated", dict(columns))
    try:
        connection.execute(f"CREATE TABLE {table} AS SELECT {select} FROM simulated ORDER BY {TABLES[table]}")  # noqa: S608
    finally:
        connection.unregister("simulated")
    return len(next(iter(columns.values())))


def _payments(connection: duckdb.DuckDBPyConnection, orders: Orders, payments: pay.Payments, labels: Labels) -> int:
    columns = {
        "id": np.arange(len(payments)) + FIRST_ID,
        "basket": orders.basket[payments.order],
        "household": orders.household[payments.order],
        "store": orders.store[payments.order],
        "time": payments.time,
        "cents": payments.cents,
        "method": payments.method,
        "status": payments.status,
        "reason": payments.reason,
        "device": labels.devices[payments.device],
        "card": np.where(payments.card >= 0, labels.cards[payments.card], -1),
        "address": labels.addresses[payments.address],
        "back": payments.back,
    }
    select = (
        "id AS payment_id, basket AS basket_id, household AS household_id, store AS store_id,"
        f" {_time('time')} AS paid_at, {_MONEY} AS amount,"
        f" {_name(METHODS, 'method')} AS method, {_name(pay.STATUSES, 'status')} AS status,"
        f" {_name(pay.REASONS, 'reason')} AS failure_reason, format('D{{:06d}}', device) AS device_id,"
        " CASE WHEN card >= 0 THEN format('C{:05d}', card) END AS card_token,"
        f" format('A{{:05d}}', address) AS address_id, {_time('back')} AS charged_back_at"
    )
    return _create(connection, "payments", columns, select)


def _refunds(connection: duckdb.DuckDBPyConnection, orders: Orders, refunds: back.Refunds) -> int:
    columns = {
        "id": np.arange(len(refunds)) + FIRST_ID,
        "basket": orders.basket[refunds.order],
        "household": orders.household[refunds.order],
        "store": orders.store[refunds.order],
        "product": refunds.product,
        "time": refunds.time,
        "cents": refunds.cents,
        "reason": refunds.reason,
    }
    select = (
        "id AS refund_id, basket AS basket_id, household AS household_id, store AS store_id, product AS product_id,"
        f" {_time('time')} AS refunded_at, {_MONEY} AS amount, {_name(back.REASONS, 'reason')} AS reason"
    )
    return _create(connection, "refunds", columns, select)


def _tickets(
    connection: duckdb.DuckDBPyConnection, orders: Orders, tickets: desk.Tickets, words: Sequence[list[str]]
) -> int:
    language, subject, body = (np.asarray(column, dtype=object) for column in words)
    columns = {
        "id": np.arange(len(tickets)) + FIRST_ID,
        "household": _or_none(orders, tickets.home),
        "basket": np.where(tickets.order >= 0, orders.basket[tickets.order], -1),
        "opened": tickets.time,
        "first": tickets.first,
        "closed": tickets.closed,
        "channel": tickets.channel,
        "language": language,
        "intent": tickets.intent,
        "subject": subject,
        "body": body,
    }
    select = (
        "id AS ticket_id, nullif(household, -1) AS household_id, nullif(basket, -1) AS basket_id,"
        f" {_time('opened')} AS opened_at, {_time('first')} AS first_response_at, {_time('closed')} AS closed_at,"
        f" {_name(desk.CHANNELS, 'channel')} AS channel, language, {_name(desk.INTENTS, 'intent')} AS intent,"
        " subject, body"
    )
    return _create(connection, "support_tickets", columns, select)


def _sessions(connection: duckdb.DuckDBPyConnection, orders: Orders, sessions: site.Sessions, labels: Labels) -> int:
    columns = {
        "id": np.arange(len(sessions)) + FIRST_ID,
        "household": _or_none(orders, sessions.home),
        "device": labels.devices[sessions.device],
        "time": sessions.time,
        "source": sessions.source,
        "pages": sessions.pages,
        "cart": sessions.cart,
        "ordered": (sessions.order >= 0).astype(np.int64),
        "basket": np.where(sessions.order >= 0, orders.basket[sessions.order], -1),
    }
    select = (
        "id AS session_id, nullif(household, -1) AS household_id, format('D{:06d}', device) AS device_id,"
        f" {_time('time')} AS started_at, {_name(site.SOURCES, 'source')} AS source, CAST(pages AS INTEGER) AS pages,"
        " cart = 1 AS added_to_cart, ordered = 1 AS ordered, nullif(basket, -1) AS basket_id"
    )
    return _create(connection, "sessions", columns, select)


def _or_none(orders: Orders, home: Ints) -> Ints:
    """Household ids by number, -1 kept."""
    ids = np.full(orders.homes + 1, -1, dtype=np.int64)
    ids[orders.home] = orders.household
    return ids[home]


def _time(column: str) -> str:
    return f"CASE WHEN {column} >= 0 THEN make_timestamp({column} * 1000000) END"


def _name(names: Sequence[str], column: str) -> str:
    return f"[{', '.join(repr(name) for name in names)}][nullif({column}, -1) + 1]"
