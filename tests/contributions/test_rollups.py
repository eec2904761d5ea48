"""The sums kept beside contributions say what the contributions say, whoever writes, and whoever reads."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from decimal import Decimal
from itertools import combinations
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from starlette.applications import Starlette

from hub.contributions import rollups
from hub.contributions.rollups import COLUMNS, Grain, grain_with, renew
from hub.database import Place
from hub.db.migrate import become_owner
from hub.errors import SetUpError
from hub.identity.actor import PUBLIC
from schema.api import PLANNER
from tests.conftest import PERSONAS, Client

WRITERS, WRITES = 8, 1_250
KEYS = ("currency", "is_published", "year", "kind", "state", "provider_id")
SUMS = ("pledged", "committed", "received", "allocated")


@pytest.fixture
async def owner(place: Place) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(place.owner, poolclass=NullPool)
    yield engine
    await engine.dispose()


async def differences(owner: AsyncEngine) -> list[Any]:
    """What the kept sums say and the contributions do not, or the other way round."""
    sides = []
    for grain, columns in COLUMNS.items():
        keys = ", ".join(
            key if key in columns or key == "is_published" else f"null::{TYPES[key]}" for key in KEYS
        )
        sides.append(
            f"select '{grain}' as grain, {keys}, count(*) as number, {_sums()} from hub.contributions"
            f" group by {', '.join(sorted({*columns, 'is_published'}))}"
        )
    live = " union all ".join(sides)
    kept = (
        f"select grain, {', '.join(KEYS)}, sum(contribution_count), {_sums()} from hub.contribution_rollups"
        f" group by grain, {', '.join(KEYS)} having sum(contribution_count) <> 0"
        " or sum(pledged) <> 0 or sum(committed) <> 0 or sum(received) <> 0 or sum(allocated) <> 0"
    )
    async with owner.connect() as connection:
        found = await connection.execute(
            text(f"(({live}) except all ({kept})) union all (({kept}) except all ({live}))")
        )
        return list(found)


TYPES = {"currency": "text", "year": "smallint", "kind": "text", "state": "text", "provider_id": "uuid"}


def _sums() -> str:
    return ", ".join(f"sum({name})" for name in SUMS)


async def parts(owner: AsyncEngine) -> tuple[int, int]:
    """How many parts there are, and of how many keys."""
    async with owner.connect() as connection:
        row = (
            await connection.execute(
                text(
                    "select count(*), count(distinct (grain, currency, is_published, year, kind, state,"
                    " provider_id)) from hub.contribution_rollups"
                )
            )
        ).one()
    return row[0], row[1]


def test_the_coarsest_grain_is_chosen() -> None:
    assert grain_with({"currency"}) is Grain.CURRENCY
    assert grain_with({"currency", "kind"}) is Grain.TRAITS
    assert grain_with({"currency", "provider_id"}) is Grain.PROVIDER
    assert grain_with({"currency", "year", "provider_id"}) is Grain.PROVIDER_YEAR
    assert grain_with({"currency", "provider_id", "state"}) is None
    assert grain_with({"currency", "initiative_id"}) is None


class Roller:
    """One writer: random changes of contributions, some in batches, some rolled back."""

    def __init__(self, number: int, ids: list[Any], providers: list[Any]) -> None:
        self.random = random.Random(number)
        self.number, self.ids, self.providers = number, ids, providers

    async def run(self, url: str, writes: int) -> None:
        connection = await asyncpg.connect(url)
        done = 0
        while done < writes:
            several = self.random.choice((1, 1, 1, 2, 5))
            transaction = connection.transaction()
            await transaction.start()
            for write in sorted(self.write(done + n) for n in range(several)):
                await connection.execute(write)
            await (transaction.rollback() if self.random.random() < 0.2 else transaction.commit())
            done += several
        await connection.close()

    def write(self, number: int) -> str:
        amount = f"{self.random.randrange(1, 10**9) / 100:.2f}"
        id = self.random.choice(self.ids)
        change = self.random.choice(
            (
                f"pledged = {amount}, received = received + 0.01",
                f"committed = allocated + {amount}",
                "is_published = not is_published",
                f"year = {self.random.randrange(2019, 2028)}",
                f"state = '{self.random.choice(('PLEDGED', 'COMMITTED', 'RECEIVED', 'CANCELLED'))}'",
                f"title = 'Changed {number}'",
            )
        )
        if self.random.random() < 0.2:
            return self._insert(number, amount)
        if self.random.random() < 0.1:
            return f"delete from hub.contributions where reference like 'ROLL-{self.number}-%{number % 10}'"
        return f"update hub.contributions set {change} where id = '{id}'"

    def _insert(self, number: int, amount: str) -> str:
        return (
            "insert into hub.contributions (reference, title, kind, state, provider_id, currency, year,"
            " recorded_on, pledged, is_published) values"
            f" ('ROLL-{self.number}-{self.random.getrandbits(60)}-{number}', 'Rolled', 'DIRECT_FUNDING',"
            " 'PLEDGED',"
            f" '{self.random.choice(self.providers)}', '{self.random.choice(('AUD', 'IDR', 'USD'))}', 2026,"
            f" '2026-01-01', {amount}, {self.random.choice(('true', 'false'))})"
        )


async def test_sums_equal_the_contributions_after_ten_thousand_writes_by_eight_at_once(
    place: Place, owner: AsyncEngine
) -> None:
    assert await differences(owner) == []
    async with owner.connect() as connection:
        ids = list(await connection.scalars(text("select id from hub.contributions order by id")))
        providers = list(await connection.scalars(text("select id from hub.organisations order by id")))
        before = await connection.scalar(text("select count(*) from hub.contributions"))
    url = place.owner.set(drivername="postgresql").render_as_string(hide_password=False)
    # Each writer has contributions of its own to change, so that no row lock decides who comes when.
    writers = [Roller(n, ids[n::WRITERS], providers[:5]) for n in range(WRITERS)]
    await asyncio.gather(*(writer.run(url, WRITES) for writer in writers))
    async with owner.connect() as connection:
        assert await connection.scalar(text("select count(*) from hub.contributions")) != before
    assert await differences(owner) == []
    crowded, keys = await parts(owner)
    assert crowded < 20_000, "they were gathered on the way"
    async with owner.begin() as connection:
        await connection.execute(text("select hub.gather_contribution_rollups()"))
    gathered, left = await parts(owner)
    assert gathered == left <= keys
    assert await differences(owner) == []


async def renewed(owner: AsyncEngine) -> int:
    """How many sums were wrong before they were kept anew."""
    async with owner.begin() as connection:
        await connection.run_sync(become_owner)
        return await renew(connection)


async def test_wrong_sums_are_kept_anew_while_others_write(place: Place, owner: AsyncEngine) -> None:
    async with owner.begin() as connection:
        await connection.execute(text("update hub.contribution_rollups set pledged = pledged + 1"))
        ids = list(await connection.scalars(text("select id from hub.contributions order by id")))
        providers = list(
            await connection.scalars(text("select id from hub.organisations order by id limit 5"))
        )
    assert await differences(owner) != []
    url = place.owner.set(drivername="postgresql").render_as_string(hide_password=False)
    writers = [Roller(n, ids[n::4], providers).run(url, 100) for n in range(4)]
    renewals = [asyncio.create_task(renewed(owner)) for _ in range(3)]
    await asyncio.gather(*renewals, *writers)
    # The first to come found them, and left nothing to the others.
    assert sorted(renewal.result() > 0 for renewal in renewals) == [False, False, True]
    assert await differences(owner) == []
    assert await renewed(owner) == 0


async def test_sums_are_not_renewed_while_a_write_does_not_end(
    owner: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollups, "LONGEST_WAIT", "100ms")
    async with owner.connect() as writer:
        await writer.execute(text("update hub.contributions set pledged = pledged"))
        with pytest.raises(SetUpError, match="Try again later"):
            await renewed(owner)
        await writer.rollback()
    assert await renewed(owner) == 0


async def test_what_is_rolled_back_was_never_summed(owner: AsyncEngine) -> None:
    before = await parts(owner)
    async with owner.connect() as connection:
        await connection.execute(text("update hub.contributions set pledged = pledged + 1"))
        await connection.rollback()
    assert await parts(owner) == before
    assert await differences(owner) == []


async def test_a_change_that_sums_do_not_show_leaves_no_part(owner: AsyncEngine) -> None:
    before = await parts(owner)
    async with owner.begin() as connection:
        await connection.execute(text("update hub.contributions set title = title || '.'"))
    assert await parts(owner) == before


async def test_gathering_leaves_out_keys_that_nothing_has_any_more(owner: AsyncEngine) -> None:
    async with owner.begin() as connection:
        await connection.execute(text("update hub.contributions set year = 1999"))
        await connection.execute(text("select hub.gather_contribution_rollups()"))
        years = await connection.scalars(
            text("select distinct year from hub.contribution_rollups where grain = 'TRAITS'")
        )
        assert list(years) == [1999]


async def test_nobody_writes_sums_by_hand(app: Starlette, people: Client) -> None:
    staff = (await people("staff")).token
    assert staff is not None
    async with app.state.database.app.connect() as connection:
        for statement in (
            "insert into hub.contribution_rollups (grain, currency, is_published, contribution_count,"
            " pledged, committed, received, allocated) values ('CURRENCY', 'AUD', true, 1, 1, 1, 1, 1)",
            "update hub.contribution_rollups set pledged = 1",
            "delete from hub.contribution_rollups",
            "select hub.gather_contribution_rollups()",
        ):
            with pytest.raises(Exception, match="permission denied"):
                await connection.execute(text(statement))
            await connection.rollback()


# -- reading ---------------------------------------------------------------------------------------------

GROUPS = """{ groups(first: 1000) { year kind state currency provider { id } contributionCount
    pledged { amount } committed { amount } received { amount } allocated { amount } }
    totals { currency contributionCount pledged { amount } committed { amount } received { amount }
        allocated { amount } } }"""
KEPT = ("YEAR", "KIND", "STATE", "CURRENCY", "PROVIDER")
FILTERS = ("", "state: [PLEDGED], kind: [IN_KIND, DIRECT_FUNDING]", 'currency: ["AUD", "IDR"], year: 2025')
IN_ALL = ' search: "everywhere"'
"""With a search no kept sum serves; the test writes the word into every title."""


def asked(dimensions: tuple[str, ...], condition: str) -> str:
    return f"contributionSummary(groupBy: [{', '.join(dimensions)}], filter: {{ {condition} }}) {GROUPS}"


def figures(group: dict[str, Any]) -> dict[str, Any]:
    """The group with its amounts as numbers: the digits of a zero may differ."""
    return {k: Decimal(v["amount"]) if isinstance(v, dict) and "amount" in v else v for k, v in group.items()}


@pytest.mark.parametrize("name", [None, *PERSONAS])
async def test_kept_and_live_sums_are_the_same_to_everybody(
    name: str | None, app: Starlette, people: Client, owner: AsyncEngine
) -> None:
    async with owner.begin() as connection:  # so that one search finds every contribution
        await connection.execute(text("update hub.contributions set title = title || ' everywhere'"))
    person = await people(name)
    groupings = [chosen for number in range(3) for chosen in combinations(KEPT, number)]
    for condition in FILTERS:
        fields = []
        for n, chosen in enumerate(groupings):
            fields.append(f"kept{n}: {asked(chosen, condition)}")
            fields.append(f"live{n}: {asked(chosen, condition + IN_ALL)}")
        for start in range(0, len(fields), 16):
            data = await person.data("{" + " ".join(fields[start : start + 16]) + "}")
            for key, summary in data.items():
                if key.startswith("kept"):
                    live = data["live" + key.removeprefix("kept")]
                    assert list(map(figures, summary["groups"])) == list(map(figures, live["groups"]))
                    assert list(map(figures, summary["totals"])) == list(map(figures, live["totals"]))


def test_which_summaries_read_the_contributions() -> None:
    def statement(dimensions: tuple[str, ...], condition: str) -> str:
        planned = PLANNER.plan("{" + asked(dimensions, condition) + "}", None, {}, PUBLIC)
        assert planned is not None
        assert planned[0].sql is not None
        return planned[0].sql

    for dimensions, condition in ((("PROVIDER",), ""), (("YEAR", "KIND"), "state: [PLEDGED]"), ((), "")):
        assert "hub.contributions" not in statement(dimensions, condition)
    for dimensions, condition in ((("PROVIDER", "KIND"), ""), (("YEAR",), 'search: "road"')):
        assert "hub.contributions" in statement(dimensions, condition)
