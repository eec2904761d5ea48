"""Which sums of contributions are kept beside them, so that a dashboard need not read them all; kept anew."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import SetUpError


class Grain(StrEnum):
    """How finely a kept sum tells contributions apart, besides by currency and publication."""

    CURRENCY = "CURRENCY"
    TRAITS = "TRAITS"
    PROVIDER = "PROVIDER"
    PROVIDER_YEAR = "PROVIDER_YEAR"


COLUMNS: dict[Grain, frozenset[str]] = {
    Grain.CURRENCY: frozenset({"currency"}),
    Grain.TRAITS: frozenset({"currency", "year", "kind", "state"}),
    Grain.PROVIDER: frozenset({"currency", "provider_id"}),
    Grain.PROVIDER_YEAR: frozenset({"currency", "provider_id", "year"}),
}
"""The columns of each grain's key, the coarsest grain first. `security.sql` groups by the same."""


def grain_with(columns: Collection[str]) -> Grain | None:
    """The coarsest grain that tells contributions apart by all the columns; None where no sums are kept."""
    return next((grain for grain, own in COLUMNS.items() if own.issuperset(columns)), None)


KEY_AND_SUMS = """grain, currency, is_published, year, kind, state, provider_id,
    contribution_count, pledged, committed, received, allocated"""
LIVE = """
    select case when grouping(kind) = 0 then 'TRAITS'
                when grouping(provider_id, year) = 0 then 'PROVIDER_YEAR'
                when grouping(provider_id) = 0 then 'PROVIDER'
                else 'CURRENCY' end as grain,
           currency, is_published, year, kind, state, provider_id,
           count(*), sum(pledged), sum(committed), sum(received), sum(allocated)
    from hub.contributions
    group by grouping sets ((currency, is_published), (currency, is_published, year, kind, state),
                            (currency, is_published, provider_id),
                            (currency, is_published, provider_id, year))
"""
"""What is to be kept, by the contributions themselves."""
DIFFERENCES = f"""
    with live as ({LIVE}), kept as (
        select grain, currency, is_published, year, kind, state, provider_id,
               sum(contribution_count), sum(pledged), sum(committed), sum(received), sum(allocated)
        from hub.contribution_rollups
        group by grain, currency, is_published, year, kind, state, provider_id
        having sum(contribution_count) <> 0 or sum(pledged) <> 0 or sum(committed) <> 0
            or sum(received) <> 0 or sum(allocated) <> 0
    ), differing as (
        (table live except all table kept) union all (table kept except all table live)
    )
    select count(distinct (grain, currency, is_published, year, kind, state, provider_id)) from differing
"""  # noqa: S608
"""How many sums the contributions and what is kept of them do not say alike; one scan of both."""

LONGEST_WAIT = "30s"


async def renew(connection: AsyncConnection) -> int:
    """Keep the sums of the contributions anew, as the owner; how many were wrong, and 0 changes nothing.

    Whoever writes a contribution waits meanwhile; readers see the old sums, then the new. SetUpError where
    somebody's long write does not end in time.
    """
    await connection.execute(text(f"set local lock_timeout = '{LONGEST_WAIT}'"))
    await connection.execute(text("select pg_advisory_xact_lock(7205014)"))  # nobody gathers parts meanwhile
    try:
        await connection.execute(text("lock table hub.contributions in share row exclusive mode"))
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        raise SetUpError(f"Contributions were being written for {LONGEST_WAIT}. Try again later.") from None
    differing: int = (await connection.execute(text(DIFFERENCES))).scalar_one()
    if differing:
        await connection.execute(text("delete from hub.contribution_rollups"))
        await connection.execute(text(f"insert into hub.contribution_rollups ({KEY_AND_SUMS}) {LIVE}"))
    return differing


LOCK_NOT_AVAILABLE = "55P03"
