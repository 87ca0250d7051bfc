"""The table of kept cases. Changes go into a new file of ``migrations/versions``."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Date, DateTime, Float, MetaData, String, Table, Text

metadata = MetaData()
VERSION_TABLE = "mhkd_cases_version"

cases = Table(
    "mhkd_cases",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kept_at", DateTime, nullable=False, index=True),  # UTC
    Column("expires_on", Date, nullable=False, index=True),
    Column("bundle_name", String(200), nullable=False),
    Column("bundle_version", String(100), nullable=False),
    Column("bundle_sha256", String(64), nullable=False),
    Column("labels", JSON, nullable=False),
    Column("model_label", String(200), nullable=False),
    Column("model_probability", Float, nullable=False),
    Column("outside", Boolean, nullable=False),
    Column("withheld", Boolean, nullable=False),
    Column("judgement", String(200), nullable=False),
    Column("judged_first", Boolean, nullable=False),
    Column("judged_after", String(200), nullable=True),
    Column("note", Text, nullable=False),
    Column("text", Text, nullable=True),
    Column("analysis", JSON, nullable=False),
)
