"""Row-level security and privileges, written out from `hub/policy` for the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

import sqlparse
from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    literal_column,
    or_,
    true,
)

from hub import policy
from hub.db import judgements
from hub.db.base import Base
from hub.db.rendering import render
from hub.identity.scopes import EVERYWHERE, SessionSight
from hub.policy import ANYONE, SIGNED_IN, Audience, Scopes

OWNER, APP, PUBLIC = "hub_owner", "hub_app", "hub_public"

_SIGHT = SessionSight()
_SIGNED_IN: ColumnElement[bool] = literal_column("(select hub.person()) is not null")


def install(connection: Connection) -> None:
    """Replace the functions, policies and privileges by what the code says now. Runs as the owner."""
    for statement in statements():
        connection.exec_driver_sql(statement)


def statements() -> Iterator[str]:
    """Every statement of `install`, in order; the same text for the same code."""
    source = files("hub.db").joinpath("security.sql").read_text("utf-8")
    yield from _split(source)
    yield from judgements.statements()
    yield f"revoke all on all tables in schema hub from {APP}, {PUBLIC}"
    yield f"grant usage on schema hub to {APP}, {PUBLIC}"
    for model in sorted(policy.READS, key=lambda m: m.__name__):
        yield from _of_table(model)


def _split(source: str) -> list[str]:
    return [s.rstrip().rstrip(";") for s in sqlparse.split(source)]


def _of_table(model: type[Base]) -> Iterator[str]:
    name = str(model.__table__)
    yield f"alter table {name} enable row level security"
    yield f"alter table {name} force row level security"
    for existing in ("owner_all", "app_select", "app_insert", "app_update", "public_select"):
        yield f"drop policy if exists {existing} on {name}"
    yield f"create policy owner_all on {name} to {OWNER} using (true) with check (true)"
    seen = condition(policy.READS, model)
    yield f"grant select on {name} to {APP}"
    yield f"create policy app_select on {name} for select to {APP} using ({seen})"
    if model in policy.INSERTS:
        yield f"grant insert on {name} to {APP}"
        check = condition(policy.INSERTS, model)
        yield f"create policy app_insert on {name} for insert to {APP} with check ({check})"
    if model in policy.UPDATES:
        yield f"grant update ({changeable(model)}) on {name} to {APP}"
        rows = condition(policy.UPDATES, model)
        yield f"create policy app_update on {name} for update to {APP} using ({rows}) with check ({rows})"
    yield f"grant select on {name} to {PUBLIC}"  # where no policy follows, it finds no row
    if ANYONE in policy.READS[model]:
        open_to_all = policy.predicate(policy.READS, model, frozenset({ANYONE}), _SIGHT)
        rows = render(model, open_to_all)
        yield f"create policy public_select on {name} for select to {PUBLIC} using ({rows})"


def changeable(model: type[Base]) -> str:
    """The columns that an update may change, as a list in SQL."""
    columns = [c.name for c in model.__table__.columns if c.computed is None and c.name not in policy.FIXED]
    named = policy.CHANGEABLE.get(model)
    return ", ".join(name for name in columns if named is None or name in named)


def condition(table: Mapping[type[Base], Scopes], model: type[Base]) -> str:
    """What the signed-in may reach, as the text of a policy's condition."""
    by_scope: dict[Any, list[Audience]] = {}
    for audience, scope in table[model].items():
        by_scope.setdefault(scope, []).append(audience)
    parts = [_part(model, scope, audiences) for scope, audiences in by_scope.items()]
    return render(model, and_(_SIGNED_IN, or_(*parts)))


def _part(model: type[Base], scope: Any, audiences: list[Audience]) -> ColumnElement[bool]:
    rows = true() if scope is EVERYWHERE else scope.where(_SIGHT, model, _visible_parent)
    if ANYONE in audiences or SIGNED_IN in audiences:
        return and_(rows)
    roles = ", ".join(f"'{audience.value}'" for audience in audiences)
    return and_(literal_column(f"(select hub.has_role({roles}))"), rows)


def _visible_parent(other: type[Base]) -> None:
    """Nothing to add: in a policy's sub-select the parent's own policy filters already."""


def tables() -> list[Table]:
    """Every table that has a policy."""
    return [model.__table__ for model in policy.READS]  # type: ignore[misc]
