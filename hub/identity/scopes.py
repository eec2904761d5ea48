"""Scopes: which rows of a table a grant covers, in SQL and in Python."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Protocol

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
)

from hub.db.base import Base
from hub.identity.actor import ONE_WITH, Actor, Role

Parent = Callable[[type[Base]], "ColumnElement[bool] | None"]
"""Gives the predicate of a parent table for the same audiences and the same sight."""


class Sight(Protocol):
    """How the actor's identity is written in SQL."""

    @property
    def person(self) -> ColumnElement[uuid.UUID]: ...

    @property
    def organisation(self) -> ColumnElement[uuid.UUID]: ...

    def has_role(self, *roles: Role) -> ColumnElement[bool]: ...


class BoundSight:
    """The identity as bind parameters: for the statements that the application writes."""

    def __init__(self, actor: Actor) -> None:
        self.person: ColumnElement[uuid.UUID] = bindparam("actor_person", actor.person_id, Uuid)
        self.organisation: ColumnElement[uuid.UUID] = bindparam(
            "actor_organisation", actor.organisation_id, Uuid
        )
        self._roles = actor.roles

    def has_role(self, *roles: Role) -> ColumnElement[bool]:
        """Statements are kept by the roles of who asks, so that the answer can stand in them."""
        return false() if self._roles.isdisjoint(roles) else true()


class SessionSight:
    """The identity as the transaction's settings: for row-level security.

    Each call stands in a sub-select so that it runs once a statement, not once a row.
    """

    person: ColumnElement[uuid.UUID] = literal_column("(select hub.person())", Uuid)
    organisation: ColumnElement[uuid.UUID] = literal_column("(select hub.organisation())", Uuid)

    def has_role(self, *roles: Role) -> ColumnElement[bool]:
        named = ", ".join(f"'{role.value}'" for role in roles)
        return literal_column(f"(select hub.has_role({named}))", Boolean)


Entity = Any
"""A model, or an alias of one."""


class Scope(ABC):
    """Which rows a grant covers, in SQL."""

    @abstractmethod
    def where(self, who: Sight, model: Entity, parent: Parent) -> ColumnElement[bool]:
        """The rows of the model."""

    @property
    @abstractmethod
    def says(self) -> str:
        """The scope in words, for the printed matrix."""

    def __and__(self, other: Scope) -> Scope:
        return Both(self, other)


class RowScope(Scope):
    """A scope that a row's own columns decide, so that Python can tell as well as SQL."""

    @abstractmethod
    def holds(self, actor: Actor, row: Any) -> bool:
        """Whether the row is one of them."""

    def needs(self, actor: Actor) -> tuple[str, ...]:
        """What has to be so of "it", in clauses that name no value of a row; of "you", what is not so."""
        return (f"it is {self.says}",)

    def besides(self, other: RowScope) -> BothOfRow:
        """Rows in both scopes, which Python can tell too."""
        return BothOfRow(self, other)


class Everywhere(RowScope):
    """All rows."""

    says = "all"

    def needs(self, actor: Actor) -> tuple[str, ...]:
        return ()

    def where(self, who: Sight, model: Entity, parent: Parent) -> ColumnElement[bool]:
        return true()

    def holds(self, actor: Actor, row: Any) -> bool:
        return True


EVERYWHERE = Everywhere()


class Both(Scope):
    """Rows in both scopes."""

    def __init__(self, left: Scope, right: Scope) -> None:
        self.left, self.right = left, right

    def where(self, who: Sight, model: Entity, parent: Parent) -> ColumnElement[bool]:
        return and_(self.left.where(who, model, parent), self.right.where(who, model, parent))

    @property
    def says(self) -> str:
        return f"{self.left.says}, {self.right.says}"


class BothOfRow(Both, RowScope):
    """Rows in both scopes, each decided by the row's own columns."""

    def __init__(self, left: RowScope, right: RowScope) -> None:
        super().__init__(left, right)
        self._faces = (left, right)

    def holds(self, actor: Actor, row: Any) -> bool:
        return all(face.holds(actor, row) for face in self._faces)

    def needs(self, actor: Actor) -> tuple[str, ...]:
        return tuple(clause for face in self._faces for clause in face.needs(actor))


class Own(RowScope):
    """Rows of the actor's organisation, by any of the columns."""

    def __init__(self, *columns: str) -> None:
        self.columns = columns

    def where(self, who: Sight, model: Entity, parent: Parent) -> ColumnElement[bool]:
        return or_(*(getattr(model, column) == who.organisation for column in self.columns))

    def holds(self, actor: Actor, row: Any) -> bool:
        return actor.organisation_id is not None and any(
            getattr(row, column) == actor.organisation_id for column in self.columns
        )

    @property
    def says(self) -> str:
        return "itself" if self.columns == ("id",) else "own organisation"

    def needs(self, actor: Actor) -> tuple[str, ...]:
        return (NEEDS_OF_OWN.get(self.columns, "it is your organisation's"),)


