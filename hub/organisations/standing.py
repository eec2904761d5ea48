"""What an organisation that is not vetted may not do yet, or no more."""

from __future__ import annotations

import uuid
from typing import assert_never

from hub.act import Act
from hub.errors import NotAllowed
from hub.organisations.models import Organisation
from hub.organisations.workflow import BARRED, VettingState


async def require_vetted(act: Act, organisation_id: uuid.UUID | None) -> None:
    """A partner drafts in whatever state; what binds it or asks for a decision waits until it is vetted."""
    if organisation_id is None:
        return
    organisation = await act.see(Organisation, organisation_id, "Organisation")
    if organisation.vetting_state is None:  # vetting does not apply
        return
    state = VettingState(organisation.vetting_state)
    match state:
        case VettingState.VETTED:
            return
        case VettingState.APPLIED | VettingState.UNDER_VETTING:
            raise NotAllowed(
                "Your organisation is not vetted yet. You can draft; the rest becomes possible once it is."
            )
        case VettingState.REJECTED | VettingState.SUSPENDED:
            raise NotAllowed(
                f"Your organisation's vetting is {state.value.lower()}; the RSO can tell you more."
            )
        case _:
            assert_never(state)


async def require_inviting(act: Act, organisation_id: uuid.UUID) -> None:
    """Nobody of a partner that was rejected or is suspended invites for it; the office still may."""
    if organisation_id != act.actor.organisation_id:
        return
    organisation = await act.see(Organisation, organisation_id, "Organisation")
    if organisation.vetting_state in BARRED:
        state = organisation.vetting_state.lower()
        raise NotAllowed(
            f"Your organisation's vetting is {state}: its own people invite nobody. Ask the RSO."
        )
