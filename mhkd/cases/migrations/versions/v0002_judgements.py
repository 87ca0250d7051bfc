"""A second judgement, made after the answers, and whether there was an answer at all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_CASES = sa.table(
    "mhkd_cases",
    sa.column("id", sa.String),
    sa.column("analysis", sa.JSON),
    sa.column("outside", sa.Boolean),
    sa.column("withheld", sa.Boolean),
)


def upgrade() -> None:
    """Adds the columns; nobody was asked twice, and stored findings tell what was withheld."""
    op.add_column("mhkd_cases", sa.Column("judged_after", sa.String(200), nullable=True))
    op.add_column(
        "mhkd_cases",
        sa.Column("withheld", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    connection = op.get_bind()
    rows = connection.execute(sa.select(_CASES.c.id, _CASES.c.analysis, _CASES.c.outside))
    withheld = [row.id for row in rows.all() if row.outside or _abstained(row.analysis)]
    for case in withheld:
        connection.execute(sa.update(_CASES).where(_CASES.c.id == case).values(withheld=True))


def downgrade() -> None:
    """Drops the columns, with what is in them."""
    op.drop_column("mhkd_cases", "withheld")
    op.drop_column("mhkd_cases", "judged_after")


def _abstained(analysis: object) -> bool:
    found = analysis.get("quality") if isinstance(analysis, dict) else None
    return isinstance(found, list) and any(
        isinstance(finding, dict) and finding.get("effect") == "abstains" for finding in found
    )
