"""A second judgement, made after the answers, beside the one that was noted before them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Adds the column; of cases that are there nobody was asked."""
    op.add_column("mhkd_cases", sa.Column("judged_after", sa.String(200), nullable=True))


def downgrade() -> None:
    """Drops the column, with what is in it."""
    op.drop_column("mhkd_cases", "judged_after")
