"""Alembic's environment: one connection given by `hub.db.migrate`, or by `alembic -x url=...` for authors."""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from hub.db.base import SCHEMA
from hub.db.engine import OWNER_ROLE, parse_url
from hub.db.models import metadata


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table_schema=SCHEMA,
        include_schemas=True,
        include_name=lambda name, kind, _: kind != "schema" or name == SCHEMA,
        compare_server_default=False,
    )
    connection.exec_driver_sql(f"create schema if not exists {SCHEMA}")
    with context.begin_transaction():
        context.run_migrations()


async def run_with_url(url: str) -> None:
    engine = create_async_engine(parse_url(url))
    async with engine.begin() as connection:
        await connection.exec_driver_sql(f"set local role {OWNER_ROLE}")
        await connection.run_sync(run)
    await engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(run_with_url(context.get_x_argument(as_dictionary=True)["url"]))
