"""Who may see and do what, in tables: the only file that decides.

- `READS`: model -> audience -> scope. The predicate that every read is filtered by, and the database's
  row-level security for SELECT.
- `INSERTS`, `UPDATES`: the same for writes. Row-level security only: what the actions
  below need, and nothing else, so that a bug elsewhere cannot write.
- `GRANTS`: action -> audience -> scope. What an action asks before it does anything.

A scope is written once, as SQL for bound or for session identity; one that a row's own columns decide has
a second face in Python. Tests prove that the faces agree with each other and with the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from hub.audit.models import AuditEvent, IdempotencyKey
from hub.contributions.models import (
    Allocation,
    Contribution,
    ContributionRollup,
    ContributionTransaction,
    Currency,
    ExchangeRate,
)
from hub.db.base import Base
from hub.engagement.models import ExpressionOfInterest
from hub.files.models import StoredFile
from hub.identity.actor import OFFICE_ROLES, Role
from hub.identity.models import ApiToken, IdentityBinding, Invitation, LoginSession, Person, RoleGrant
from hub.identity.scopes import (
    EVERYWHERE,
    Empty,
    Filled,
    Flagged,
    Foreign,
    HandedOverByMe,
    InSet,
    Mine,
    OneOf,
    Others,
    Own,
    OwnInitiatives,
    ReferredBy,
    RowScope,
    Scope,
    Through,
    Unless,
    With,
    Without,
)
from hub.initiatives.models import (
    CorePurpose,
    GuidingPrinciple,
    Initiative,
    InitiativeCorePurpose,
    InitiativeGuidingPrinciple,
    InitiativeParticipant,
)
from hub.notifications.models import OutboxMessage
from hub.opendata.models import ImportRejection, ImportRun
from hub.organisations.models import (
    Membership,
    Organisation,
    VettingApplication,
    VettingDecision,
    VettingDocument,
    WorkingGroup,
)
from hub.policy.names import (
    ADMIN,
    ANALYST,
    ANYONE,
    CO_CHAIR,
    CO_MANAGER,
    FOCAL_POINT,
    PARTNER,
    REVIEWER,
    SIGNED_IN,
    STAFF,
    STAKEHOLDER,
    Action,
    Audience,
)
from hub.proposals.models import (
    Consultation,
    Decision,
    Guidance,
    Proposal,
    ProposalReview,
    ProposalRevision,
    Vote,
)
from hub.secondments.models import Secondment

Scopes = Mapping[Audience, Scope]

OWN = Own("organisation_id")
PROVIDED = Own("provider_id")
PUBLISHED = Flagged("is_published", says="published")
LISTED = Flagged("is_listed", says="listed")
SUBMITTED = Filled("submitted_at", says="once submitted", needs="it has been submitted")
"""Of a proposal and of a revision alike: a draft that was withdrawn never becomes anybody else's to read."""
REVIEWING, RESPONDING = Mine("reviewer_id"), Own("consulted_id")
UNCONFLICTED = REVIEWING & Unless("state", "CONFLICTED", says="without a conflict")
ASSIGNED = InSet(ProposalReview, "proposal_id", UNCONFLICTED, says="assigned, no conflict declared")
CONSULTED = InSet(Consultation, "proposal_id", RESPONDING, says="consulted on")
TAKING_PART = OwnInitiatives()
MINE = Mine("person_id")
AS_PARTNER = OneOf("role", PARTNER, says="as partner", needs="the role is that of partner")
AS_FOCAL_POINT = OneOf("role", FOCAL_POINT, says="as focal point", needs="the role is that of focal point")
AS_REPRESENTATIVE = OneOf(
    "role",
    *(role for role in Role if role not in OFFICE_ROLES),
    says="in no role of the office",
    needs="the role is none of the office's",
)
OTHERS = Others("person_id")
ANOTHERS = Foreign("organisation_id")
"""Nobody decides about the own organisation."""
APPLYING = OneOf(
    "vetting_state", "APPLIED", says="as applying to be a partner", needs="it is still to be vetted"
)
VETTABLE = Filled("vetting_state", says="subject to vetting").besides(Foreign("id"))
IN_HAND = OneOf("state", "DRAFT", "SUBMITTED", says="not taken up yet")
ATTACHED = ReferredBy(
    VettingDocument,
    "file_id",
    Empty("removed_at", says="kept") & Through(VettingApplication, "application_id", SUBMITTED),
    says="attached to what was submitted",
)
NOT_OF_THE_OFFICE = Without(STAFF, ADMIN)
"""Staff and administrators do not vote, whatever else they are."""
IN_OFFICE = With(FOCAL_POINT)
"""Who is to be focal point, some day, hands nothing over before."""

