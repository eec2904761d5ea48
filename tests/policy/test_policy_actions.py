"""Every mutation by everybody over HTTP: what the policy allows is done, what it denies changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select

from hub import policy
from hub.audit.models import AuditEvent
from hub.database import Place
from hub.db.models import metadata
from hub.identity.actor import Actor
from hub.identity.models import Person
from hub.policy import Action
from schema.api import schema
from schema.compiler.ids import parse
from tests.conftest import Client
from tests.policy.clones import IDENTITIES, actor_of, as_owner, clone
from tests.policy.mutations import MUTATIONS, Case, Given
from tests.policy.oracle import Rows, load
from tests.policy.outcomes import TABLE_OF, fingerprint
from tests.policy.stage import DAY, Stage

EVENTS = select(func.count()).select_from(AuditEvent)
LAST_EVENT = (
    select(AuditEvent.action, Person.persona)
    .join_from(AuditEvent, Person, Person.id == AuditEvent.person_id)
    .order_by(AuditEvent.id.desc())
    .limit(1)
)


BY_OTHER_MEANS = {Action.FILE_UPLOAD}
"""Done at an address of its own: tests/files tries it as everybody."""


def test_every_mutation_and_every_action_is_tried() -> None:
    mutations = schema._schema.mutation_type
    assert mutations is not None
    assert set(MUTATIONS) == set(mutations.fields)
    assert {case.action for case in MUTATIONS.values()} | BY_OTHER_MEANS == set(Action) == set(policy.GRANTS)
    assert not {case.action for case in MUTATIONS.values()} & BY_OTHER_MEANS
    assert len({case.action for case in MUTATIONS.values()}) == len(MUTATIONS), "one mutation an action"


async def prepared(place: Place, case: Case, *, is_foreign: bool = False) -> Given:
    """The input, with a subject of its own."""
    async with as_owner(place) as owner:
        return await case.prepare(Stage(owner, is_foreign=is_foreign))


def subject_of(rows: Rows, given: Given) -> tuple[str, Any] | None:
    """The table and the row that the input is about; None where something is made."""
    if not {"id", "personId"} & set(given):
        return None
    parsed = parse(given.get("id") or given["personId"])
    assert parsed is not None
    table = TABLE_OF[parsed[0]]
    return table, rows.by_id[table][parsed[1]]


def denial(rows: Rows, name: str | None, given: Given) -> str:
    """What somebody who may not do it is told: NotFound where he or she does not see the subject.

    The public is always told to sign in first.
    """
    subject = subject_of(rows, given)
    if name is None or subject is None or rows.sees(subject[0], rows.who(name, DAY), subject[1]):
        return "NotAllowed"
    return "NotFound"


@pytest.fixture(scope="module")
def written_place(server: Any, template: str) -> Iterator[Place]:
    """The database in which this file acts."""
    with clone(server, template, "hub_policy_actions") as place:
        yield place


@pytest.fixture
def place(written_place: Place) -> Place:
    """Under `app` and `people`: one database for the whole file; each attempt has a subject of its own."""
    return written_place


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_who_may_not_is_refused_and_nothing_changes(
    mutation: str, place: Place, people: Client
) -> None:
    case = MUTATIONS[mutation]
    own, foreign = await prepared(place, case), await prepared(place, case, is_foreign=True)
    asked = [(name, own) for name in IDENTITIES if name not in case.allowed]
    if {"id", "personId"} & set(foreign):
        asked += [(name, foreign) for name in IDENTITIES if name not in case.office]
    clients = {name: await people(name, in_person=case.in_person) for name in IDENTITIES}
    async with as_owner(place) as owner:
        rows = await load(owner, metadata)
        before = await fingerprint(owner)
    answers = []
    for number, (name, given) in enumerate(asked):
        payload = await clients[name].do(mutation, **given, idempotencyKey=f"{mutation} {number}")
        answers.append((name, payload["__typename"]))
    assert answers == [(name, denial(rows, name, given)) for name, given in asked]
    async with as_owner(place) as owner:
        assert await fingerprint(owner) == before


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_who_may_does_it_and_it_is_recorded(mutation: str, place: Place, people: Client) -> None:
    case = MUTATIONS[mutation]
    assert case.allowed
    for name in case.allowed:
        given = await prepared(place, case)
        client = await people(name, in_person=case.in_person)
        async with as_owner(place) as owner:
            before = (await owner.scalars(EVENTS)).one()
        payload = await client.do(mutation, **given)
        assert payload["__typename"] == f"{mutation[0].upper()}{mutation[1:]}Success", (name, payload)
        async with as_owner(place) as owner:
            recorded = (await owner.execute(LAST_EVENT)).one()
            after = (await owner.scalars(EVENTS)).one()
        assert (tuple(recorded), after) == ((case.action.value, name), before + case.acts)


async def test_the_table_of_grants_says_what_is_expected_here(place: Place) -> None:
    async with as_owner(place) as owner:
        prepared = {mutation: await case.prepare(Stage(owner)) for mutation, case in MUTATIONS.items()}
        rows = await load(owner, metadata)
        actors = {name: await actor_of(owner, name) for name in IDENTITIES}
    for mutation, case in MUTATIONS.items():
        subject = subject_of(rows, prepared[mutation])
        granted = {
            name
            for name, actor in actors.items()
            if policy.allows(actor, case.action, made_of(case, subject[1]) if subject else made_by(actor))
        }
        assert granted == set(case.allowed), mutation


def made_by(actor: Actor) -> Any:
    """What somebody is about to make, for his or her own organisation, or for himself."""
    return SimpleNamespace(
        organisation_id=actor.organisation_id,
        provider_id=actor.organisation_id,
        person_id=actor.person_id,
        role="PARTNER",
        vetting_state="APPLIED",
    )


def made_of(case: Case, row: Any) -> Any:
    """The subject, or what is about to be made for the person who is it."""
    if case.action is not Action.ROLE_GRANT:
        return row
    return SimpleNamespace(organisation_id=row.organisation_id, person_id=row.id, role="PARTNER")


def test_what_needs_a_person_is_known() -> None:
    assert {case.action for case in MUTATIONS.values() if case.in_person} == policy.IN_PERSON


@pytest.mark.parametrize("mutation", [name for name, case in MUTATIONS.items() if case.in_person])
async def test_no_token_does_what_only_a_person_may(mutation: str, place: Place, people: Client) -> None:
    case = MUTATIONS[mutation]
    for name in case.allowed:
        given, program = await prepared(place, case), await people(name)
        async with as_owner(place) as owner:
            before = await fingerprint(owner)
        payload = await program.do(mutation, **given)
        assert payload["__typename"] == "NotAllowed", name
        async with as_owner(place) as owner:
            assert await fingerprint(owner) == before
