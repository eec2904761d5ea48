"""What the viewer may do with an object now: from the policy's grants and the slice's workflow, as SQL."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import strawberry
from sqlalchemy import (
    ColumnElement,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.orm import aliased

from hub import policy
from hub.contributions.models import Contribution
from hub.contributions.workflow import ContributionState, InKindState
from hub.db.base import Base
from hub.identity.models import Person, RoleGrant
from hub.organisations.models import Organisation, VettingApplication
from hub.organisations.workflow import (
    BARRED,
    MAY_APPLY,
    OF_APPLICATION,
    OF_PARTNER,
    ApplicationState,
    VettingEvent,
    VettingState,
)
from hub.organisations.workflow import states_for as states_of
from hub.policy import Action
from hub.proposals.models import Proposal, Vote
from hub.proposals.workflow import Event, ProposalState, states_for
from schema.compiler.mapping import Context
from schema.compiler.text import json_names, json_names_of

When = Callable[[Any, Context], ColumnElement[bool]]


@strawberry.enum(description="What can be done with a proposal, named after the mutation.")
class ProposalAction(StrEnum):
    UPDATE = "UPDATE"
    SUBMIT = "SUBMIT"
    WITHDRAW = "WITHDRAW"
    START_SCREENING = "START_SCREENING"
    SCREEN = "SCREEN"
    SEND_ON = "SEND_ON"
    REQUEST_REVISION = "REQUEST_REVISION"
    RESUME = "RESUME"
    ASSIGN_REVIEWER = "ASSIGN_REVIEWER"
    INVITE_CONSULTATION = "INVITE_CONSULTATION"
    REQUEST_GUIDANCE = "REQUEST_GUIDANCE"
    GIVE_GUIDANCE = "GIVE_GUIDANCE"
    VOTE = "VOTE"
    REOPEN = "REOPEN"
    ISSUE_LETTER = "ISSUE_LETTER"
    ACCEPT_ENDORSEMENT = "ACCEPT_ENDORSEMENT"
    ENTER_WORKPLAN = "ENTER_WORKPLAN"


@strawberry.enum(description="What can be done with a contribution, named after the mutation.")
class ContributionAction(StrEnum):
    COMMIT = "COMMIT"
    RECORD_RECEIPT = "RECORD_RECEIPT"
    ALLOCATE = "ALLOCATE"
    VALUE = "VALUE"
    APPROVE_VALUATION = "APPROVE_VALUATION"
    ACKNOWLEDGE = "ACKNOWLEDGE"
    CANCEL = "CANCEL"


@strawberry.enum(description="What the viewer can begin, named after the mutation.")
class ViewerAction(StrEnum):
    CREATE_PROPOSAL = "CREATE_PROPOSAL"
    EXPRESS_INTEREST = "EXPRESS_INTEREST"
    PLEDGE_CONTRIBUTION = "PLEDGE_CONTRIBUTION"
    OFFER_SECONDMENT = "OFFER_SECONDMENT"
    SAVE_VETTING_APPLICATION = "SAVE_VETTING_APPLICATION"
    REGISTER_PARTNER = "REGISTER_PARTNER"


BEGINNINGS = dict(zip(policy.CREATIONS, ViewerAction, strict=True))


def beginnings(_: Any, context: Context) -> ColumnElement[Any]:
    """The names of what the viewer may begin, as a JSON list."""
    state = _own_vetting(context)
    conditions = {
        **dict.fromkeys(policy.NEEDS_VETTING, func.coalesce(state, VETTED) == VETTED),
        **dict.fromkeys(policy.CLOSED_TO_BARRED, func.coalesce(state, VETTED).not_in(_values(BARRED))),
        Action.VETTING_SAVE: and_(state.in_(_values(MAY_APPLY)), ~_has_applied(context)),
    }
    names = [
        case((conditions.get(action, true()), _named(BEGINNINGS[action])))
        for action in policy.creations(context.actor)
    ]
    return _listed(names)


VETTED = VettingState.VETTED.value


def _values(states: Sequence[StrEnum]) -> list[str]:
    return [state.value for state in states]


def _named(name: StrEnum) -> ColumnElement[str]:
    """The name in quotes, as in JSON."""
    return literal_column(f"'\"{name.value}\"'", Text)


def _listed(names: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    """The names that are not null, as a JSON list."""
    return json_names_of(names) if names else json_names([])


def _organisation(context: Context) -> ColumnElement[Any]:
    return bindparam("actor_organisation", context.actor.organisation_id, Uuid)


def _own_vetting(context: Context) -> ColumnElement[Any]:
    """How far the vetting of the viewer's organisation has come, which the viewer always sees."""
    own = aliased(Organisation)
    return select(own.vetting_state).where(own.id == _organisation(context)).scalar_subquery()


