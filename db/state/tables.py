"""The tables of the state database. A change here needs a migration in ``migrations/versions`` and a new ``HEAD``."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, Index, Integer, MetaData, String, Table, Text, UniqueConstraint

HEAD = "0002"  # the newest migration; kept here so that an open of a current database need not load Alembic
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

watch_cursors = Table(
    "watch_cursors",
    metadata,
    Column("store", String(200), primary_key=True),
    Column("source", String(64), primary_key=True),
    Column("moment", String(64), nullable=False),
    Column("row", String(200), nullable=False),
    Column("updated_at", TIME, nullable=False),
)

watch_seen = Table(
    "watch_seen",
    metadata,
    Column("store", String(200), primary_key=True),
    Column("source", String(64), primary_key=True),
    Column("row", String(200), primary_key=True),
    Column("moment", Float, nullable=False),
    Index("ix_watch_seen_moment", "store", "source", "moment"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("store", String(200), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("source", String(64), nullable=False),
    Column("row", String(200), nullable=False),
    Column("moment", String(64), nullable=False),
    Column("score", Float, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("status", String(32), nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("shown_at", TIME),
    UniqueConstraint("store", "kind", "source", "row", name="uq_alerts_once"),
    Index("ix_alerts_created", "store", "created_at"),
)
