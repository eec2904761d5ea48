"""Taking a proposal, and moving it by the transition table."""

from __future__ import annotations

import uuid

from hub.act import Act
from hub.identity.actor import Role
from hub.policy import Action
from hub.proposals.models import Proposal
from hub.proposals.workflow import Event, ProposalState, next_state, stage_to_return_to


async def take(act: Act, id: uuid.UUID, action: Action, version: int | None) -> Proposal:
    """The proposal for changing."""
    return await act.take(Proposal, id, action, what="Proposal", version=version)


def advance(act: Act, proposal: Proposal, event: Event) -> None:
    """Move the proposal by the event; Conflict where the table has no such move."""
    before = ProposalState(proposal.state)
    came_from = ProposalState(proposal.returns_to) if proposal.returns_to else None
    proposal.state = next_state(before, event, returns_to=came_from)
    if event in (Event.REQUEST_REVISION, Event.REQUEST_GUIDANCE):
        proposal.returns_to = stage_to_return_to(before)
        proposal.decided_at = None
    elif event in (Event.RETURN_TO_STAGE, Event.GIVE_GUIDANCE, Event.WITHDRAW):
        proposal.returns_to = None
    act.changed(proposal)


def tell_proposer(act: Act, topic: str, proposal: Proposal) -> None:
    """Tell the proposing organisation's people."""
    act.tell(topic, proposal, organisation=proposal.organisation_id, reference=proposal.reference)


def tell_office(act: Act, topic: str, proposal: Proposal, role: Role) -> None:
    """Tell the people of a role."""
    act.tell(topic, proposal, role=role, reference=proposal.reference)
