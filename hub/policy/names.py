"""The names of who may be granted something, and of everything that can be granted."""

from __future__ import annotations

from enum import StrEnum

from hub.identity.actor import Role


class Everybody(StrEnum):
    """Audiences that are not roles: the public, and whoever is signed in."""

    ANYONE = "ANYONE"
    SIGNED_IN = "SIGNED_IN"


Audience = Role | Everybody

ANYONE, SIGNED_IN = Everybody.ANYONE, Everybody.SIGNED_IN
PARTNER, FOCAL_POINT = Role.PARTNER, Role.FOCAL_POINT
CO_MANAGER, CO_CHAIR, STAFF = Role.CO_MANAGER, Role.CO_CHAIR, Role.STAFF
REVIEWER, STAKEHOLDER, ANALYST, ADMIN = Role.REVIEWER, Role.STAKEHOLDER, Role.ANALYST, Role.ADMIN


class Action(StrEnum):
    """Everything that somebody can do, named `resource:action`."""

    PROPOSAL_CREATE = "proposal:create"
    PROPOSAL_UPDATE = "proposal:update"
    PROPOSAL_SUBMIT = "proposal:submit"
    PROPOSAL_WITHDRAW = "proposal:withdraw"
    PROPOSAL_START_SCREENING = "proposal:start-screening"
    PROPOSAL_SCREEN = "proposal:screen"
    PROPOSAL_SEND_ON = "proposal:send-on"
    PROPOSAL_REQUEST_REVISION = "proposal:request-revision"
    PROPOSAL_RESUME = "proposal:resume"
    PROPOSAL_ASSIGN_REVIEWER = "proposal:assign-reviewer"
    PROPOSAL_REVIEW = "proposal:review"
    PROPOSAL_DECLARE_CONFLICT = "proposal:declare-conflict"
    PROPOSAL_INVITE_CONSULTATION = "proposal:invite-consultation"
    PROPOSAL_RESPOND_TO_CONSULTATION = "proposal:respond-to-consultation"
    PROPOSAL_REQUEST_GUIDANCE = "proposal:request-guidance"
    PROPOSAL_GIVE_GUIDANCE = "proposal:give-guidance"
    PROPOSAL_VOTE = "proposal:vote"
    PROPOSAL_REOPEN = "proposal:reopen"
    PROPOSAL_ISSUE_LETTER = "proposal:issue-letter"
    PROPOSAL_ACCEPT_ENDORSEMENT = "proposal:accept-endorsement"
    PROPOSAL_ENTER_WORKPLAN = "proposal:enter-workplan"
    INITIATIVE_PUBLISH = "initiative:publish"
    INTEREST_EXPRESS = "interest:express"
    INTEREST_ANSWER = "interest:answer"
    INTEREST_WITHDRAW = "interest:withdraw"
    CONTRIBUTION_PLEDGE = "contribution:pledge"
    CONTRIBUTION_COMMIT = "contribution:commit"
    CONTRIBUTION_RECORD_RECEIPT = "contribution:record-receipt"
    CONTRIBUTION_REVERSE = "contribution:reverse"
    CONTRIBUTION_ALLOCATE = "contribution:allocate"
    CONTRIBUTION_VALUE = "contribution:value"
    CONTRIBUTION_APPROVE_VALUATION = "contribution:approve-valuation"
    CONTRIBUTION_ACKNOWLEDGE = "contribution:acknowledge"
    CONTRIBUTION_CANCEL = "contribution:cancel"
    SECONDMENT_OFFER = "secondment:offer"
    PARTNER_REGISTER = "partner:register"
    PARTNER_SUSPEND = "partner:suspend"
    PARTNER_REINSTATE = "partner:reinstate"
    VETTING_SAVE = "vetting:save"
    VETTING_SUBMIT = "vetting:submit"
    VETTING_START = "vetting:start"
    VETTING_RETURN = "vetting:return"
    VETTING_DECIDE = "vetting:decide"
    FILE_UPLOAD = "file:upload"
    PERSON_INVITE = "person:invite"
    INVITATION_RESEND = "invitation:resend"
    INVITATION_WITHDRAW = "invitation:withdraw"
    PERSON_CONFIRM = "person:confirm"
    PERSON_REMOVE = "person:remove"
    ROLE_GRANT = "role:grant"
    ROLE_END = "role:end"
    ROLE_HAND_OVER = "role:hand-over"
    SESSION_REVOKE = "session:revoke"
    TOKEN_CREATE = "token:create"  # noqa: S105
    TOKEN_REVOKE = "token:revoke"  # noqa: S105