def _has_applied(context: Context) -> ColumnElement[bool]:
    """Whether an application of the viewer's organisation waits for the office."""
    own = aliased(VettingApplication)
    waiting = [ApplicationState.SUBMITTED.value, ApplicationState.UNDER_VETTING.value]
    found = select(literal(1)).where(own.organisation_id == _organisation(context), own.state.in_(waiting))
    return found.exists()


Choices = tuple[type[Base], Mapping[StrEnum, tuple[Action, When]]]


def _in(*states: StrEnum) -> When:
    return lambda at, _: at.state.in_([state.value for state in states])


def _when(*events: Event) -> When:
    return _in(*dict.fromkeys(state for event in events for state in states_for(event)))


def _trusted(when: When) -> When:
    """And the viewer's organisation is vetted, or vetting does not apply to it."""
    return lambda at, context: and_(when(at, context), func.coalesce(_own_vetting(context), VETTED) == VETTED)


def _can_vote(at: Any, context: Context) -> ColumnElement[bool]:
    """Awaiting a decision, the viewer's government has a seat, and has not voted on this revision."""
    vote = aliased(Vote)
    seat = _organisation(context)
    cast_already = select(literal(1)).where(
        vote.proposal_id == at.id,
        vote.revision_number == at.revision_number,
        vote.voting_round == at.voting_round,
        vote.seat_id == seat,
    )
    return and_(
        at.state == ProposalState.AWAITING_DECISION.value,
        seat.in_(text("select hub.deciding_seats()")),
        ~cast_already.exists(),
    )


P, S = ProposalAction, ProposalState
PROPOSAL: Choices = (
    Proposal,
    {
        P.UPDATE: (Action.PROPOSAL_UPDATE, _in(S.DRAFT, S.REVISION_REQUESTED)),
        P.SUBMIT: (Action.PROPOSAL_SUBMIT, _trusted(_when(Event.SUBMIT, Event.RESUBMIT))),
        P.WITHDRAW: (Action.PROPOSAL_WITHDRAW, _when(Event.WITHDRAW)),
        P.START_SCREENING: (Action.PROPOSAL_START_SCREENING, _when(Event.START_SCREENING)),
        P.SCREEN: (Action.PROPOSAL_SCREEN, _when(Event.FIND_INELIGIBLE)),
        P.SEND_ON: (Action.PROPOSAL_SEND_ON, _in(S.UNDER_REVIEW, S.IN_CONSULTATION)),
        P.REQUEST_REVISION: (Action.PROPOSAL_REQUEST_REVISION, _when(Event.REQUEST_REVISION)),
        P.RESUME: (Action.PROPOSAL_RESUME, _when(Event.RETURN_TO_STAGE)),
        P.ASSIGN_REVIEWER: (Action.PROPOSAL_ASSIGN_REVIEWER, _in(S.UNDER_REVIEW)),
        P.INVITE_CONSULTATION: (Action.PROPOSAL_INVITE_CONSULTATION, _in(S.IN_CONSULTATION)),
        P.REQUEST_GUIDANCE: (Action.PROPOSAL_REQUEST_GUIDANCE, _when(Event.REQUEST_GUIDANCE)),
        P.GIVE_GUIDANCE: (Action.PROPOSAL_GIVE_GUIDANCE, _when(Event.GIVE_GUIDANCE)),
        P.VOTE: (Action.PROPOSAL_VOTE, _can_vote),
        P.REOPEN: (Action.PROPOSAL_REOPEN, _when(Event.REOPEN)),
        P.ISSUE_LETTER: (Action.PROPOSAL_ISSUE_LETTER, _when(Event.ISSUE_LETTER)),
        P.ACCEPT_ENDORSEMENT: (Action.PROPOSAL_ACCEPT_ENDORSEMENT, _trusted(_when(Event.ACCEPT))),
        P.ENTER_WORKPLAN: (Action.PROPOSAL_ENTER_WORKPLAN, _when(Event.ENTER_WORKPLAN)),
    },
)

C, T = ContributionAction, ContributionState
_OPEN = _in(T.PLEDGED, T.COMMITTED, T.PARTLY_RECEIVED, T.RECEIVED)


def _left(at: Any, context: Context) -> ColumnElement[bool]:
    left = func.greatest(at.committed, at.received) > at.allocated
    return and_(_OPEN(at, context), left)


def _unvalued(at: Any, context: Context) -> ColumnElement[bool]:
    return and_(_OPEN(at, context), at.in_kind_state == InKindState.ACCEPTED.value)


def _valued_by_other(at: Any, context: Context) -> ColumnElement[bool]:
    return and_(
        at.valued_by_id.is_not(None),
        at.valuation_approved_by_id.is_(None),
        at.valued_by_id != bindparam("actor_person", context.actor.person_id, Uuid),
    )


def _nothing_received(at: Any, context: Context) -> ColumnElement[bool]:
    return and_(_in(T.PLEDGED, T.COMMITTED)(at, context), at.received == 0, at.allocated == 0)


