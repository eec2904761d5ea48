"""Why somebody may not do something, in words: what the table says, and nothing of the row in question."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Any

from hub.identity.actor import OFFICE_ROLES, ONE_WITH, Actor, Role
from hub.identity.scopes import RowScope


def refusal(actor: Actor, mine: Collection[StrEnum], granted: Mapping[Any, RowScope]) -> str:
    """What the actor, who belongs to the audiences `mine`, is told of what is granted to others or elsewhere.

    It is the same for every row: whoever asks about one learns nothing of it by the words.
    """
    own = [scope.needs(actor) for audience, scope in granted.items() if audience in mine]
    if not own:
        who = [ONE_WITH[audience] for audience in granted if audience in ONE_WITH]
        return f"Only {_enumerated(who, 'or')} can do this.{_whom_to_ask(actor)}"
    freer = [
        ONE_WITH[audience]
        for audience, scope in granted.items()
        if audience not in mine and any(set(scope.needs(actor)) < set(needed) for needed in own)
    ]
    conditions = dict.fromkeys(_enumerated(needed, "and") for needed in own)
    only = f"You can do this only where {', or where '.join(conditions)}."
    return f"{only} Otherwise ask {_enumerated(freer, 'or')}." if freer else only + _whom_to_ask(actor)


def both(*roles: str) -> str:
    """The roles in words, as what one person would be."""
    return " and ".join(ONE_WITH[Role(role)] for role in roles)


def _whom_to_ask(actor: Actor) -> str:
    """Nobody is sent to himself, and the office needs no advice."""
    if not actor.roles.isdisjoint(OFFICE_ROLES):
        return ""
    return " Ask the RSO." if Role.FOCAL_POINT in actor.roles else " Ask your focal point or the RSO."


def _enumerated(parts: Iterable[str], word: str) -> str:
    """A, b or c."""
    *before, last = parts
    return f"{', '.join(before)} {word} {last}" if before else last