PARTNERS: dict[Audience, RowScope] = {PARTNER: OWN, FOCAL_POINT: OWN}
OFFICE: dict[Audience, RowScope] = {CO_MANAGER: EVERYWHERE, CO_CHAIR: EVERYWHERE, STAFF: EVERYWHERE}
PUBLIC: Scopes = {ANYONE: EVERYWHERE}
INVITING: dict[Audience, RowScope] = {
    FOCAL_POINT: OWN.besides(AS_PARTNER),
    STAFF: AS_REPRESENTATIVE,
    ADMIN: EVERYWHERE,
}
"""Whom one may invite, and as what; the office itself is chosen by administrators alone, or one of its staff
could be two. That nobody invites himself, the action and the acceptance see to."""
GRANTING: dict[Audience, RowScope] = {who: scope.besides(OTHERS) for who, scope in INVITING.items()}
"""The same for roles of people who are here: nobody grants himself a role."""


class Bounds(NamedTuple):
    """How many invitations there are at the most, when somebody makes another one."""

    open_of_organisation: int
    made_for_organisation: int
    """In 24 hours; so is the next."""
    made_by_person: int


INVITATION_BOUNDS: dict[Audience, Bounds] = {
    FOCAL_POINT: Bounds(open_of_organisation=50, made_for_organisation=100, made_by_person=100),
    STAFF: Bounds(open_of_organisation=200, made_for_organisation=300, made_by_person=300),
    ADMIN: Bounds(open_of_organisation=200, made_for_organisation=300, made_by_person=300),
}
"""More than a partner invites, few enough that nobody mails strangers by it. Wider for the office, which an
organisation at its own bounds does not keep from inviting."""
KEEPING: dict[Audience, RowScope] = {FOCAL_POINT: OWN, ADMIN: EVERYWHERE}
"""Who answers for it that somebody belongs to the organisation."""
APART: Mapping[Role, frozenset[Role]] = {
    CO_MANAGER: frozenset({STAFF, ADMIN}),
    STAFF: frozenset({CO_MANAGER}),
    ADMIN: frozenset({CO_MANAGER}),
}
"""Roles that nobody holds at the same time; the database refuses it too, by hub.apart."""

