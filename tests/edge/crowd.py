"""Fifty identities, what they ask, and what is due to each: reckoned beforehand as the owner, by plain SQL
over the rows that the hand-written oracle of `tests/policy` gives to each."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.database import Place
from hub.db.engine import Database
from hub.db.migrate import in_transaction
from hub.db.models import metadata
from hub.db.seed import run_as_owner
from hub.identity import sessions, tokens
from hub.identity.actor import Actor, Role
from hub.policy import APART
from tests.policy.oracle import Rows, Who, load
from tests.policy.world import World, build, due_to, names_of, type_of, within
from tests.policy.written import write

PEOPLE = 49
"""Besides the public."""
ROLES: tuple[tuple[str, ...], ...] = (
    ("PARTNER",),
    ("FOCAL_POINT",),
    ("PARTNER", "REVIEWER"),
    ("STAKEHOLDER",),
    ("CO_MANAGER",),
    ("ANALYST",),
    ("STAFF",),
    ("REVIEWER",),
    ("CO_CHAIR",),
    ("ADMIN",),
    ("PARTNER", "FOCAL_POINT", "STAKEHOLDER"),
    (),
)
"""In force: of one person after the other. Everybody was STAFF until yesterday, and will be CO_MANAGER.

Where that would stand apart from what the person is, it is CO_CHAIR.
"""
WITH_COOKIE = 5
"""Every fifth person asks with a browser's cookie, the others with a bearer token."""
COOKIE = "__Host-hub_session"
LIFE = timedelta(hours=12)
PAGE = 50
AT_CROWD = "@crowd.example"


