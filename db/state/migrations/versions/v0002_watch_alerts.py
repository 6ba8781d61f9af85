"""What a watch has seen, and the alerts that it raised."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_TIME = sa.String(32)


def upgrade() -> None:
    """Create the watch's cursors, the rows seen near them, and the alerts, each once a row."""
    op.create_table(
        "watch_cursors",
        sa.Column("store", sa.String(200), primary_key=True),
        sa.Column("source", sa.String(64), primary_key=True),
        sa.Column("moment", sa.String(64), nullable=False),
        sa.Column("row", sa.String(200), nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
    )
    op.create_table(
        "watch_seen",
        sa.Column("store", sa.String(200), primary_key=True),
        sa.Column("source", sa.String(64), primary_key=True),
        sa.Column("row", sa.String(200), primary_key=True),
        sa.Column("moment", sa.Float, nullable=False),
    )
    op.create_index("ix_watch_seen_moment", "watch_seen", ["store", "source", "moment"])
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("store", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("row", sa.String(200), nullable=False),
        sa.Column("moment", sa.String(64), nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("shown_at", _TIME),
        sa.UniqueConstraint("store", "kind", "source", "row", name="uq_alerts_once"),
    )
    op.create_index("ix_alerts_created", "alerts", ["store", "created_at"])