READS: dict[type[Base], Scopes] = {
    # model                 audience: rows that it sees
    Organisation: {
        ANYONE: LISTED,
        SIGNED_IN: Own("id"),
        **OFFICE,
        ANALYST: EVERYWHERE,
        ADMIN: EVERYWHERE,
    },
    WorkingGroup: PUBLIC,
    Membership: {ANYONE: Through(Organisation, "organisation_id")},
    CorePurpose: PUBLIC,
    GuidingPrinciple: PUBLIC,
    Currency: PUBLIC,
    ExchangeRate: PUBLIC,
    Person: {
        SIGNED_IN: Mine("id"),
        FOCAL_POINT: OWN,
        PARTNER: OWN,
        CO_MANAGER: EVERYWHERE,
        STAFF: EVERYWHERE,
        ADMIN: EVERYWHERE,
    },
    RoleGrant: {
        SIGNED_IN: MINE,
        FOCAL_POINT: OWN,
        CO_MANAGER: EVERYWHERE,
        STAFF: EVERYWHERE,
        ADMIN: EVERYWHERE,
    },
    ApiToken: {SIGNED_IN: Mine("person_id")},
    LoginSession: {SIGNED_IN: MINE},
    IdentityBinding: {SIGNED_IN: MINE, ADMIN: EVERYWHERE},
    Invitation: {FOCAL_POINT: OWN, CO_MANAGER: EVERYWHERE, STAFF: EVERYWHERE, ADMIN: EVERYWHERE},
    VettingApplication: {FOCAL_POINT: OWN, **dict.fromkeys(OFFICE, SUBMITTED)},
    VettingDocument: {
        FOCAL_POINT: OWN,
        **dict.fromkeys(OFFICE, Through(VettingApplication, "application_id", SUBMITTED)),
    },
    VettingDecision: {FOCAL_POINT: OWN, **OFFICE},
    StoredFile: {**PARTNERS, **dict.fromkeys(OFFICE, ATTACHED)},
    Initiative: {ANYONE: PUBLISHED, SIGNED_IN: TAKING_PART, **OFFICE, ANALYST: EVERYWHERE},
    InitiativeParticipant: {ANYONE: PUBLISHED, SIGNED_IN: Through(Initiative, "initiative_id")},
    InitiativeCorePurpose: {ANYONE: Through(Initiative, "initiative_id")},
    InitiativeGuidingPrinciple: {ANYONE: Through(Initiative, "initiative_id")},
    ExpressionOfInterest: {**PARTNERS, **OFFICE},
    Proposal: {
        **PARTNERS,
        REVIEWER: ASSIGNED,
        STAKEHOLDER: CONSULTED,
        CO_MANAGER: SUBMITTED,
        CO_CHAIR: SUBMITTED,
        STAFF: SUBMITTED,
    },
    ProposalRevision: {
        **PARTNERS,
        REVIEWER: SUBMITTED & ASSIGNED.by("proposal_id"),
        STAKEHOLDER: SUBMITTED & CONSULTED.by("proposal_id"),
        CO_MANAGER: SUBMITTED,
        CO_CHAIR: SUBMITTED,
        STAFF: SUBMITTED,
    },
    ProposalReview: {REVIEWER: REVIEWING, **OFFICE},
    Consultation: {STAKEHOLDER: RESPONDING, **OFFICE},
    Guidance: OFFICE,
    Vote: {CO_MANAGER: EVERYWHERE, CO_CHAIR: EVERYWHERE},
    Decision: {**PARTNERS, **OFFICE},
    Contribution: {
        ANYONE: PUBLISHED,
        PARTNER: Own("provider_id", "receiver_id"),
        FOCAL_POINT: Own("provider_id", "receiver_id"),
        **OFFICE,
        ANALYST: EVERYWHERE,
    },
    ContributionTransaction: {
        ANYONE: Through(Contribution, "contribution_id"),
        **OFFICE,
        ANALYST: EVERYWHERE,
    },
    Allocation: {
        ANYONE: PUBLISHED,
        PARTNER: Through(Contribution, "contribution_id"),
        FOCAL_POINT: Through(Contribution, "contribution_id"),
        **OFFICE,
        ANALYST: EVERYWHERE,
    },
    ContributionRollup: {ANYONE: PUBLISHED, **OFFICE, ANALYST: EVERYWHERE},
    Secondment: {**PARTNERS, **OFFICE, ANALYST: EVERYWHERE},
    ImportRun: {STAFF: EVERYWHERE, ANALYST: EVERYWHERE, ADMIN: EVERYWHERE},
    ImportRejection: {STAFF: EVERYWHERE, ANALYST: EVERYWHERE, ADMIN: EVERYWHERE},
    AuditEvent: {SIGNED_IN: Mine("person_id"), ADMIN: EVERYWHERE},
    IdempotencyKey: {SIGNED_IN: Mine("person_id")},
    OutboxMessage: {SIGNED_IN: Mine("sender_id")},
}

