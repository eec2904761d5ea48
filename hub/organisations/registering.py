"""Registering an organisation that is to become a partner, and inviting its first focal point."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select, text

from hub import policy
from hub.act import Act
from hub.organisations import inviting
from hub.organisations.models import Organisation, OrganisationKind
from hub.organisations.workflow import VettingState
from hub.policy import FOCAL_POINT, Action
from hub.texts import SHORT, Problems, likeness

_LOCK: Final = text("select pg_advisory_xact_lock(hashtextextended('names of organisations', 0))")
LONGEST_SHORT_NAME: Final = 60


async def register(act: Act, *, name: str, short_name: str, kind: str | None, email: str) -> Organisation:
    """Enter a prospective partner, which the public does not see, and invite a focal point who applies."""
    made = Organisation(vetting_state=VettingState.APPLIED.value, is_listed=False, decides=False)
    policy.require(act.actor, Action.PARTNER_REGISTER, made)
    problems = Problems()
    made.name = problems.line(name, "name", longest=SHORT) or ""
    made.short_name = problems.line(short_name, "shortName", longest=LONGEST_SHORT_NAME) or ""
    address = problems.address(email, "email") or ""
    if kind is None:
        problems.add("kind", code="REQUIRED", message="choose what the organisation is")
    elif kind == OrganisationKind.MEMBER_STATE:
        message = "choose another kind; Member States are no partners, and are here already"
        problems.add("kind", code="NOT_A_PARTNER", message=message)
    await act.session.execute(_LOCK)
    taken = await _names(act)
    for field, given in (("name", made.name), ("shortName", made.short_name)):
        known = taken.get(likeness(given)) if given else None
        if known is not None:
            here = f"an organisation of this name is here already ({known})"
            message = f"{here}; invite its people, or tell the two apart"
            problems.add(field, code="DUPLICATE", message=message)
    problems.check()
    made.kind, made.aliases = kind or "", []
    made.is_demonstration = await act.is_demonstration()
    await act.add(made)
    await inviting.invite(act, email=address, organisation_id=made.id, role=FOCAL_POINT)
    act.record(Action.PARTNER_REGISTER, made, name=made.name)
    return made


async def _names(act: Act) -> dict[str, str]:
    """How every organisation is called, by what looks the same; whoever registers sees them all.

    They are compared here, not by the database, which neither folds case in every script nor knows what is
    not seen. There are some hundreds of them, and few days on which one is added.
    """
    called = select(Organisation.name, Organisation.short_name, Organisation.aliases)
    rows = (await act.session.execute(called)).all()
    return {
        likeness(spelling): name
        for name, short_name, aliases in rows
        for spelling in (name, short_name, *aliases)
    }
