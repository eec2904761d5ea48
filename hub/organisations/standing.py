"""What an organisation that is not vetted may not do yet, or no more."""

from __future__ import annotations

import uuid
from typing import Final

from sqlalchemy import text

from hub.act import Act
from hub.errors import NotAllowed
from hub.organisations.models import Organisation
from hub.organisations.workflow import BARRED, VettingState

_HOLD: Final = text(
    "select pg_advisory_xact_lock_shared(hashtextextended('standing of ' || :organisation, 0))"
)
_MOVE: Final = text("select pg_advisory_xact_lock(hashtextextended('standing of ' || :organisation, 0))")


async def require_vetted(act: Act, organisation_id: uuid.UUID | None) -> None:
    """A partner drafts in whatever state; what binds it or asks for a decision waits until it is vetted."""
    state = await require_unbarred(act, organisation_id)
    if state is not None and state is not VettingState.VETTED:
        raise NotAllowed(
            "Your organisation is not vetted yet. You can draft; the rest becomes possible once it is."
        )


async def require_unbarred(act: Act, organisation_id: uuid.UUID | None) -> VettingState | None:
    """Who was rejected or is suspended says nothing to anybody outside, but takes back what is open.

    Until the act ends the organisation stays as it is: a suspension waits for it, or is known to it. Gives
    how far the vetting has come; None where vetting does not apply.
    """
    if organisation_id is None:
        return None
    await act.session.execute(_HOLD, {"organisation": str(organisation_id)})
    organisation = await act.see(Organisation, organisation_id, "Organisation")
    await act.session.refresh(organisation)
    if organisation.vetting_state is None:
        return None
    state = VettingState(organisation.vetting_state)
    if state in BARRED:
        raise NotAllowed(f"Your organisation's vetting is {state.value.lower()}; the RSO can tell you more.")
    return state


async def alone(act: Act, organisation_id: uuid.UUID) -> None:
    """Let nobody rest on the organisation's standing until the act, which changes it, ends.

    Before the organisation's row is locked: whoever holds its standing may yet refer to that row.
    """
    await act.session.execute(_MOVE, {"organisation": str(organisation_id)})


async def require_inviting(act: Act, organisation_id: uuid.UUID) -> None:
    """Nobody of a partner that was rejected or is suspended invites for it; the office still may."""
    if organisation_id == act.actor.organisation_id:
        await require_unbarred(act, organisation_id)
