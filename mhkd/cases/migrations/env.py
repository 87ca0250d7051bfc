"""Runs the steps over the connection that ``mhkd.cases.place`` hands in."""

from __future__ import annotations

from alembic import context

from mhkd.cases.schema import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
