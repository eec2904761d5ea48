"""Registering an organisation that is to become a partner, and inviting its first focal point."""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, or_, select, text

from hub import policy
from hub.act import Act
from hub.organisations import inviting
from hub.organisations.models import Organisation, OrganisationKind
from hub.organisations.workflow import VettingState
from hub.policy import FOCAL_POINT, Action
from hub.texts import SHORT, Problems

_LOCK: Final = text("select pg_advisory_xact_lock(hashtextextended('names of organisations', 0))")
LONGEST_SHORT_NAME: Final = 60


async def register(act: Act, *, name: str, short_name: str, kind: str, email: str) -> Organisation:
    """Enter a prospective partner, which the public does not see, and invite a focal point who applies."""
    made = Organisation(vetting_state=VettingState.APPLIED.value, is_listed=False, decides=False)
    policy.require(act.actor, Action.PARTNER_REGISTER, made)
    problems = Problems()
    made.name = problems.text(name, "name", longest=SHORT) or ""
    made.short_name = problems.text(short_name, "shortName", longest=LONGEST_SHORT_NAME) or ""
    address = problems.address(email, "email") or ""
    if kind == OrganisationKind.MEMBER_STATE:
        message = "choose another kind; Member States are no partners, and are here already"
        problems.add("kind", code="NOT_A_PARTNER", message=message)
    await act.session.execute(_LOCK)
    for field, given in (("name", made.name), ("shortName", made.short_name)):
        if given and await _is_taken(act, given):
            message = "an organisation of this name is here already; invite its people, or tell the two apart"
            problems.add(field, code="DUPLICATE", message=message)
    problems.check()
    made.kind, made.aliases = kind, []
    made.is_demonstration = await act.is_demonstration()
    await act.add(made)
    await inviting.invite(act, email=address, organisation_id=made.id, role=FOCAL_POINT)
    act.record(Action.PARTNER_REGISTER, made, name=made.name)
    return made


async def _is_taken(act: Act, name: str) -> bool:
    """Whether an organisation goes by the name, however it is written; whoever registers sees them all."""
    alias = func.unnest(Organisation.aliases).column_valued("alias")
    is_alias = select(alias).where(func.lower(alias) == name.lower()).exists()
    found = select(Organisation.id).where(
        or_(
            func.lower(Organisation.name) == name.lower(),
            func.lower(Organisation.short_name) == name.lower(),
            is_alias,
        )
    )
    return await act.session.scalar(found.limit(1)) is not None