NEEDS_OF_OWN: dict[tuple[str, ...], str] = {
    ("id",): "it is your organisation",
    ("provider_id",): "your organisation gives it",
    ("consulted_id",): "your organisation is asked",
}
"""What has to be so of the columns that say more of an organisation than that a row is its own."""


class Foreign(Own):
    """Rows of other organisations than the actor's."""

    says = "another organisation's"

    def needs(self, actor: Actor) -> tuple[str, ...]:
        return ("it is another organisation" if self.columns == ("id",) else "it is another organisation's",)

    def where(self, who: Sight, model: Entity, parent: Parent) -> ColumnElement[bool]:
        return not_(super().where(who, model, parent))

    def holds(self, actor: Actor, row: Any) -> bool:
        return actor.organisation_id is not None and not super().holds(actor, row)


class Mine(RowScope):
    """Rows of the actor in person."""

    says = "own"

    def __init__(self, column: str) -> None:
        self.column = column

    def where(self, who: Sight, model: Entity, parent: Parent) -> ColumnElement[bool]:
        condition: ColumnElement[bool] = getattr(model, self.column) == who.person
        return condition

    def holds(self, actor: Actor, row: Any) -> bool:
        return actor.person_id is not None and bool(getattr(row, self.column) == actor.person_id)

    def needs(self, actor: Actor) -> tuple[str, ...]:
        return ("it is your own",)


class Others(Mine):
    """Rows of other people than the actor."""

    says = "somebody else's"

    def where(self, who: Sight, model: Entity, parent: Parent) -> ColumnElement[bool]:
        return not_(super().where(who, model, parent))

    def holds(self, actor: Actor, row: Any) -> bool:
        return actor.person_id is not None and not super().holds(actor, row)

    def needs(self, actor: Actor) -> tuple[str, ...]:
        return ("it is not for yourself",)


class Without(RowScope):
    """All rows, for who holds none of the roles besides."""

    def __init__(self, *roles: Role) -> None:
        self.roles = roles

    def where(self, who: Sight, model: Entity, parent: Parent) -> ColumnElement[bool]:
        return not_(who.has_role(*self.roles))

    def holds(self, actor: Actor, row: Any) -> bool:
        return actor.roles.isdisjoint(self.roles)

    @property
    def says(self) -> str:
        return "nobody who is " + " or ".join(_words(role) for role in self.roles)

    def needs(self, actor: Actor) -> tuple[str, ...]:
        return tuple(f"you are not {ONE_WITH[role]}" for role in self.roles if role in actor.roles)


class With(Without):
    """All rows, for who holds one of the roles."""

    def where(self, who: Sight, model: Entity, parent: Parent) -> ColumnElement[bool]:
        return who.has_role(*self.roles)

    def holds(self, actor: Actor, row: Any) -> bool:
        return not actor.roles.isdisjoint(self.roles)

    @property
    def says(self) -> str:
        return "by who is " + " or ".join(_words(role) for role in self.roles)

    def needs(self, actor: Actor) -> tuple[str, ...]:
        missing = "you are " + " or ".join(ONE_WITH[role] for role in self.roles)
        return () if self.holds(actor, None) else (missing,)


def _words(role: Role) -> str:
    return role.value.lower().replace("_", " ")


class Flagged(RowScope):
    """Rows whose boolean column is true."""

    def __init__(self, column: str, *, says: str, needs: str | None = None) -> None:
        self.column, self._says, self._needs = column, says, needs or f"it is {says}"

    def where(self, who: Sight, model: Entity, parent: Parent) -> ColumnElement[bool]:
        column: ColumnElement[bool] = getattr(model, self.column)
        return column

    def holds(self, actor: Actor, row: Any) -> bool:
        return bool(getattr(row, self.column))

    @property
    def says(self) -> str:
        return self._says

    def needs(self, actor: Actor) -> tuple[str, ...]:
        return (self._needs,)


class Filled(Flagged):
    """Rows whose column is not null."""

    def where(self, who: Sight, model: Entity, parent: Parent) -> ColumnElement[bool]:
        condition: ColumnElement[bool] = getattr(model, self.column).is_not(None)
        return condition

    def holds(self, actor: Actor, row: Any) -> bool:
        return getattr(row, self.column) is not None


class Empty(Flagged):
    """Rows whose column is null."""

    def where(self, who: Sight, model: Entity, parent: Parent) -> ColumnElement[bool]:
        condition: ColumnElement[bool] = getattr(model, self.column).is_(None)
        return condition

    def holds(self, actor: Actor, row: Any) -> bool:
        return getattr(row, self.column) is None


