"""The table of kept cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "mhkd_cases",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("kept_at", sa.DateTime, nullable=False),
        sa.Column("expires_on", sa.Date, nullable=False),
        sa.Column("bundle_name", sa.String(200), nullable=False),
        sa.Column("bundle_version", sa.String(100), nullable=False),
        sa.Column("bundle_sha256", sa.String(64), nullable=False),
        sa.Column("labels", sa.JSON, nullable=False),
        sa.Column("model_label", sa.String(200), nullable=False),
        sa.Column("model_probability", sa.Float, nullable=False),
        sa.Column("outside", sa.Boolean, nullable=False),
        sa.Column("judgement", sa.String(200), nullable=False),
        sa.Column("judged_first", sa.Boolean, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=True),
        sa.Column("analysis", sa.JSON, nullable=False),
    )
    op.create_index("ix_mhkd_cases_kept_at", "mhkd_cases", ["kept_at"])
    op.create_index("ix_mhkd_cases_expires_on", "mhkd_cases", ["expires_on"])


def downgrade() -> None:
    """Drops the table, with all that is in it."""
    op.drop_table("mhkd_cases")
