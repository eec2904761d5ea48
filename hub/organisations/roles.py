"""Roles of people who are here: granted, ended, and handed over to a successor, never to oneself."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, and_, func, or_, select, text

from hub import policy
from hub.act import Act
from hub.errors import Conflict, NotAllowed
from hub.identity.models import Person, RoleGrant, in_force
from hub.identity.refusing import both
from hub.policy import ADMIN, APART, FOCAL_POINT, Action
from hub.texts import LONG, Problems

_OfOrganisation = TypeVar("_OfOrganisation", Person, RoleGrant)

_LOCK: Final = text("select pg_advisory_xact_lock(hashtextextended('people of ' || :organisation, 0))")
"""As hub.accept_invitations and hub.keep_apart take it."""

_LOCK_ADMINISTRATORS: Final = text("select pg_advisory_xact_lock(hashtextextended('administrators', 0))")
"""Taken after that of an organisation: administrators of two may leave at once."""


async def alone(act: Act, organisation_id: uuid.UUID) -> None:
    """Let nobody else change who acts for the organisation, until the act ends."""
    await act.session.execute(_LOCK, {"organisation": str(organisation_id)})


async def take_alone(
    act: Act, model: type[_OfOrganisation], id: uuid.UUID, action: Action, *, what: str
) -> _OfOrganisation:
    """The row for changing, once nobody else changes who acts for its organisation.

    In this order everywhere, or two that wait for each other would both fail.
    """
    row = await act.see(model, id, what)
    policy.require(act.actor, action, row)
    await alone(act, row.organisation_id)
    return await act.take(model, id, action, what=what)


async def grant(
    act: Act, *, person_id: uuid.UUID, role: str, starts_on: date | None, ends_on: date | None
) -> RoleGrant:
    """Grant the role for the person's own organisation, from today or a later day on."""
    person = await act.see(Person, person_id, "Person")
    first = starts_on or act.now.date()
    made = RoleGrant(
        person_id=person.id,
        organisation_id=person.organisation_id,
        role=role,
        starts_on=first,
        ends_on=ends_on,
        granted_by_id=act.person_id,
    )
    _refuse_oneself(act, person)
    policy.require(act.actor, Action.ROLE_GRANT, made)
    problems = Problems()
    if first < act.now.date():
        problems.add("startsOn", code="OUT_OF_RANGE", message="choose today or a later day")
    if ends_on is not None and ends_on < first:
        problems.add("endsOn", code="OUT_OF_RANGE", message="choose the first day or a later one")
    problems.check()
    await alone(act, person.organisation_id)
    _require_present(person)
    await _refuse_held(act, made)
    await act.add(made)
    act.record(Action.ROLE_GRANT, made, role=role, person=str(person.id))
    act.tell("RoleGranted", made, organisation=person.organisation_id, granted=role, person=str(person.id))
    return made


async def end(act: Act, *, grant_id: uuid.UUID, ends_on: date | None) -> RoleGrant:
    """End the role after the day, or at once where no day is given."""
    held = await take_alone(act, RoleGrant, grant_id, Action.ROLE_END, what="Role")
    today = act.now.date()
    require_lasting(held, today)
    if ends_on is not None:
        latest = held.ends_on
        if ends_on < max(today, held.starts_on) or (latest is not None and ends_on > latest):
            problems = Problems()
            until = f" to {latest}" if latest else " on"
            message = f"choose a day from {max(today, held.starts_on)}{until}, or none to end it at once"
            problems.add("endsOn", code="OUT_OF_RANGE", message=message)
            problems.check()
    await refuse_last(act, [held])
    finish(act, held, ends_on)
    act.record(Action.ROLE_END, held, role=held.role, person=str(held.person_id))
    act.tell(
        "RoleEnded", held, organisation=held.organisation_id, ended=held.role, person=str(held.person_id)
    )
    return held


async def hand_over(
    act: Act, *, grant_id: uuid.UUID, to_person_id: uuid.UUID, on: date | None, note: str | None
) -> RoleGrant:
    """End the role of one person and begin it for a successor of the same organisation, on the same day.

    What belongs to the seat goes on: votes, consultations and drafts are the organisation's. Reviews stay
    with whom they were asked of.
    """
    held = await take_alone(act, RoleGrant, grant_id, Action.ROLE_HAND_OVER, what="Role")
    today = act.now.date()
    day = on or today
    require_lasting(held, today)
    problems = Problems()
    said = problems.text(note, "note", longest=LONG, required=False)
    _check_day(problems, held, day, today)
    await act.known(Person, to_person_id, "toPersonId", what="Person")
    successor = await act.see(Person, to_person_id, "Person")
    _refuse_oneself(act, successor)
    if successor.organisation_id != held.organisation_id or successor.id == held.person_id:
        message = "choose another person of the same organisation"
        problems.add("toPersonId", code="NOT_A_SUCCESSOR", message=message)
    problems.check()
    _require_present(successor)
    made = RoleGrant(
        person_id=successor.id,
        organisation_id=held.organisation_id,
        role=held.role,
        starts_on=day,
        ends_on=held.ends_on,
        granted_by_id=act.person_id,
        handed_over_from_id=held.id,
        note=said,
    )
    await _refuse_held(act, made)
    is_at_once = day <= max(today, held.starts_on)
    finish(act, held, None if is_at_once else day - timedelta(days=1))
    await act.session.flush()
    await act.add(made)
    people: dict[str, Any] = {"from": str(held.person_id), "to": str(successor.id)}
    act.record(Action.ROLE_HAND_OVER, made, role=held.role, on=str(day), note=said, **people)
    act.tell("RoleHandedOver", made, organisation=held.organisation_id, handed=held.role, **people)
    return made


