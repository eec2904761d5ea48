"""What the tables let an actor see and do: asked of a row, or written as SQL."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple, assert_never

from sqlalchemy import ColumnElement, false, or_

from hub.db.base import Base
from hub.errors import NotAllowed
from hub.identity.actor import Actor, Means, Role
from hub.identity.refusing import refusal
from hub.identity.scopes import EVERYWHERE, BoundSight, RowScope, Sight, Through
from hub.policy.names import ANYONE, SIGNED_IN, Action, Audience
from hub.policy.tables import (
    CREATIONS,
    GRANTS,
    IN_PERSON,
    INVITATION_BOUNDS,
    READS,
    UPDATES,
    Bounds,
    Scopes,
)


def audiences(actor: Actor) -> frozenset[Audience]:
    """Every audience that the actor belongs to; the public to one only."""
    if actor.is_public:
        return frozenset({ANYONE})
    return frozenset({ANYONE, SIGNED_IN, *actor.roles})


def visible(model: type[Base], actor: Actor, at: Any = None) -> ColumnElement[bool] | None:
    """The predicate that leaves the rows of the model (or of its alias `at`) that the actor sees.

    None where that is all of them.
    """
    return predicate(READS, model, audiences(actor), BoundSight(actor), at)


def reaches(actor: Actor, model: type[Base]) -> bool:
    """Whether the actor may see any row of the model at all, should there be one."""
    return not audiences(actor).isdisjoint(READS[model])


def seen_with(model: type[Base], actor: Actor, parent: type[Base], column: str) -> bool:
    """Whether the actor sees every row of the model whose column refers to a row of `parent` that he sees."""
    mine = audiences(actor)
    return any(
        isinstance(scope, Through) and scope.follows(parent, column)
        for audience, scope in READS[model].items()
        if audience in mine
    )


def closely_visible(model: type[Base], actor: Actor, at: Any) -> ColumnElement[bool] | None:
    """The rows that the actor sees for more than their being public; None where that is all of them."""
    return predicate(READS, model, audiences(actor) - {ANYONE}, BoundSight(actor), at)


def granted(actor: Actor, action: Action, model: type[Base], at: Any) -> ColumnElement[bool] | None:
    """The rows of the alias to which the actor may do the action, as SQL; None where that is all of them."""
    if not _within(actor.means, action):
        return false()
    return predicate({model: GRANTS[action]}, model, audiences(actor), BoundSight(actor), at)


def predicate(
    table: Mapping[type[Base], Scopes],
    model: type[Base],
    who: frozenset[Audience],
    sight: Sight,
    at: Any = None,
) -> ColumnElement[bool] | None:
    """What a table of scopes lets the audiences reach, as SQL. No scope: no row."""
    scopes = list(dict.fromkeys(scope for audience, scope in table[model].items() if audience in who))
    if EVERYWHERE in scopes:
        return None

    def parent(other: type[Base]) -> ColumnElement[bool] | None:
        return predicate(READS, other, who, sight)

    conditions = [scope.where(sight, model if at is None else at, parent) for scope in scopes]
    return or_(*conditions) if conditions else false()


def allows(actor: Actor, action: Action, row: Any) -> bool:
    """Whether the actor may do the action to the row (or, for a creation, to the row about to be made)."""
    if not _within(actor.means, action):
        return False
    mine = audiences(actor)
    return any(scope.holds(actor, row) for audience, scope in GRANTS[action].items() if audience in mine)


def _within(means: Means, action: Action) -> bool:
    """Whether one may do the action at all by what one asks by."""
    match means:
        case Means.SESSION:
            return True
        case Means.PROGRAM:
            return action not in IN_PERSON
        case Means.READER:
            return False
        case _:
            assert_never(means)


def may_change(actor: Actor, row: Base) -> bool:
    """Whether the actor may change the row in any way; the database judges by the same table."""
    mine = audiences(actor)
    scopes = UPDATES[type(row)].items()
    return any(
        isinstance(scope, RowScope) and scope.holds(actor, row)
        for audience, scope in scopes
        if audience in mine
    )


def invitation_bounds(actor: Actor) -> Bounds:
    """The widest that the actor's roles give; none where they give none."""
    mine = audiences(actor)
    return max(
        (of for audience, of in INVITATION_BOUNDS.items() if audience in mine), default=Bounds(0, 0, 0)
    )


def grantable(actor: Actor) -> list[Role]:
    """The roles to which the actor may invite people of his or her own organisation."""
    return [role for role in Role if allows(actor, Action.PERSON_INVITE, _Held(actor.organisation_id, role))]


class _Held(NamedTuple):
    """A role for an organisation, which nobody holds yet."""

    organisation_id: uuid.UUID | None
    role: str


def creations(actor: Actor) -> list[Action]:
    """What the actor may begin."""
    mine = audiences(actor)
    if actor.organisation_id is None:
        return []
    return [a for a in CREATIONS if _within(actor.means, a) and mine & GRANTS[a].keys()]


def require(actor: Actor, action: Action, row: Any) -> None:
    """Refuse with NotAllowed unless the table grants the action; that the row is seen is proved before."""
    if not _within(actor.means, action):
        raise NotAllowed("A token cannot do this. Sign in with a browser, where you are asked who you are.")
    if not allows(actor, action, row):
        raise NotAllowed(refusal(actor, audiences(actor), GRANTS[action]))


def unguarded_models() -> list[str]:
    """Mapped tables that no line of READS mentions; start-up fails when there are any."""
    return sorted(m.class_.__name__ for m in Base.registry.mappers if m.class_ not in READS)
