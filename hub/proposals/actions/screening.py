"""Screening and passing on: what the RSO's staff and the Co-Managers do before a decision."""

from __future__ import annotations

import uuid
from typing import assert_never

from hub.act import Act
from hub.policy import CO_MANAGER, Action
from hub.proposals.actions.moves import advance, take, tell_office, tell_proposer
from hub.proposals.models import Proposal
from hub.proposals.workflow import Event, NextStage, Screening
from hub.texts import LONG, Problems


async def start_screening(act: Act, *, proposal_id: uuid.UUID, version: int | None) -> Proposal:
    """Take a submitted proposal up, and tell its proposer so: silence is what people complain about."""
    proposal = await take(act, proposal_id, Action.PROPOSAL_START_SCREENING, version)
    advance(act, proposal, Event.START_SCREENING)
    act.record(Action.PROPOSAL_START_SCREENING, proposal)
    tell_proposer(act, "ProposalScreeningStarted", proposal)
    return proposal


async def screen(
    act: Act, *, proposal_id: uuid.UUID, finding: Screening, reasons: str, version: int | None
) -> Proposal:
    """Find the proposal ineligible, with reasons, or send it to a stage."""
    proposal = await take(act, proposal_id, Action.PROPOSAL_SCREEN, version)
    said = _reasons(reasons)
    advance(act, proposal, _event_of(finding))
    act.record(Action.PROPOSAL_SCREEN, proposal, finding=finding.value, reasons=said)
    tell_proposer(act, "ProposalScreened", proposal)
    if finding is Screening.TO_DECISION:
        tell_office(act, "ProposalAwaitsDecision", proposal, CO_MANAGER)
    return proposal


async def send_on(act: Act, *, proposal_id: uuid.UUID, to: NextStage, version: int | None) -> Proposal:
    """Send the proposal from review or consultation to the next stage."""
    proposal = await take(act, proposal_id, Action.PROPOSAL_SEND_ON, version)
    event = Event.SEND_TO_CONSULTATION if to is NextStage.CONSULTATION else Event.SEND_TO_DECISION
    advance(act, proposal, event)
    act.record(Action.PROPOSAL_SEND_ON, proposal, to=to.value)
    if to is NextStage.DECISION:
        tell_office(act, "ProposalAwaitsDecision", proposal, CO_MANAGER)
    return proposal


async def request_revision(
    act: Act, *, proposal_id: uuid.UUID, reasons: str, version: int | None
) -> Proposal:
    """Ask the proposer for a new revision, saying what should change."""
    proposal = await take(act, proposal_id, Action.PROPOSAL_REQUEST_REVISION, version)
    said = _reasons(reasons)
    advance(act, proposal, Event.REQUEST_REVISION)
    proposal.revision_request = said
    act.record(Action.PROPOSAL_REQUEST_REVISION, proposal, reasons=said)
    tell_proposer(act, "ProposalRevisionRequested", proposal)
    return proposal


async def resume(act: Act, *, proposal_id: uuid.UUID, version: int | None) -> Proposal:
    """Return a resubmitted proposal to the stage that had asked for the revision."""
    proposal = await take(act, proposal_id, Action.PROPOSAL_RESUME, version)
    advance(act, proposal, Event.RETURN_TO_STAGE)
    proposal.revision_request = None
    act.record(Action.PROPOSAL_RESUME, proposal, state=proposal.state)
    tell_proposer(act, "ProposalResumed", proposal)
    return proposal


def _event_of(finding: Screening) -> Event:
    match finding:
        case Screening.INELIGIBLE:
            return Event.FIND_INELIGIBLE
        case Screening.TO_REVIEW:
            return Event.SEND_TO_REVIEW
        case Screening.TO_CONSULTATION:
            return Event.SEND_TO_CONSULTATION
        case Screening.TO_DECISION:
            return Event.SEND_TO_DECISION
        case _:
            assert_never(finding)


def _reasons(reasons: str) -> str:
    problems = Problems()
    said = problems.text(reasons, "reasons", longest=LONG)
    problems.check()
    return said or ""
