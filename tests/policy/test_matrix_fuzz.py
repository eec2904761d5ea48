"""Every mutation, tried by everybody on rows of every kind: each outcome is what the printed matrix and the
hand-written oracle say, and what is refused changes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from graphql import GraphQLSchema, extend_schema, parse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hub import policy
from hub.cli import main
from hub.database import Place
from hub.db.models import metadata
from hub.identity.actor import Role
from hub.policy import Action
from schema.api import schema
from schema.compiler.ids import global_id, type_name
from schema.compiler.ids import parse as parse_id
from tests.conftest import Client, Person
from tests.policy.clones import IDENTITIES, as_owner, clone
from tests.policy.mutations import MUTATIONS, Case, Given
from tests.policy.oracle import Row, Rows, Who, load
from tests.policy.outcomes import GRANTED, TABLE_OF, Printed, fingerprint
from tests.policy.stage import Stage
from tests.policy.test_policy_actions import BY_OTHER_MEANS

EXAMPLES = 2
KINDS = ("own", "another's", "any", "seen", "hidden", "missing", "of another type", "no id")
"""Of rows: staged as the mutation needs them, standing ones in whatever state, and none."""
STANDING = ("any", "seen", "hidden")
BEYOND = {"Conflict", "InvalidInput"}
"""What a standing row's state, or the input for it, may lead to where the policy lets somebody pass."""
OF_THE_ACTION = "NotAllowed"
"""What an action itself refuses, by a rule about a person and no role."""
DEPARTING = {Action.PERSON_REMOVE, Action.ROLE_END, Action.ROLE_HAND_OVER}
"""What would leave a persona without the role that the next test wants; it is done to others."""


@dataclass(frozen=True)
class Attempt:
    """Who tries what, on a row of which kind, and what should come of it."""

    name: str | None
    kind: str
    given: Given
    is_program: bool
    """Whether by a bearer token, and not by a browser's session."""
    outcome: str
    beyond: frozenset[str]
    """What else may come of it where the row stands in whatever state."""


Clients = dict[tuple[str | None, bool], Person]
"""By the persona, and whether it asks by a program's token."""
PICKS = st.fixed_dictionaries(
    {
        str(name): st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 9_999)), min_size=2, max_size=3)
        for name in IDENTITIES
    }
)
"""For everybody: which kind of row, and which of the rows of that kind."""


def printed() -> Printed:
    """The matrix as the command prints it."""
    return Printed.read(CliRunner().invoke(main, ["policy"]).output)


# -- every mutation has a policy -----------------------------------------------------------------------


def without_policy(contract: GraphQLSchema, matrix: Printed) -> set[str]:
    """The mutations that no line of the printed matrix is about, or that nobody has said which one is."""
    assert contract.mutation_type is not None
    return {
        name
        for name in contract.mutation_type.fields
        if name not in MUTATIONS or not matrix.actions.get(MUTATIONS[name].action.value)
    }


def test_every_mutation_has_its_line_in_the_printed_matrix() -> None:
    assert without_policy(schema._schema, printed()) == set()
    actions = {case.action for case in MUTATIONS.values()} | BY_OTHER_MEANS
    assert {action.value for action in actions} == set(printed().actions)


def test_a_mutation_that_is_added_without_a_policy_is_noticed() -> None:
    added = extend_schema(schema._schema, parse("extend type Mutation { sneakIn(id: ID!): Boolean }"))
    assert without_policy(added, printed()) == {"sneakIn"}


def test_a_mutation_whose_line_grants_nobody_anything_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(policy.GRANTS, Action.PROPOSAL_VOTE, {})
    assert without_policy(schema._schema, printed()) == {"voteOnProposal"}


# -- every outcome is that of the matrix ---------------------------------------------------------------


@pytest.fixture(scope="module")
def fuzzed_place(server: Any, template: str) -> Iterator[Place]:
    """The database in which this file acts."""
    with clone(server, template, "hub_policy_fuzz") as place:
        yield place


@pytest.fixture
def place(fuzzed_place: Place) -> Place:
    """Under `app` and `people`."""
    return fuzzed_place


async def everybody(people: Client) -> Clients:
    """Whoever may ask, at the API."""
    return {
        (name, is_program): await people(name, in_person=not is_program)
        for name in IDENTITIES
        for is_program in (True, False)
    }


async def attempts(place: Place, case: Case, picks: dict[str, list[tuple[str, int]]]) -> list[Attempt]:
    """The attempts that were picked, each with its input and what should come of it."""
    async with as_owner(place) as owner:
        staged = [
            (name, kind, number, await case.prepare(Stage(owner, is_foreign=kind == "another's")))
            for name in IDENTITIES
            for kind, number in picks[str(name)]
        ]
    async with as_owner(place) as owner:
        rows = await load(owner, metadata)
    matrix, today, found = printed(), datetime.now(UTC).date(), []
    for name, kind, number, prepared in staged:
        who, given = rows.who(name, today), prepared
        if "id" in prepared:
            given = prepared | {"id": chosen(rows, case, name, kind, number, prepared["id"])}
        elif "personId" in prepared:
            person = chosen(rows, case, name, kind, number, prepared["personId"])
            given = prepared | {"personId": person, "role": role(number)}
        elif "role" in prepared:
            given = prepared | somewhere(rows, number)
        outcome = matrix.outcome(case.action.value, rows, who, given)
        is_program = not case.in_person or number % 4 == 0
        if case.in_person and is_program and outcome == GRANTED:
            outcome = "NotAllowed"
        refuses = REFUSED_BY_THE_ACTION.get(case.action)
        is_refused = refuses is not None and refuses(rows, who, given)
        beyond = frozenset(BEYOND | ({OF_THE_ACTION} if is_refused else set()))
        found.append(Attempt(name, kind, given, is_program, outcome, beyond))
    return found