def _check_day(problems: Problems, held: RoleGrant, day: date, today: date) -> None:
    """The successor's first day: today, or a later one on which the role would still be held."""
    is_late = held.ends_on is not None and day > held.ends_on
    if day < max(today, held.starts_on) or is_late:
        message = "choose today, or a later day within the time of the role"
        problems.add("on", code="OUT_OF_RANGE", message=message)


def finish(act: Act, held: RoleGrant, ends_on: date | None) -> None:
    """End the grant after the day; at once where there is none."""
    held.ended_by_id = act.person_id
    if ends_on is None:
        held.ended_at = act.now
        last = max(act.now.date(), held.starts_on)
        held.ends_on = last if held.ends_on is None else min(last, held.ends_on)
    else:
        held.ends_on = ends_on


def require_lasting(held: RoleGrant, today: date) -> None:
    """Conflict where the role has ended already."""
    if held.ended_at is not None or (held.ends_on is not None and held.ends_on < today):
        raise Conflict("This role has ended already. Reload the list.")


async def refuse_last(act: Act, ended: list[RoleGrant]) -> None:
    """Nobody leaves the organisation without a focal point, or the hub without an administrator."""
    for held in ended:
        if held.role == ADMIN:  # whoever ends it: two may end each other's at once
            await act.session.execute(_LOCK_ADMINISTRATORS)
            others = await _holders(act, ADMIN, None, besides=held.person_id)
        elif held.role == FOCAL_POINT and held.person_id == act.person_id:
            others = await focal_points(act, held.organisation_id)
        else:
            continue
        if others == 0:
            who = "focal point of your organisation" if held.role == FOCAL_POINT else "administrator"
            raise Conflict(
                f"You are the last {who}. Hand the role over first, or have somebody else appointed."
            )


async def focal_points(act: Act, organisation_id: uuid.UUID) -> int:
    """How many others than the actor are focal points of the organisation now."""
    return await _holders(act, FOCAL_POINT, organisation_id, besides=act.person_id)


async def _holders(act: Act, role: str, organisation_id: uuid.UUID | None, *, besides: uuid.UUID) -> int:
    conditions = [
        RoleGrant.role == role,
        in_force(act.now.date()),
        Person.id != besides,
        Person.confirmed_at.is_not(None),
        Person.removed_at.is_(None),
    ]
    if organisation_id is not None:
        conditions.append(RoleGrant.organisation_id == organisation_id)
    found = select(func.count(Person.id.distinct())).join_from(
        RoleGrant, Person, RoleGrant.person_id == Person.id
    )
    return await act.session.scalar(found.where(*conditions)) or 0


def _refuse_oneself(act: Act, person: Person) -> None:
    if person.id == act.person_id:
        raise NotAllowed("Nobody grants himself a role. Ask a colleague who may, or the RSO.")


def _require_present(person: Person) -> None:
    if person.removed_at is not None:
        raise Conflict("This person was removed. Invite him or her again.")
    if person.confirmed_at is None:
        raise Conflict("The organisation has not confirmed this person yet. Confirm him or her first.")


async def _refuse_held(act: Act, made: RoleGrant) -> None:
    """No role twice at the same time, and no two that stand apart."""
    same = select(RoleGrant.id).where(
        RoleGrant.person_id == made.person_id,
        RoleGrant.role == made.role,
        _overlaps(made.starts_on, made.ends_on),
    )
    if await act.session.scalar(same.limit(1)) is not None:
        raise Conflict("This person holds the role already in that time. End it first, or choose other days.")
    await refuse_apart(act, made.person_id, made.role, starts_on=made.starts_on, ends_on=made.ends_on)


def apart_from(role: str) -> list[str]:
    """The roles that nobody holds together with the one."""
    return [other.value for known, others in APART.items() if known == role for other in others]


async def refuse_apart(
    act: Act, person_id: uuid.UUID, role: str, *, starts_on: date, ends_on: date | None
) -> None:
    """Staff and administrators do not vote: whoever is one of them becomes no Co-Manager, and the reverse."""
    found = select(RoleGrant.role).where(
        RoleGrant.person_id == person_id, RoleGrant.role.in_(apart_from(role)), _overlaps(starts_on, ends_on)
    )
    held = await act.session.scalar(found.limit(1))
    if held is not None:
        raise Conflict(
            f"Nobody is {both(held, role)} at the same time: staff and administrators do not vote."
        )


def _overlaps(starts_on: date, ends_on: date | None) -> ColumnElement[bool]:
    """That a grant counts on a day of the time."""
    begins = RoleGrant.starts_on <= ends_on if ends_on is not None else RoleGrant.starts_on.is_not(None)
    lasts = or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= starts_on)
    return and_(begins, lasts, RoleGrant.ended_at.is_(None))
