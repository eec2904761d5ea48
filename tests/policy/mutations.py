"""Every mutation: the action that it is, who may do it, and an input that would succeed."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.policy import Action
from schema.compiler.ids import global_id
from tests.policy.stage import MONEY, Stage

Given = dict[str, Any]
Prepare = Callable[[Stage], Awaitable[Given]]

PARTNERS = ("partner", "focal-point")
CO_MANAGERS = ("co-manager-au", "co-manager-id")
DESK = (*CO_MANAGERS, "staff")
EVERYBODY = (*PARTNERS, *DESK, "co-chair", "reviewer", "stakeholder", "analyst", "admin")


@dataclass(frozen=True, slots=True)
class Case:
    """One mutation. `owners` may do it to their own subject, and to nobody else's."""

    action: Action
    prepare: Prepare
    owners: tuple[str, ...] = ()
    office: tuple[str, ...] = ()
    in_person: bool = False
    """Done by somebody signed in with a browser, and by no token."""
    acts: int = 1
    """How many lines it leaves in the record."""

    @property
    def allowed(self) -> tuple[str, ...]:
        return (*self.owners, *self.office)


def on_proposal(state: str, returns_to: str | None = None, *, working: bool = False, **more: Any) -> Prepare:
    """A proposal in the state, and what else the input says."""

    async def prepare(stage: Stage) -> Given:
        return {"id": await stage.proposal(state, returns_to=returns_to, working=working), **more}

    return prepare


def on_contribution(state: str = "COMMITTED", *, columns: Given | None = None, **more: Any) -> Prepare:
    """A contribution in the state, and what else the input says."""

    async def prepare(stage: Stage) -> Given:
        return {"id": await stage.contribution(state, **(columns or {})), **more}

    return prepare


def anew(**given: Any) -> Prepare:
    """Something is made by a vetted organisation: there is no subject."""

    async def prepare(stage: Stage) -> Given:
        await stage.organisation()
        return given

    return prepare


async def _assignment(stage: Stage) -> Given:
    reviewer = global_id("Person", await stage.person("reviewer"))
    return {"id": await stage.proposal("UNDER_REVIEW"), "reviewerId": reviewer}


async def _invitation(stage: Stage) -> Given:
    organisation = global_id("Partner", await Stage(stage.connection).organisation_named("Demo Federation"))
    proposal = await stage.proposal("IN_CONSULTATION")
    return {"id": proposal, "organisationId": organisation, "question": "What do you think?"}


async def _review(stage: Stage) -> Given:
    return {"id": await stage.review(), "recommendation": "ENDORSE", "comment": "Good."}


async def _conflict(stage: Stage) -> Given:
    return {"id": await stage.review(), "conflict": "We applied together."}


async def _response(stage: Stage) -> Given:
    return {"id": await stage.consultation(), "response": "We agree."}


async def _allocation(stage: Stage) -> Given:
    initiative = await stage.initiative(is_published=True)
    return {"id": await stage.contribution(), "initiativeId": initiative, "amount": MONEY}


async def _valuation(stage: Stage) -> Given:
    """Valued by somebody who may not approve anything, so that everybody who may is another person."""
    by = await stage.person("admin")
    return {"id": await stage.contribution(valued_by_id=by, **UNVALUED)}


async def _reversal(stage: Stage) -> Given:
    return {"id": await stage.transaction(), "reason": "Typed wrongly."}


async def _publication(stage: Stage) -> Given:
    return {"id": await stage.initiative()}


async def _answer(stage: Stage) -> Given:
    return {"id": await stage.interest(), "state": "ACKNOWLEDGED", "answer": "Thank you."}


async def _interest_withdrawn(stage: Stage) -> Given:
    return {"id": await stage.interest()}


async def _invited(stage: Stage) -> Given:
    """Somebody new each time, as a partner of the personas' organisation."""
    organisation = await Stage(stage.connection).organisation_named("Demo Alliance")
    return {
        "email": f"{uuid.uuid4()}@example.org",
        "organisationId": global_id("Partner", organisation),
        "role": "PARTNER",
    }


async def _invitation_open(stage: Stage) -> Given:
    return {"id": await stage.person_invitation()}


async def _waiting(stage: Stage) -> Given:
    return {"id": global_id("Person", await stage.colleague(is_confirmed=False))}


async def _leaving(stage: Stage) -> Given:
    return {"id": global_id("Person", await stage.colleague())}


async def _granted(stage: Stage) -> Given:
    """To somebody who has no role yet."""
    return {"personId": global_id("Person", await stage.newcomer()), "role": "PARTNER"}


async def _ended(stage: Stage) -> Given:
    return {"id": await stage.grant()}


async def _handed_over(stage: Stage) -> Given:
    return {"id": await stage.grant(), "toPersonId": global_id("Person", await stage.newcomer())}


