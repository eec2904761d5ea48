"""Expressing interest, answering it, taking it back."""

from __future__ import annotations

import uuid
from enum import StrEnum

from hub import policy
from hub.act import Act
from hub.engagement.models import ExpressionOfInterest, Interest, InterestState
from hub.errors import Conflict, NotAllowed
from hub.initiatives.models import Initiative
from hub.organisations.standing import require_unbarred
from hub.policy import STAFF, Action
from hub.texts import LONG, SHORT, Problems


class Answer(StrEnum):
    """What the RSO answers to an expression of interest."""

    ACKNOWLEDGED = "ACKNOWLEDGED"
    TAKEN_UP = "TAKEN_UP"
    CLOSED = "CLOSED"


ANSWERABLE = (InterestState.EXPRESSED, InterestState.ACKNOWLEDGED)


async def express(
    act: Act,
    *,
    interest: Interest,
    initiative_id: uuid.UUID | None,
    new_initiative_title: str | None,
    message: str,
) -> ExpressionOfInterest:
    """Tell the RSO that one's organisation would like to take part in an initiative, or to start one."""
    if act.actor.organisation_id is None:
        raise NotAllowed("Only somebody who acts for an organisation can express its interest.")
    expressed = ExpressionOfInterest(organisation_id=act.actor.organisation_id, person_id=act.person_id)
    policy.require(act.actor, Action.INTEREST_EXPRESS, expressed)
    await require_unbarred(act, expressed.organisation_id)
    problems = Problems()
    said = problems.text(message, "message", longest=LONG)
    title = problems.line(new_initiative_title, "newInitiativeTitle", longest=SHORT, required=False)
    if (initiative_id is None) == (title is None):
        hint = "name an existing initiative by initiativeId, or a new one by newInitiativeTitle, and not both"
        problems.add("initiativeId", code="ONE_OF", message=hint)
    problems.check()
    await act.known(Initiative, initiative_id, "initiativeId", what="Initiative")
    expressed.reference = await act.reference("EOI")
    expressed.interest, expressed.state = interest.value, InterestState.EXPRESSED
    expressed.initiative_id, expressed.new_initiative_title = initiative_id, title
    expressed.message = said or ""
    expressed.is_demonstration = await act.is_demonstration()
    await act.add(expressed)
    act.record(Action.INTEREST_EXPRESS, expressed, reference=expressed.reference)
    act.tell("InterestExpressed", expressed, role=STAFF, reference=expressed.reference)
    return expressed


async def answer(
    act: Act, *, expression_id: uuid.UUID, state: Answer, text: str, version: int | None
) -> ExpressionOfInterest:
    """Answer an expression of interest, so that it never ends in silence."""
    expressed = await act.take(
        ExpressionOfInterest,
        expression_id,
        Action.INTEREST_ANSWER,
        what="Expression of interest",
        version=version,
    )
    if expressed.state not in ANSWERABLE:
        raise Conflict(f"The expression of interest is {expressed.state} and is answered no more.")
    problems = Problems()
    expressed.answer = problems.text(text, "answer", longest=LONG)
    problems.check()
    expressed.state = InterestState(state.value)
    act.changed(expressed)
    act.record(Action.INTEREST_ANSWER, expressed, state=state.value)
    act.tell("InterestAnswered", expressed, organisation=expressed.organisation_id)
    return expressed


async def withdraw(act: Act, *, expression_id: uuid.UUID, version: int | None) -> ExpressionOfInterest:
    """Take an expression of interest back while it is open."""
    expressed = await act.take(
        ExpressionOfInterest,
        expression_id,
        Action.INTEREST_WITHDRAW,
        what="Expression of interest",
        version=version,
    )
    if expressed.state not in ANSWERABLE:
        raise Conflict(f"The expression of interest is {expressed.state} and can be withdrawn no more.")
    expressed.state = InterestState.WITHDRAWN
    act.changed(expressed)
    act.record(Action.INTEREST_WITHDRAW, expressed)
    act.tell("InterestWithdrawn", expressed, role=STAFF)
    return expressed
