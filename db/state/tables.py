"""The tables of the state database. A change here needs a migration in ``migrations/versions`` and a new ``HEAD``."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

HEAD = "0003"  # the newest migration; kept here so that an open of a current database need not load Alembic
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
    Column("via", String(32)),  # the face it was asked at: cli, chat, slack, api…
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
    Column("reviewed", String(16)),  # what an administrator made of a thumb: accepted, refused
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
    Column("rule", Integer),  # the alert rule that raised it; none of a watch
    Column("resolved_at", TIME),
    UniqueConstraint("store", "kind", "source", "row", name="uq_alerts_once"),
    Index("ix_alerts_created", "store", "created_at"),
)

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("password", String(200)),  # Argon2id, in its own text form; none: signs in with a token only
    Column("role", String(16), nullable=False),
    Column("row_filters", JSON, nullable=False),
    Column("may_see_pii", Boolean, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", TIME, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user", Integer, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(16), nullable=False),  # api, session
    Column("label", String(200), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),  # SHA-256 of a random token: it needs no salt
    Column("created_at", TIME, nullable=False),
    Column("expires_at", TIME),
    Column("used_at", TIME),
    Index("ix_tokens_user", "user"),
)

proposals = Table(
    "proposals",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("principal", String(200), nullable=False),
    Column("store", String(200), nullable=False),
    Column("action", String(64), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("summary_en", Text, nullable=False),
    Column("summary_zh", Text, nullable=False),
    Column("status", String(32), nullable=False),  # open, done, declined, expired
    Column("conversation", String(200)),  # where it was shown, so that a "yes" right after it means it
    Column("answer_id", String(200), nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("decided_at", TIME),
    Index("ix_proposals_open", "principal", "status"),
)

schedules = Table(
    "schedules",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("store", String(200), nullable=False),
    Column("owner", String(200), nullable=False),
    Column("kind", String(32), nullable=False),  # what runs: brief, alerts, watch
    Column("cron", String(100), nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("due_from", TIME, nullable=False),  # slots before this moment are nobody's to run
)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("schedule", Integer, ForeignKey("schedules.id", ondelete="CASCADE"), nullable=False),
    Column("slot", TIME, nullable=False),
    Column("worker", String(200), nullable=False),
    Column("status", String(32), nullable=False),  # running, done, failed
    Column("attempts", Integer, nullable=False),
    Column("lease_until", TIME),
    Column("error", Text),
    Column("created_at", TIME, nullable=False),
    Column("finished_at", TIME),
    Column("skipped", Integer, nullable=False),  # older slots that passed while nobody ran, and are not made up for
    UniqueConstraint("schedule", "slot", name="uq_runs_slot"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),  # idempotency: the same message is put once
    Column("channel", String(64), nullable=False),
    Column("message", JSON, nullable=False),
    Column("status", String(32), nullable=False),  # pending, sent, dead
    Column("attempts", Integer, nullable=False),
    Column("next_at", TIME, nullable=False),
    Column("lease_until", TIME),
    Column("error", Text),
    Column("created_at", TIME, nullable=False),
    Column("sent_at", TIME),
    Index("ix_deliveries_due", "status", "next_at"),
)

alert_rules = Table(
    "alert_rules",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("store", String(200), nullable=False),
    Column("owner", String(200), nullable=False),
    Column("kind", String(32), nullable=False),  # threshold, anomaly, risk
    Column("definition", JSON, nullable=False),
    Column("channels", JSON, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("state", String(16), nullable=False),  # ok, red, broken, removed
    Column("checked_upto", TIME),
    Column("created_at", TIME, nullable=False),
)

briefs = Table(
    "briefs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("store", String(200), nullable=False),
    Column("week", String(10), nullable=False),  # its Monday
    Column("language", String(8), nullable=False),
    Column("principal", String(200), nullable=False),
    Column("content", JSON, nullable=False),  # sections with facts and claims, as agent.brief writes them
    Column("files", JSON, nullable=False),  # format -> path under the data folder
    Column("created_at", TIME, nullable=False),
    Index("ix_briefs_week", "store", "week", "language"),
)

answers = Table(
    "answers",
    metadata,
    Column("answer_id", String(200), primary_key=True),
    Column("principal", String(200), nullable=False),
    Column("content", JSON, nullable=False),  # the answer's JSON as it was shown, customers under pseudonyms
    Column("created_at", TIME, nullable=False),
)

events_seen = Table(
    "events_seen",
    metadata,
    Column("source", String(32), primary_key=True),  # slack, feishu, dingtalk
    Column("event", String(200), primary_key=True),
    Column("created_at", TIME, nullable=False),
)