async def _registered(_: Stage) -> Given:
    name = str(uuid.uuid4())
    return {"name": name, "shortName": name, "kind": "ACADEMIA", "email": f"{name}@example.org"}


async def _saved(stage: Stage) -> Given:
    await stage.withdraw_drafts(await stage.organisation("APPLIED"))
    return {"description": "We are staged.", "statements": ["CHECKS"]}


async def _submitted(stage: Stage) -> Given:
    return {"id": await stage.draft()}


def on_application(state: str, **more: Any) -> Prepare:
    """An application of somebody else's in the state, and what else the input says."""

    async def prepare(stage: Stage) -> Given:
        return {"id": await stage.application(state), **more}

    return prepare


def on_partner(state: str, **more: Any) -> Prepare:
    """A partner in the state, and what else the input says."""

    async def prepare(stage: Stage) -> Given:
        return {"id": global_id("Partner", await stage.partner(state)), **more}

    return prepare


async def _token(_: Stage) -> Given:
    return {"label": "A dashboard", "expiresOn": (datetime.now(UTC) + timedelta(days=30)).date().isoformat()}


async def _token_revoked(stage: Stage) -> Given:
    return {"id": await stage.token()}


async def _session(stage: Stage) -> Given:
    return {"id": await stage.session()}


A = Action
ENTRY: Given = {"amount": MONEY, "valueOn": "2026-11-02"}
UNVALUED: Given = {"kind": "IN_KIND", "in_kind_state": "ACCEPTED"}
VOTE: Given = {"revision": 1, "choice": "ENDORSE", "reasons": "It meets a need."}
PLEDGE: Given = {"title": "Support", "kind": "DIRECT_FUNDING", "year": 2027, **ENTRY}
INTEREST = {"interest": "FUND", "newInitiativeTitle": "A new one", "message": "We would fund it."}
SECONDEE = {"title": "Adviser", "expertise": "Law", "secondeeKind": "GOVERNMENT_OFFICIAL"}
STAY = {"startsOn": "2027-03-01", "endsOn": "2027-06-30"}