class Unless(RowScope):
    """Rows whose column does not hold the value."""

    def __init__(self, column: str, value: str, *, says: str) -> None:
        self.column, self.value, self._says = column, value, says

    def where(self, who: Sight, model: Entity, parent: Parent) -> ColumnElement[bool]:
        condition: ColumnElement[bool] = getattr(model, self.column) != self.value
        return condition

    def holds(self, actor: Actor, row: Any) -> bool:
        return bool(getattr(row, self.column) != self.value)

    @property
    def says(self) -> str:
        return self._says


class OneOf(RowScope):
    """Rows whose column holds one of the values."""

    def __init__(self, column: str, *values: str, says: str, needs: str | None = None) -> None:
        self.column, self.values, self._says, self._needs = column, values, says, needs or f"it is {says}"

    def where(self, who: Sight, model: Entity, parent: Parent) -> ColumnElement[bool]:
        column: ColumnElement[str] = getattr(model, self.column)
        return or_(*(column == value for value in self.values))

    def holds(self, actor: Actor, row: Any) -> bool:
        return getattr(row, self.column) in self.values

    @property
    def says(self) -> str:
        return self._says

    def needs(self, actor: Actor) -> tuple[str, ...]:
        return (self._needs,)


def found_once(keys: Select[tuple[uuid.UUID]]) -> ColumnElement[Any]:
    """Any of the keys that the SELECT gives, found once a statement: an index can look each of them up."""
    return any_(func.array(keys.scalar_subquery(), type_=ARRAY(Uuid)))


class InSet(Scope):
    """Rows whose id stands in a column of another table, there in a scope of its own."""

    def __init__(self, other: type[Base], column: str, scope: Scope, *, says: str, by: str = "id") -> None:
        self.other, self.column, self.scope, self._says, self.by_column = other, column, scope, says, by

    def by(self, column: str) -> InSet:
        """The same set, for a table that refers to it by the column."""
        return InSet(self.other, self.column, self.scope, says=self._says, by=column)

    def where(self, who: Sight, model: Entity, parent: Parent) -> ColumnElement[bool]:
        inside = self.scope.where(who, self.other, parent)
        chosen = select(getattr(self.other, self.column)).where(inside).correlate(None)
        condition: ColumnElement[bool] = getattr(model, self.by_column) == found_once(chosen)
        return condition

    @property
    def says(self) -> str:
        return self._says


class Through(Scope):
    """Rows whose parent is in the actor's sight (or in the scope given)."""

    def __init__(self, other: type[Base], column: str, scope: Scope | None = None) -> None:
        self.other, self.column, self.scope = other, column, scope

    def follows(self, other: type[Base], column: str) -> bool:
        """Whether a parent that is in sight there is enough."""
        return self.scope is None and self.other is other and self.column == column

    def where(self, who: Sight, model: Entity, parent: Parent) -> ColumnElement[bool]:
        condition = parent(self.other) if self.scope is None else self.scope.where(who, self.other, parent)
        link = self.other.id == getattr(model, self.column)
        found = select(self.other.id).where(link if condition is None else and_(link, condition))
        return found.exists()

    @property
    def says(self) -> str:
        through = f"of a visible {self.other.__name__}"
        return through if self.scope is None else f"{through}, {self.scope.says}"


class ReferredBy(Scope):
    """Rows whose id stands in a column of another table, there in a scope of its own; found one by one."""

    def __init__(self, other: type[Base], column: str, scope: Scope, *, says: str) -> None:
        self.other, self.column, self.scope, self._says = other, column, scope, says

    def where(self, who: Sight, model: Entity, parent: Parent) -> ColumnElement[bool]:
        inside = self.scope.where(who, self.other, parent)
        link = getattr(self.other, self.column) == model.id
        return select(self.other.id).where(and_(link, inside)).exists()

    @property
    def says(self) -> str:
        return self._says


class HandedOverByMe(Scope):
    """Roles that their holder, the actor, hands over.

    The database's function answers, since a policy cannot ask the table that it guards.
    """

    says = "handed over by its holder"

    def where(self, who: Sight, model: Entity, parent: Parent) -> ColumnElement[bool]:
        mine: ColumnElement[bool] = model.handed_over_from_id == found_once(select(func.hub.own_grants()))
        return mine


class OwnInitiatives(Scope):
    """Initiatives that the actor's organisation leads or takes part in.

    The database's function answers, since the policies of initiatives and of their participants would
    otherwise ask each other without end.
    """

    says = "taking part"

    def where(self, who: Sight, model: Entity, parent: Parent) -> ColumnElement[bool]:
        own: ColumnElement[bool] = model.id == found_once(select(func.hub.own_initiatives()))
        return own