DESK: dict[Audience, RowScope] = {CO_MANAGER: EVERYWHERE, STAFF: EVERYWHERE}
OWN_ENTRY = Through(Contribution, "contribution_id", PROVIDED)
NO_RECEIPT = Unless("type", "RECEIPT", says="no receipt")
NO_COMMITMENT = Unless("type", "COMMITMENT", says="no commitment")

GRANTED_BY_ME = Mine("granted_by_id")

DECIDED_BY_ME = ANOTHERS.besides(Mine("decided_by_id"))

INSERTS: dict[type[Base], Scopes] = {
    ApiToken: {SIGNED_IN: Mine("person_id")},
    LoginSession: {SIGNED_IN: MINE},
    Invitation: {audience: scope.besides(Mine("invited_by_id")) for audience, scope in INVITING.items()},
    RoleGrant: {
        **{audience: scope.besides(GRANTED_BY_ME) for audience, scope in GRANTING.items()},
        SIGNED_IN: OWN.besides(OTHERS).besides(GRANTED_BY_ME).besides(AS_FOCAL_POINT) & HandedOverByMe(),
    },
    Organisation: {STAFF: APPLYING},
    VettingApplication: {FOCAL_POINT: OWN.besides(Mine("created_by_id")).besides(IN_HAND)},
    VettingDocument: {FOCAL_POINT: OWN},
    VettingDecision: dict.fromkeys(DESK, DECIDED_BY_ME),
    StoredFile: dict.fromkeys(PARTNERS, OWN.besides(Mine("uploaded_by_id"))),
    Initiative: DESK,
    InitiativeParticipant: DESK,
    ExpressionOfInterest: PARTNERS,
    Proposal: PARTNERS,
    ProposalRevision: PARTNERS,
    ProposalReview: DESK,
    Consultation: DESK,
    Guidance: {CO_MANAGER: EVERYWHERE},
    Vote: {CO_MANAGER: Own("seat_id") & Mine("person_id") & NOT_OF_THE_OFFICE},
    Decision: {CO_MANAGER: EVERYWHERE},
    Contribution: {PARTNER: PROVIDED, FOCAL_POINT: PROVIDED},
    ContributionTransaction: {
        PARTNER: OWN_ENTRY & NO_RECEIPT & NO_COMMITMENT,
        FOCAL_POINT: OWN_ENTRY & NO_RECEIPT,
        STAFF: EVERYWHERE,
    },
    Allocation: DESK,
    Secondment: PARTNERS,
    AuditEvent: {SIGNED_IN: Mine("person_id") & OWN},
    IdempotencyKey: {SIGNED_IN: Mine("person_id")},
    OutboxMessage: {SIGNED_IN: Mine("sender_id")},
}

UPDATES: dict[type[Base], Scopes] = {
    ApiToken: {SIGNED_IN: Mine("person_id")},
    LoginSession: {SIGNED_IN: MINE},
    Invitation: INVITING,
    Person: KEEPING,
    RoleGrant: {FOCAL_POINT: OWN.besides(AS_REPRESENTATIVE), STAFF: AS_REPRESENTATIVE, ADMIN: EVERYWHERE},
    Organisation: dict.fromkeys(DESK, VETTABLE),
    VettingApplication: {
        FOCAL_POINT: OWN.besides(IN_HAND),
        **dict.fromkeys(DESK, SUBMITTED.besides(ANOTHERS)),
    },
    VettingDocument: {FOCAL_POINT: OWN},
    Initiative: {STAFF: EVERYWHERE},
    ExpressionOfInterest: {**PARTNERS, **DESK},
    Proposal: {**PARTNERS, CO_MANAGER: SUBMITTED, CO_CHAIR: SUBMITTED, STAFF: SUBMITTED},
    ProposalRevision: PARTNERS,
    ProposalReview: {REVIEWER: REVIEWING},
    Consultation: {STAKEHOLDER: RESPONDING},
    Guidance: {CO_CHAIR: EVERYWHERE},
    Contribution: {FOCAL_POINT: PROVIDED, **DESK},
}