def is_own_valuation(rows: Rows, who: Who, given: Given) -> bool:
    """Whether somebody is about to approve what he or she has valued."""
    found = parse_id(given["id"])
    row = found and rows.by_id["contributions"].get(found[1])
    return row is not None and row.valued_by_id == who.person


def holds_more(rows: Rows, who: Who, given: Given) -> bool:
    """Whether the person to be removed holds a role that only an administrator ends."""
    found = parse_id(given["id"])
    return not who.is_any("ADMIN") and any(
        grant.role in ("CO_MANAGER", "CO_CHAIR", "STAFF", "ADMIN")
        for grant in rows.tables["role_grants"]
        if found is not None and grant.person_id == found[1]
    )


def took_it_up(rows: Rows, who: Who, given: Given) -> bool:
    """Whether somebody is about to decide on what he or she took up."""
    found = parse_id(given["id"])
    row = found and rows.by_id["vetting_applications"].get(found[1])
    return row is not None and row.started_by_id == who.person


REFUSED_BY_THE_ACTION = {
    Action.CONTRIBUTION_APPROVE_VALUATION: is_own_valuation,
    Action.PERSON_REMOVE: holds_more,
    Action.VETTING_DECIDE: took_it_up,
}


def chosen(rows: Rows, case: Case, name: str | None, kind: str, number: int, staged: str) -> str:
    """The id of a row of the kind, of the type that the mutation is about."""
    of_type = type_name(staged)
    assert of_type is not None
    table, who = TABLE_OF[of_type], rows.who(name, datetime.now(UTC).date())
    sights = {"any": (True, False), "seen": (True,), "hidden": (False,)}
    if kind in sights:
        fitting = [
            row
            for row in rows.tables[table]
            if rows.sees(table, who, row) in sights[kind]
            and not (case.action in DEPARTING and is_of_persona(rows, table, row))
        ]
        return global_id(of_type, fitting[number % len(fitting)].id) if fitting else staged
    made = uuid.UUID(int=Random(number).getrandbits(128), version=4)
    return {
        "missing": global_id(of_type, made),
        "of another type": global_id("WorkingGroup", made),
        "no id": f"{number}",
    }.get(kind, staged)


def is_of_persona(rows: Rows, table: str, row: Row) -> bool:
    """Whether the row is a persona, or something of a persona's."""
    holder = row if table == "persons" else rows.by_id["persons"][row.person_id]
    return holder.persona is not None


def role(number: int) -> str:
    """One of the roles."""
    roles = sorted(Role)
    return roles[number % len(roles)].value


def somewhere(rows: Rows, number: int) -> Given:
    """An organisation and a role to invite to: the personas' own organisation every third time."""
    organisations = rows.tables["organisations"]
    own = rows.by_id["organisations"][rows.who("partner", datetime.now(UTC).date()).organisation]
    row = own if number % 3 == 0 else organisations[number % len(organisations)]
    of_type = "MemberState" if row.kind == "MEMBER_STATE" else "Partner"
    return {"organisationId": global_id(of_type, row.id), "role": role(number)}


async def answered(person: Person, mutation: str, given: Given) -> str:
    """The type of the payload; what went wrong on our side where there is none."""
    stem = mutation[0].upper() + mutation[1:]
    document = f"mutation($input: {stem}Input!) {{ {mutation}(input: $input) {{ __typename }} }}"
    answer = await person.ask(document, input=given)
    return str(answer["errors"] if "errors" in answer else answer["data"][mutation]["__typename"])


async def mismatches(
    mutation: str, place: Place, people: Client, picks: dict[str, list[tuple[str, int]]]
) -> list[tuple[Attempt, str]]:
    """The attempts that came to something else, and to what. Refusals come first: they may change nothing."""
    clients = await everybody(people)
    tried = await attempts(place, MUTATIONS[mutation], picks)
    success, wrong = f"{mutation[0].upper()}{mutation[1:]}Success", []
    async with as_owner(place) as owner:
        before = await fingerprint(owner)
    for attempt in (attempt for attempt in tried if attempt.outcome != GRANTED):
        outcome = await answered(clients[attempt.name, attempt.is_program], mutation, attempt.given)
        if outcome != attempt.outcome:
            wrong.append((attempt, outcome))
    async with as_owner(place) as owner:
        if await fingerprint(owner) != before:
            wrong.append((tried[0], "what was refused has changed something"))
    granted = {str(attempt.given): attempt for attempt in tried if attempt.outcome == GRANTED}
    for attempt in granted.values():
        outcome = await answered(clients[attempt.name, attempt.is_program], mutation, attempt.given)
        if outcome not in {success, *(attempt.beyond if attempt.kind in STANDING else ())}:
            wrong.append((attempt, outcome))
    return wrong


@pytest.mark.parametrize("mutation", MUTATIONS)
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(picks=PICKS)
async def test_each_outcome_is_that_of_the_printed_matrix(
    mutation: str, place: Place, people: Client, picks: dict[str, list[tuple[str, int]]]
) -> None:
    assert await mismatches(mutation, place, people, picks) == []


async def test_an_action_that_does_not_ask_the_policy_is_noticed(
    place: Place, people: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "require", lambda *_: None)
    picks = {str(name): [("seen", number) for number in range(3)] for name in IDENTITIES}
    wrong = await mismatches("updateProposal", place, people, picks)
    assert {attempt.outcome for attempt, _ in wrong} == {"NotAllowed"}
