"""The tables of the state database. A change here needs a migration in ``migrations/versions`` and a new ``HEAD``."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Integer, MetaData, String, Table, Text, UniqueConstraint

HEAD = "0001"  # the newest migration; kept here so that an open of a current database need not load Alembic
TIME = String(32)  # ISO 8601 in UTC, as text: sorts, hashes and compares alike in every database

metadata = MetaData()

turns = Table(
    "turns",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation", String(200)),
    Column("principal", String(200), nullable=False),
    Column("store", String(200), nullable=False),
    Column("position", Integer, nullable=False),
    Column("answer_id", String(200), nullable=False),
    Column("question", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("queries", JSON, nullable=False),
    Column("status", String(32), nullable=False),
    Column("created_at", TIME, nullable=False),
    UniqueConstraint("conversation", "principal", "position", name="uq_turns_place"),
    Index("ix_turns_answer", "answer_id"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("answer_id", String(200), nullable=False),
    Column("rating", String(8), nullable=False),
    Column("why", Text, nullable=False),
    Column("created_at", TIME, nullable=False),
    Index("ix_feedback_answer", "answer_id"),
)

audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("who", String(200), nullable=False),
    Column("action", String(200), nullable=False),
    Column("payload", Text, nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