FIXED = frozenset(
    {
        *("id", "created_at", "reference", "is_demonstration"),
        *("organisation_id", "provider_id", "proposal_id", "consulted_id"),
        *("person_id", "created_by_id", "reviewer_id", "requested_by_id"),
        *("token_hash", "expires_at", "last_seen_at", "ends_at"),
        *("issuer", "subject", "sid", "browser"),
        *("email", "role", "invited_by_id", "accepted_by_id", "confirms", "persona"),
        *("granted_by_id", "handed_over_from_id", "access", "roles", "last_used_at"),
        *("application_id", "file_id"),
    }
)
"""Columns that no update changes, in any table, whoever asks: which row it is, whose it is, what it is about.

Scopes rest on them: a reviewer who could point a review at another proposal would see that one.
"""

CHANGEABLE: dict[type[Base], frozenset[str]] = {
    Organisation: frozenset({"vetting_state", "is_listed", "version", "updated_at"})
}
"""Tables of which an update changes these columns and no others: what an organisation is, nobody changes."""

SUBMITTED_OF_OTHERS = SUBMITTED.besides(ANOTHERS)

GRANTS: dict[Action, Mapping[Audience, RowScope]] = {
    # action                                  who may, on which rows
    Action.PROPOSAL_CREATE: PARTNERS,
    Action.PROPOSAL_UPDATE: PARTNERS,
    Action.PROPOSAL_SUBMIT: PARTNERS,
    Action.PROPOSAL_WITHDRAW: PARTNERS,
    Action.PROPOSAL_START_SCREENING: {STAFF: SUBMITTED},
    Action.PROPOSAL_SCREEN: {STAFF: SUBMITTED},
    Action.PROPOSAL_SEND_ON: {STAFF: SUBMITTED, CO_MANAGER: SUBMITTED},
    Action.PROPOSAL_REQUEST_REVISION: {STAFF: SUBMITTED, CO_MANAGER: SUBMITTED},
    Action.PROPOSAL_RESUME: {STAFF: SUBMITTED, CO_MANAGER: SUBMITTED},
    Action.PROPOSAL_ASSIGN_REVIEWER: {STAFF: SUBMITTED, CO_MANAGER: SUBMITTED},
    Action.PROPOSAL_REVIEW: {REVIEWER: REVIEWING},
    Action.PROPOSAL_DECLARE_CONFLICT: {REVIEWER: REVIEWING},
    Action.PROPOSAL_INVITE_CONSULTATION: {STAFF: SUBMITTED, CO_MANAGER: SUBMITTED},
    Action.PROPOSAL_RESPOND_TO_CONSULTATION: {STAKEHOLDER: RESPONDING},
    Action.PROPOSAL_REQUEST_GUIDANCE: {CO_MANAGER: SUBMITTED},
    Action.PROPOSAL_GIVE_GUIDANCE: {CO_CHAIR: SUBMITTED},
    Action.PROPOSAL_VOTE: {CO_MANAGER: SUBMITTED.besides(NOT_OF_THE_OFFICE)},
    Action.PROPOSAL_REOPEN: {CO_MANAGER: SUBMITTED},
    Action.PROPOSAL_ISSUE_LETTER: {STAFF: SUBMITTED},
    Action.PROPOSAL_ACCEPT_ENDORSEMENT: {FOCAL_POINT: OWN},
    Action.PROPOSAL_ENTER_WORKPLAN: {STAFF: SUBMITTED},
    Action.INITIATIVE_PUBLISH: {STAFF: EVERYWHERE},
    Action.INTEREST_EXPRESS: PARTNERS,
    Action.INTEREST_ANSWER: DESK,
    Action.INTEREST_WITHDRAW: PARTNERS,
    Action.CONTRIBUTION_PLEDGE: {PARTNER: PROVIDED, FOCAL_POINT: PROVIDED},
    Action.CONTRIBUTION_COMMIT: {FOCAL_POINT: PROVIDED},
    Action.CONTRIBUTION_RECORD_RECEIPT: {STAFF: EVERYWHERE},
    Action.CONTRIBUTION_REVERSE: {STAFF: EVERYWHERE},
    Action.CONTRIBUTION_ALLOCATE: DESK,
    Action.CONTRIBUTION_VALUE: {STAFF: EVERYWHERE},
    Action.CONTRIBUTION_APPROVE_VALUATION: DESK,
    Action.CONTRIBUTION_ACKNOWLEDGE: DESK,
    Action.CONTRIBUTION_CANCEL: {FOCAL_POINT: PROVIDED, STAFF: EVERYWHERE},
    Action.SECONDMENT_OFFER: PARTNERS,
    Action.PARTNER_REGISTER: {STAFF: APPLYING},
    Action.PARTNER_SUSPEND: dict.fromkeys(DESK, VETTABLE),
    Action.PARTNER_REINSTATE: dict.fromkeys(DESK, VETTABLE),
    Action.VETTING_SAVE: {FOCAL_POINT: OWN},
    Action.VETTING_SUBMIT: {FOCAL_POINT: OWN},
    Action.VETTING_START: {STAFF: SUBMITTED_OF_OTHERS},
    Action.VETTING_RETURN: dict.fromkeys(DESK, SUBMITTED_OF_OTHERS),
    Action.VETTING_DECIDE: dict.fromkeys(DESK, SUBMITTED_OF_OTHERS),
    Action.FILE_UPLOAD: PARTNERS,
    Action.PERSON_INVITE: INVITING,
    Action.INVITATION_RESEND: INVITING,
    Action.INVITATION_WITHDRAW: INVITING,
    Action.PERSON_CONFIRM: KEEPING,
    Action.PERSON_REMOVE: KEEPING,
    Action.ROLE_GRANT: GRANTING,
    Action.ROLE_END: INVITING,
    Action.ROLE_HAND_OVER: {**INVITING, SIGNED_IN: MINE.besides(AS_FOCAL_POINT).besides(IN_OFFICE)},
    Action.SESSION_REVOKE: {SIGNED_IN: MINE},
    Action.TOKEN_CREATE: {SIGNED_IN: MINE},
    Action.TOKEN_REVOKE: {SIGNED_IN: MINE},
}

IN_PERSON = frozenset(
    {
        *(Action.PARTNER_REGISTER, Action.PERSON_INVITE, Action.PERSON_CONFIRM, Action.PERSON_REMOVE),
        Action.INVITATION_RESEND,
        *(Action.ROLE_GRANT, Action.ROLE_END, Action.ROLE_HAND_OVER),
        *(Action.TOKEN_CREATE, Action.TOKEN_REVOKE),
    }
)
"""What only somebody signed in with a browser does, and no program: a token that leaks gives nobody more."""

CREATIONS = (
    Action.PROPOSAL_CREATE,
    Action.INTEREST_EXPRESS,
    Action.CONTRIBUTION_PLEDGE,
    Action.SECONDMENT_OFFER,
    Action.VETTING_SAVE,
    Action.PARTNER_REGISTER,
)
"""What begins something, most often of one's own organisation."""
NEEDS_VETTING = frozenset({Action.CONTRIBUTION_PLEDGE, Action.SECONDMENT_OFFER})
"""Of those, what only an organisation begins that is vetted, or to which vetting does not apply."""
CLOSED_TO_BARRED = frozenset({Action.INTEREST_EXPRESS})
"""Of those, what no organisation begins that was rejected or is suspended."""