CONTRIBUTION: Choices = (
    Contribution,
    {
        C.COMMIT: (Action.CONTRIBUTION_COMMIT, _trusted(_OPEN)),
        C.RECORD_RECEIPT: (Action.CONTRIBUTION_RECORD_RECEIPT, _OPEN),
        C.ALLOCATE: (Action.CONTRIBUTION_ALLOCATE, _left),
        C.VALUE: (Action.CONTRIBUTION_VALUE, _unvalued),
        C.APPROVE_VALUATION: (Action.CONTRIBUTION_APPROVE_VALUATION, _valued_by_other),
        C.ACKNOWLEDGE: (Action.CONTRIBUTION_ACKNOWLEDGE, _in(T.RECEIVED)),
        C.CANCEL: (Action.CONTRIBUTION_CANCEL, _nothing_received),
    },
)


@strawberry.enum(description="What can be done with a person, named after the mutation.")
class PersonAction(StrEnum):
    CONFIRM = "CONFIRM"
    REMOVE = "REMOVE"


@strawberry.enum(description="What can be done with a role that somebody holds, named after the mutation.")
class RoleGrantAction(StrEnum):
    END = "END"
    HAND_OVER = "HAND_OVER"


def _is_here(at: Any, _: Context) -> ColumnElement[bool]:
    found: ColumnElement[bool] = at.removed_at.is_(None)
    return found


def _waits(at: Any, context: Context) -> ColumnElement[bool]:
    return and_(_is_here(at, context), at.confirmed_at.is_(None))


def _lasts(at: Any, _: Context) -> ColumnElement[bool]:
    return and_(at.ended_at.is_(None), or_(at.ends_on.is_(None), at.ends_on >= func.current_date()))


PERSON: Choices = (
    Person,
    {
        PersonAction.CONFIRM: (Action.PERSON_CONFIRM, _waits),
        PersonAction.REMOVE: (Action.PERSON_REMOVE, _is_here),
    },
)
ROLE_GRANT: Choices = (
    RoleGrant,
    {
        RoleGrantAction.END: (Action.ROLE_END, _lasts),
        RoleGrantAction.HAND_OVER: (Action.ROLE_HAND_OVER, _lasts),
    },
)


@strawberry.enum(description="What can be done with an application to be vetted, named after the mutation.")
class VettingApplicationAction(StrEnum):
    SAVE = "SAVE"
    SUBMIT = "SUBMIT"
    START = "START"
    RETURN = "RETURN"
    DECIDE = "DECIDE"


@strawberry.enum(description="What can be done with a partner, named after the mutation.")
class PartnerAction(StrEnum):
    SUSPEND = "SUSPEND"
    REINSTATE = "REINSTATE"


def _vetting(event: VettingEvent) -> When:
    return _in(*states_of(OF_APPLICATION, event))


def _started_by_other(at: Any, context: Context) -> ColumnElement[bool]:
    """Whoever took an application up does not decide on it."""
    actor = bindparam("actor_person", context.actor.person_id, Uuid)
    return and_(_vetting(VettingEvent.VET)(at, context), at.started_by_id != actor)


def _partner(event: VettingEvent) -> When:
    states = [state.value for state in states_of(OF_PARTNER, event)]
    return lambda at, _: at.vetting_state.in_(states)


V = VettingApplicationAction
VETTING: Choices = (
    VettingApplication,
    {
        V.SAVE: (Action.VETTING_SAVE, _vetting(VettingEvent.SUBMIT)),
        V.SUBMIT: (Action.VETTING_SUBMIT, _vetting(VettingEvent.SUBMIT)),
        V.START: (Action.VETTING_START, _vetting(VettingEvent.START)),
        V.RETURN: (Action.VETTING_RETURN, _vetting(VettingEvent.RETURN)),
        V.DECIDE: (Action.VETTING_DECIDE, _started_by_other),
    },
)
PARTNER: Choices = (
    Organisation,
    {
        PartnerAction.SUSPEND: (Action.PARTNER_SUSPEND, _partner(VettingEvent.SUSPEND)),
        PartnerAction.REINSTATE: (Action.PARTNER_REINSTATE, _partner(VettingEvent.REINSTATE)),
    },
)


def allowed_actions(choices: Choices) -> Callable[[Any, Context], ColumnElement[Any]]:
    """The names of what the viewer may do with the row, as a JSON list."""
    model, actions = choices

    def sql(at: Any, context: Context) -> ColumnElement[Any]:
        cases = []
        for name, (action, when) in actions.items():
            granted = policy.granted(context.actor, action, model, at)
            if granted is None:
                granted = true()
            elif granted.compare(false()):
                continue
            cases.append(case((and_(when(at, context), granted), _named(name))))
        return _listed(cases)

    return sql
