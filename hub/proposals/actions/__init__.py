"""Everything that can be done to a proposal, one function an intention."""

from hub.proposals.actions.decision import (
    accept_endorsement,
    enter_workplan,
    issue_letter,
    reopen,
    vote,
)
from hub.proposals.actions.drafting import create, submit, update, withdraw
from hub.proposals.actions.opinions import (
    assign_reviewer,
    declare_conflict,
    give_guidance,
    invite_consultation,
    request_guidance,
    respond_to_consultation,
    review,
)
from hub.proposals.actions.screening import request_revision, resume, screen, send_on, start_screening

__all__ = [
    "accept_endorsement",
    "assign_reviewer",
    "create",
    "declare_conflict",
    "enter_workplan",
    "give_guidance",
    "invite_consultation",
    "issue_letter",
    "reopen",
    "request_guidance",
    "request_revision",
    "respond_to_consultation",
    "resume",
    "review",
    "screen",
    "send_on",
    "start_screening",
    "submit",
    "update",
    "vote",
    "withdraw",
]
