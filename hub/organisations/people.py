"""Who belongs to an organisation: its focal points confirm its people, and remove those who have left."""

from __future__ import annotations

import uuid

from sqlalchemy import or_, select

from hub import policy
from hub.act import Act
from hub.errors import Conflict, NotAllowed
from hub.identity.models import Person, RoleGrant
from hub.organisations.roles import finish, refuse_last, take_alone
from hub.policy import Action


async def confirm(act: Act, *, person_id: uuid.UUID) -> Person:
    """Say that the person belongs to the organisation: from now on his or her roles count."""
    person = await act.take(Person, person_id, Action.PERSON_CONFIRM, what="Person")
    if person.removed_at is not None:
        raise Conflict("This person was removed. Invite him or her again.")
    if person.confirmed_at is None:
        person.confirmed_at, person.confirmed_by_id = act.now, act.person_id
        act.record(Action.PERSON_CONFIRM, person)
        act.tell("PersonConfirmed", person, organisation=person.organisation_id)
    return person


async def remove(act: Act, *, person_id: uuid.UUID) -> Person:
    """Take the person out of the organisation: every role, session and token ends at once.

    What the person did stays in the record, and what he or she made stays with the organisation. He or she
    can come back by a new invitation.
    """
    person = await take_alone(act, Person, person_id, Action.PERSON_REMOVE, what="Person")
    if person.removed_at is not None:
        return person
    grants = await _lasting(act, person)
    if not all(policy.may_change(act.actor, held) for held in grants):
        raise NotAllowed("This person holds a role that only an administrator ends. Ask the RSO.")
    await refuse_last(act, grants)
    act.record(Action.PERSON_REMOVE, person, roles=sorted(held.role for held in grants))
    act.tell("PersonRemoved", person, organisation=person.organisation_id)
    for held in grants:
        finish(act, held, None)
    await act.session.flush()
    person.removed_at, person.removed_by_id = act.now, act.person_id
    return person


async def _lasting(act: Act, person: Person) -> list[RoleGrant]:
    """The roles that the person holds, or will."""
    found = select(RoleGrant).where(
        RoleGrant.person_id == person.id,
        RoleGrant.ended_at.is_(None),
        or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= act.now.date()),
    )
    return list(await act.session.scalars(found))