@dataclass(frozen=True)
class Question:
    """A document, and how its data is reckoned from what is due to whoever asks."""

    document: str
    answer: Callable[[World], Awaitable[dict[str, Any]]]
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Identity:
    """Somebody who asks with a bearer token, a cookie, or neither; and what is due, by question."""

    name: str
    person: uuid.UUID | None
    headers: Mapping[str, str]
    expected: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Crowd:
    """Who asks what."""

    questions: tuple[Question, ...]
    identities: tuple[Identity, ...]

    def requests(self, count: int) -> list[tuple[Identity, int]]:
        """So many requests in no order, everybody's as many: who asks, and which question."""
        single = [number for number, question in enumerate(self.questions) if question.variables]
        whole = [number for number, question in enumerate(self.questions) if not question.variables]
        pairs = zip(itertools.cycle(single), itertools.cycle(whole), strict=False)
        each = list(itertools.islice(itertools.chain.from_iterable(pairs), count // len(self.identities)))
        asked = [(identity, number) for identity in self.identities for number in each]
        Random(50).shuffle(asked)
        return asked


# -- the questions -------------------------------------------------------------------------------------


def questions(rows: Rows) -> tuple[Question, ...]:
    """Who one is, lists with their counts, sums, and rows that are somebody else's for most who ask."""
    names, chosen = names_of(rows), Random(51)
    crowd = {row.id for row in rows.tables["persons"] if row.email.endswith(AT_CROWD)}
    somebodys = {
        "proposals": rows.tables["proposals"],
        "contributions": [row for row in rows.tables["contributions"] if not row.is_published],
        "persons": [row for row in rows.tables["persons"] if row.id in crowd],
        "login_sessions": [row for row in rows.tables["login_sessions"] if row.person_id in crowd],
        "invitations": rows.tables["invitations"],
    }
    return (
        Question("{ viewer { name email roles organisation { shortName } } }", _viewer),
        _listed("proposals", "created_at", reference="reference", state="state", title="title"),
        _listed("contributions", "recorded_on", reference="reference", isPublished="is_published"),
        _listed("initiatives", "starts_on", reference="reference", isPublished="is_published"),
        _listed("expressionsOfInterest", "created_at", reference="reference", message="message"),
        _listed("secondments", "starts_on", reference="reference", title="title"),
        _listed("invitations", "created_at", email="email", role="role"),
        Question(
            "{ contributionSummary(groupBy: [STATE]) { groups(first: 1000) { state currency contributionCount"
            " pledged { amount } committed { amount } received { amount } allocated { amount } } } }",
            _summed,
        ),
        *(_by_id(names[row.id]) for found in somebodys.values() for row in chosen.sample(found, 4)),
    )


def _listed(name: str, order: str, **columns: str) -> Question:
    """The newest rows of a list, and how many there are in all."""
    table = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    pairs = ", ".join(f"'{shown}', {column}" for shown, column in columns.items())
    statement = f"select json_build_object({pairs}) from {table} order by {order} desc, id desc"

    async def answer(world: World) -> dict[str, Any]:
        nodes = [row[0] for row in await world.keys(statement)]
        has_more = {"hasNextPage": len(nodes) > PAGE}
        return {name: {"totalCount": len(nodes), "pageInfo": has_more, "nodes": nodes[:PAGE]}}

    selected = f"totalCount pageInfo {{ hasNextPage }} nodes {{ {' '.join(columns)} }}"
    return Question(f"{{ {name}(first: {PAGE}) {{ {selected} }} }}", answer)


async def _viewer(world: World) -> dict[str, Any]:
    if world.who.person is None:
        return {"viewer": None}
    row = world.rows.by_id["persons"][world.who.person]
    organisation = world.rows.by_id["organisations"][row.organisation_id].short_name
    shown = {"name": row.name, "email": row.email, "roles": sorted(world.who.roles)}
    return {"viewer": shown | {"organisation": {"shortName": organisation}}}


async def _summed(world: World) -> dict[str, Any]:
    digits = {row.code: row.minor_unit for row in world.rows.tables["currencies"]}
    groups = []
    for state, currency, count, *sums in await world.summed(["STATE"], "true"):
        amounts = [{"amount": f"{Decimal(amount):.{digits[currency]}f}"} for amount in sums]
        named = dict(zip(("pledged", "committed", "received", "allocated"), amounts, strict=True))
        groups.append({"state": state, "currency": currency, "contributionCount": count, **named})
    return {"contributionSummary": {"groups": groups}}


def _by_id(name: str) -> Question:
    """The row of a global id."""

    async def answer(world: World) -> dict[str, Any]:
        is_due = any(world.names.get(id) == name for ids in world.due.values() for id in ids)
        return {"node": {"__typename": type_of(name), "id": name} if is_due else None}

    return Question("query($id: ID!) { node(id: $id) { __typename id } }", answer, {"id": name})


# -- the people ----------------------------------------------------------------------------------------


def assembled(place: Place) -> Crowd:
    """The crowd, made in the database."""
    today = datetime.now(UTC).date()
    run_as_owner(place.owner, partial(_make_people, today=today))
    run_as_owner(place.owner, write)
    rows = run_as_owner(place.owner, lambda owner: load(owner, metadata))
    return asyncio.run(_reckoned(place, rows, today))


ACTIVE = """select id from hub.organisations o
where exists (select from hub.proposals p where p.organisation_id = o.id)
   or exists (select from hub.contributions c where c.provider_id = o.id)
   or exists (select from hub.consultations c where c.consulted_id = o.id) order by o.name"""
PERSON = """insert into hub.persons (name, email, organisation_id, confirmed_at)
values (:name, :email, :organisation, now()) returning id"""
GRANT = """insert into hub.role_grants (person_id, organisation_id, role, starts_on, ends_on)
select id, organisation_id, :role, :starts_on, :ends_on from hub.persons where id = :person"""
REVIEWS = """insert into hub.proposal_reviews (proposal_id, organisation_id, revision_number, reviewer_id)
select id, organisation_id, 1, :person from hub.proposals where revision_number > 0
order by md5(id::text || :name) limit 3"""


def _or_else(role: str, held: tuple[str, ...]) -> str:
    return "CO_CHAIR" if not APART[Role(role)].isdisjoint(held) else role


async def _make_people(owner: AsyncConnection, *, today: date) -> None:
    """People who are not invented, in organisations that have proposed, given or been asked something."""
    organisations = itertools.cycle((await owner.scalars(text(ACTIVE))).all())
    day, year = timedelta(1), timedelta(365)
    for number, roles in zip(range(PEOPLE), itertools.cycle(ROLES), strict=False):
        named = {"name": f"Person {number}", "email": f"person-{number}{AT_CROWD}"}
        person = await owner.scalar(text(PERSON), named | {"organisation": next(organisations)})
        held = [(role, today - year, None) for role in roles]
        for role, starts_on, ends_on in (
            *held,
            (_or_else("STAFF", roles), today - year, today - day),
            (_or_else("CO_MANAGER", roles), today + day, None),
        ):
            grant = {"role": role, "starts_on": starts_on, "ends_on": ends_on}
            await owner.execute(text(GRANT), grant | {"person": person})
        if "REVIEWER" in roles:
            await owner.execute(text(REVIEWS), {"person": person, "name": str(number)})


async def _reckoned(place: Place, rows: Rows, today: date) -> Crowd:
    """What is due to everybody: each has a schema of those rows, which plain SQL reads."""
    asked = questions(rows)
    crowd = [row for row in rows.tables["persons"] if row.email.endswith(AT_CROWD)]
    database = Database(place.login, pool_size=1)
    identities = []
    for number, person in enumerate([*crowd, None]):
        who = rows.who_is(person and person.id, today)
        due, schema = due_to(who, rows), f"due_to_{number}"
        await in_transaction(place.owner, partial(build, schema, due))
        async with within(place, schema) as connection:
            world = World(who, rows, due, names_of(rows), connection)
            expected = tuple([await question.answer(world) for question in asked])
        headers = await credential(database, who, by_cookie=number % WITH_COOKIE == 0)
        name = f"{person.name} {sorted(who.roles)}" if person else "the public"
        identities.append(Identity(name, who.person, headers, expected))
    await database.dispose()
    return Crowd(asked, tuple(identities))


async def credential(database: Database, who: Who, *, by_cookie: bool) -> dict[str, str]:
    """The header with which somebody asks, of a session or a token as the hub makes them."""
    if who.person is None:
        return {}
    actor, now = Actor(who.person, who.organisation), datetime.now(UTC)
    async with database.writing(actor) as session:
        if by_cookie:
            lifetime = sessions.Lifetime(LIFE, LIFE)
            secret = await sessions.begin(session, actor, lifetime, now=now, browser="a test", account=None)
            return {"Cookie": f"{COOKIE}={secret}"}
        _, token = await tokens.issue(session, person_id=who.person, label="a test", expires_at=now + LIFE)
        return {"Authorization": f"Bearer {token}"}