MUTATIONS: dict[str, Case] = {
    # mutation: action, subject and input, who may
    "createProposal": Case(A.PROPOSAL_CREATE, anew(title="A draft"), PARTNERS),
    "updateProposal": Case(A.PROPOSAL_UPDATE, on_proposal("DRAFT", summary="More."), PARTNERS),
    "submitProposal": Case(A.PROPOSAL_SUBMIT, on_proposal("DRAFT"), PARTNERS),
    "withdrawProposal": Case(A.PROPOSAL_WITHDRAW, on_proposal("SUBMITTED", reason="No."), PARTNERS),
    "startScreening": Case(A.PROPOSAL_START_SCREENING, on_proposal("SUBMITTED"), office=("staff",)),
    "screenProposal": Case(
        A.PROPOSAL_SCREEN,
        on_proposal("SCREENING", finding="TO_REVIEW", reasons="Fits."),
        office=("staff",),
    ),
    "sendOnProposal": Case(A.PROPOSAL_SEND_ON, on_proposal("UNDER_REVIEW", to="DECISION"), office=DESK),
    "requestRevision": Case(
        A.PROPOSAL_REQUEST_REVISION, on_proposal("UNDER_REVIEW", reasons="Shorter."), office=DESK
    ),
    "resumeProposal": Case(
        A.PROPOSAL_RESUME, on_proposal("RESUBMITTED", returns_to="UNDER_REVIEW"), office=DESK
    ),
    "assignReviewer": Case(A.PROPOSAL_ASSIGN_REVIEWER, _assignment, office=DESK),
    "submitReview": Case(A.PROPOSAL_REVIEW, _review, ("reviewer",)),
    "declareConflict": Case(A.PROPOSAL_DECLARE_CONFLICT, _conflict, ("reviewer",)),
    "inviteConsultation": Case(A.PROPOSAL_INVITE_CONSULTATION, _invitation, office=DESK),
    "respondToConsultation": Case(A.PROPOSAL_RESPOND_TO_CONSULTATION, _response, ("stakeholder",)),
    "requestGuidance": Case(
        A.PROPOSAL_REQUEST_GUIDANCE, on_proposal("UNDER_REVIEW", reason="Policy."), office=CO_MANAGERS
    ),
    "giveGuidance": Case(
        A.PROPOSAL_GIVE_GUIDANCE,
        on_proposal("AWAITING_GUIDANCE", returns_to="UNDER_REVIEW", answer="Go on."),
        office=("co-chair",),
    ),
    "voteOnProposal": Case(A.PROPOSAL_VOTE, on_proposal("AWAITING_DECISION", **VOTE), office=CO_MANAGERS),
    "reopenProposal": Case(A.PROPOSAL_REOPEN, on_proposal("DEFERRED"), office=CO_MANAGERS),
    "issueLetter": Case(A.PROPOSAL_ISSUE_LETTER, on_proposal("ENDORSED"), office=("staff",)),
    "acceptEndorsement": Case(A.PROPOSAL_ACCEPT_ENDORSEMENT, on_proposal("LETTER_ISSUED"), ("focal-point",)),
    "enterWorkplan": Case(A.PROPOSAL_ENTER_WORKPLAN, on_proposal("ACCEPTED"), office=("staff",)),
    "publishInitiative": Case(A.INITIATIVE_PUBLISH, _publication, office=("staff",)),
    "expressInterest": Case(A.INTEREST_EXPRESS, anew(**INTEREST), PARTNERS),
    "answerInterest": Case(A.INTEREST_ANSWER, _answer, office=DESK),
    "withdrawInterest": Case(A.INTEREST_WITHDRAW, _interest_withdrawn, PARTNERS),
    "pledgeContribution": Case(A.CONTRIBUTION_PLEDGE, anew(**PLEDGE), PARTNERS),
    "commitContribution": Case(
        A.CONTRIBUTION_COMMIT,
        on_contribution("PLEDGED", columns={"committed": 0}, **ENTRY),
        ("focal-point",),
    ),
    "recordReceipt": Case(A.CONTRIBUTION_RECORD_RECEIPT, on_contribution(**ENTRY), office=("staff",)),
    "reverseTransaction": Case(A.CONTRIBUTION_REVERSE, _reversal, office=("staff",)),
    "allocateContribution": Case(A.CONTRIBUTION_ALLOCATE, _allocation, office=DESK),
    "valueContribution": Case(
        A.CONTRIBUTION_VALUE,
        on_contribution(columns=UNVALUED, method="INVOICE", evidence="Invoice 7."),
        office=("staff",),
    ),
    "approveValuation": Case(A.CONTRIBUTION_APPROVE_VALUATION, _valuation, office=DESK),
    "acknowledgeContribution": Case(A.CONTRIBUTION_ACKNOWLEDGE, on_contribution("RECEIVED"), office=DESK),
    "cancelContribution": Case(
        A.CONTRIBUTION_CANCEL, on_contribution(reason="No budget."), ("focal-point",), ("staff",)
    ),
    "offerSecondment": Case(A.SECONDMENT_OFFER, anew(**SECONDEE, **STAY), PARTNERS),
    "registerPartner": Case(A.PARTNER_REGISTER, _registered, office=("staff",), in_person=True, acts=2),
    "saveVettingApplication": Case(A.VETTING_SAVE, _saved, ("focal-point",)),
    "submitVettingApplication": Case(A.VETTING_SUBMIT, _submitted, ("focal-point",)),
    "startVetting": Case(A.VETTING_START, on_application("SUBMITTED"), office=("staff",)),
    "returnVettingApplication": Case(
        A.VETTING_RETURN, on_application("UNDER_VETTING", reasons="Say more."), office=DESK
    ),
    "decideVetting": Case(
        A.VETTING_DECIDE,
        on_application("UNDER_VETTING", verdict="VETTED", reason="They do good work."),
        office=DESK,
    ),
    "suspendPartner": Case(A.PARTNER_SUSPEND, on_partner("VETTED", reason="A complaint."), office=DESK),
    "reinstatePartner": Case(A.PARTNER_REINSTATE, on_partner("SUSPENDED", reason="Settled."), office=DESK),
    "invitePerson": Case(A.PERSON_INVITE, _invited, ("focal-point",), ("staff", "admin"), True),
    "confirmPerson": Case(A.PERSON_CONFIRM, _waiting, ("focal-point",), ("admin",), True),
    "removePerson": Case(A.PERSON_REMOVE, _leaving, ("focal-point",), ("admin",), True),
    "grantRole": Case(A.ROLE_GRANT, _granted, ("focal-point",), ("staff", "admin"), True),
    "endRole": Case(A.ROLE_END, _ended, ("focal-point",), ("staff", "admin"), True),
    "handOverRole": Case(A.ROLE_HAND_OVER, _handed_over, ("focal-point",), ("staff", "admin"), True),
    "createApiToken": Case(A.TOKEN_CREATE, _token, EVERYBODY, in_person=True),
    "revokeApiToken": Case(A.TOKEN_REVOKE, _token_revoked, ("partner",), in_person=True),
    "resendInvitation": Case(
        A.INVITATION_RESEND, _invitation_open, ("focal-point",), ("staff", "admin"), True
    ),
    "withdrawInvitation": Case(A.INVITATION_WITHDRAW, _invitation_open, ("focal-point",), ("staff", "admin")),
    "revokeSession": Case(A.SESSION_REVOKE, _session, ("partner",)),
}
