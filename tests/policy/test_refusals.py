"""What somebody is told who may not: the truth, in good English, and the same whatever row it was about."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from itertools import combinations
from types import SimpleNamespace
from typing import Any

import pytest

from hub import policy
from hub.errors import NotAllowed
from hub.identity.actor import ONE_WITH, Actor, Means, Role
from hub.identity.scopes import EVERYWHERE
from hub.policy import Action

ROLE_SETS = [frozenset(roles) for count in range(3) for roles in combinations(Role, count)]
WORDS = {
    *("partner", "focal point", "Co-Manager", "Co-Chair", "member of the RSO's staff"),
    *("reviewer", "stakeholder", "analyst", "administrator"),
}


OF_ORGANISATION = ("id", "organisation_id", "provider_id", "consulted_id")
OF_PERSON = ("person_id", "reviewer_id")


def actor(roles: frozenset[Role]) -> Actor:
    """Somebody of an organisation, at a browser."""
    return Actor(uuid.uuid4(), uuid.uuid4(), roles, means=Means.SESSION)


def rows(who: Actor) -> Iterator[Any]:
    """Rows of all sorts: whose they are, what role they are about, how far they have come."""
    for organisation in (who.organisation_id, uuid.uuid4()):
        for person in (who.person_id, uuid.uuid4()):
            for role in ("PARTNER", "FOCAL_POINT", "ANALYST", "ADMIN"):
                for state in (None, "APPLIED", "VETTED"):
                    yield SimpleNamespace(
                        **dict.fromkeys(
                            ("id", "organisation_id", "provider_id", "consulted_id"), organisation
                        ),
                        **dict.fromkeys(("person_id", "reviewer_id"), person),
                        role=role,
                        vetting_state=state,
                        submitted_at=state,
                    )


def told(who: Actor, action: Action) -> str | None:
    """What he or she is told where it is refused, the same for every row; None where it never is."""
    found = set()
    for row in rows(who):
        try:
            policy.require(who, action, row)
        except NotAllowed as refused:
            found.add(refused.message)
    assert len(found) <= 1, "the words tell rows apart"
    return found.pop() if found else None


@pytest.mark.parametrize("action", Action)
def test_nobody_is_told_that_his_own_audience_is_missing(action: Action) -> None:
    granted = policy.GRANTS[action]
    for roles in ROLE_SETS:
        who = actor(roles)
        said, mine = told(who, action), policy.audiences(who) & granted.keys()
        if any(granted[audience] is EVERYWHERE for audience in mine):
            assert said is None
            continue
        assert said is not None
        if mine:
            assert said.startswith("You can do this only where ")
        else:
            named = [ONE_WITH[role] for role in Role if role in granted]
            assert said.startswith("Only ")
            assert all(name in said.partition(".")[0] for name in named)
        missing = said.partition("you are not ")[0]
        assert not [ONE_WITH[role] for role in roles if re.search(rf"\b{ONE_WITH[role]}\b", missing)], said
        assert not (Role.FOCAL_POINT in roles and "your focal point" in said)
        assert not (roles & {Role.STAFF, Role.ADMIN, Role.CO_MANAGER, Role.CO_CHAIR} and "the RSO." in said)


@pytest.mark.parametrize("action", Action)
def test_refusals_are_english(action: Action) -> None:
    for roles in ROLE_SETS:
        said = told(actor(roles), action)
        if said is None:
            continue
        assert re.fullmatch(r"[A-Z][A-Za-z', -]+\.( [A-Z][A-Za-z', -]+\.)?", said), said
        assert not re.search(r"\ba [aeiou]|\ban [^aeiou]|\b(a|an|the) (a|an|the)\b", said), said
        assert not re.search(r"(?<!RSO's )\bstaff\b|\badmin\b|\bmgr\b|  |,\.| and and | or or ", said), said
        for article, name in re.findall(r"\b(an?) ((?:member of the RSO's staff|focal point|[\w-]+))", said):
            assert name in WORDS or name == "another", (article, name)


def test_every_role_has_its_words() -> None:
    assert list(ONE_WITH) == list(Role)
    assert {name.partition(" ")[2] for name in ONE_WITH.values()} == WORDS


SOME = {
    ("interest:answer", Role.FOCAL_POINT): "Only a Co-Manager or a member of the RSO's staff can do this."
    " Ask the RSO.",
    (
        "person:invite",
        Role.FOCAL_POINT,
    ): "You can do this only where it is your organisation's and the role is"
    " that of partner. Otherwise ask an administrator.",
    (
        "person:invite",
        Role.STAFF,
    ): "You can do this only where the role is none of the office's. Otherwise ask an administrator.",
    ("person:invite", Role.PARTNER): "Only a focal point, a member of the RSO's staff or an administrator can"
    " do this. Ask your focal point or the RSO.",
    ("proposal:update", Role.PARTNER): "You can do this only where it is your organisation's. Ask your focal"
    " point or the RSO.",
    ("contribution:cancel", Role.FOCAL_POINT): "You can do this only where your organisation gives it."
    " Otherwise ask a member of the RSO's staff.",
    ("vetting:decide", Role.STAFF): "You can do this only where it has been submitted and it is another"
    " organisation's.",
    ("role:grant", Role.ADMIN): "You can do this only where it is not for yourself.",
}


@pytest.mark.parametrize(("action", "role"), SOME)
def test_a_refusal_says_what_is_granted(action: str, role: Role) -> None:
    assert told(actor(frozenset({role})), Action(action)) == SOME[action, role]


def test_who_votes_is_told_which_other_role_stands_in_the_way() -> None:
    said = told(actor(frozenset({Role.CO_MANAGER, Role.STAFF})), Action.PROPOSAL_VOTE)
    assert said == (
        "You can do this only where it has been submitted and you are not a member of the RSO's staff."
    )
