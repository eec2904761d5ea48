"""Offering a secondment to the RSO."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from hub import period, policy
from hub.act import Act
from hub.errors import NotAllowed
from hub.identity.models import PractitionerGroup
from hub.initiatives.models import Initiative
from hub.organisations.standing import require_vetted
from hub.policy import STAFF, Action
from hub.secondments.models import Secondment
from hub.secondments.workflow import SecondeeKind, SecondmentState
from hub.texts import LONG, SHORT, Problems

SHORTEST, LONGEST = timedelta(days=30), timedelta(days=731)


async def offer(
    act: Act,
    *,
    title: str,
    expertise: str,
    secondee_kind: SecondeeKind,
    practitioner_group: PractitionerGroup | None,
    initiative_id: uuid.UUID | None,
    starts_on: date,
    ends_on: date,
) -> Secondment:
    """Nominate an official or a national of one's own; the person's name comes later, by other means."""
    if act.actor.organisation_id is None:
        raise NotAllowed("Only somebody who acts for an organisation can offer a secondment.")
    offered = Secondment(organisation_id=act.actor.organisation_id)
    policy.require(act.actor, Action.SECONDMENT_OFFER, offered)
    await require_vetted(act, offered.organisation_id)
    problems = Problems()
    offered.title = problems.line(title, "title", longest=SHORT) or ""
    offered.expertise = problems.text(expertise, "expertise", longest=LONG) or ""
    wrong = period.problems_of(starts_on=starts_on, ends_on=ends_on)
    problems.extend(wrong)
    if not wrong and not SHORTEST <= ends_on - starts_on <= LONGEST:
        message = "a secondment lasts one month to two years, three to six months by default"
        problems.add("endsOn", code="OUT_OF_RANGE", message=message)
    problems.check()
    await act.known(Initiative, initiative_id, "initiativeId", what="Initiative")
    offered.reference = await act.reference("SEC")
    offered.state = SecondmentState.NOMINATED
    offered.secondee_kind = secondee_kind.value
    offered.practitioner_group = practitioner_group.value if practitioner_group else None
    offered.initiative_id, offered.starts_on, offered.ends_on = initiative_id, starts_on, ends_on
    offered.is_demonstration = await act.is_demonstration()
    await act.add(offered)
    act.record(Action.SECONDMENT_OFFER, offered, reference=offered.reference)
    act.tell("SecondmentOffered", offered, role=STAFF, reference=offered.reference)
    return offered
