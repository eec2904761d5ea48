"""What is done to an initiative of the work plan."""

from __future__ import annotations

import uuid

from hub.act import Act
from hub.errors import Conflict
from hub.initiatives.models import Initiative
from hub.policy import Action


async def publish(act: Act, *, initiative_id: uuid.UUID, version: int | None) -> Initiative:
    """Let the public see the initiative."""
    initiative = await act.take(
        Initiative, initiative_id, Action.INITIATIVE_PUBLISH, what="Initiative", version=version
    )
    if initiative.is_published:
        raise Conflict("The initiative is published already.")
    initiative.is_published = True
    act.changed(initiative)
    act.record(Action.INITIATIVE_PUBLISH, initiative)
    if initiative.lead_organisation_id is not None:
        act.tell("InitiativePublished", initiative, organisation=initiative.lead_organisation_id)
    return initiative
