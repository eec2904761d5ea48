"""The counters behind the references that people see. Only `hub.next_references` touches them."""

from __future__ import annotations

from sqlalchemy import Column, Integer, SmallInteger, Table, Text

from hub.db.base import Base

reference_counters = Table(
    "reference_counters",
    Base.metadata,
    Column("prefix", Text, primary_key=True),
    Column("year", SmallInteger, primary_key=True),
    Column("last", Integer, nullable=False),
)
