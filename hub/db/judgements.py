"""What the database asks the policy when nobody is signed in yet, written out from `hub/policy`."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from sqlalchemy import ColumnElement, Uuid, and_, literal_column, or_

from hub import policy
from hub.db.rendering import render
from hub.identity.models import Invitation
from hub.identity.scopes import RowScope
from hub.organisations.workflow import BARRED
from hub.policy import Action, Audience

SIGNATURES: Final = ("hub.apart(text)", "hub.judge_invitation(uuid)")


def statements() -> Iterator[str]:
    """The functions, for those of `security.sql` to call; no request may."""
    yield _apart()
    yield _judge_invitation()
    for signature in SIGNATURES:
        yield f"revoke execute on function {signature} from public, hub_app, hub_public"


def _apart() -> str:
    """The roles that nobody holds together with the one."""
    cases = " ".join(
        f"when '{role}' then {_array(sorted(others))}" for role, others in sorted(policy.APART.items())
    )
    return f"""create or replace function hub.apart(role text) returns text[]
        language sql immutable parallel safe
        return case role {cases} else '{{}}'::text[] end"""


class _InviterSight:
    """The identity of who invited, as hub.actor gives it: as he or she is now."""

    person: ColumnElement[uuid.UUID] = literal_column("inviter.person_id", Uuid)
    organisation: ColumnElement[uuid.UUID] = literal_column("inviter.organisation_id", Uuid)

    def has_role(self, *roles: Audience) -> ColumnElement[bool]:
        return literal_column(f"inviter.roles && {_array(roles)}")


def _judge_invitation() -> str:
    """Whether who invited may still invite so, and whether accepting still confirms.

    It confirms as it did when it was made: by whom one may confirm, or where nobody else could. Whose own
    organisation is barred gives nothing. The operator, who has invited where nobody is named, always may.
    """
    gives = _allowed(policy.GRANTS[Action.PERSON_INVITE])
    keeps = _allowed(policy.GRANTS[Action.PERSON_CONFIRM])
    return f"""create or replace function hub.judge_invitation(invitation uuid)
        returns table (is_given boolean, confirms boolean)
        language sql stable security definer set search_path = '' rows 1
        begin atomic
            select judged.gives,
                   hub.invitations.confirms and judged.gives and (judged.keeps or not exists (
                       select from hub.role_grants g cross join lateral hub.actor(g.person_id) a
                       where g.organisation_id = hub.invitations.organisation_id
                           and '{policy.FOCAL_POINT}' = any(a.roles)))
            from hub.invitations
            left join lateral hub.actor(hub.invitations.invited_by_id) inviter on not exists (
                select from hub.organisations home
                where home.id = inviter.organisation_id and home.vetting_state = any({_array(BARRED)}))
            cross join lateral (
                select hub.invitations.invited_by_id is null or coalesce({gives}, false) as gives,
                       hub.invitations.invited_by_id is null or coalesce({keeps}, false) as keeps) judged
            where hub.invitations.id = invitation;
        end"""  # noqa: S608 (words of the policy)


def _allowed(who: Mapping[Audience, RowScope]) -> str:
    """That who invited is of an audience to whose scope the invitation belongs."""
    sight = _InviterSight()
    parts = [
        and_(sight.has_role(audience), scope.where(sight, Invitation, lambda _: None))
        for audience, scope in who.items()
    ]
    return f"({render(Invitation, or_(*parts))})"


def _array(values: Iterable[str]) -> str:
    return "array[" + ", ".join(f"'{value}'" for value in values) + "]::text[]"
