"""One proposal, as its proposer, the RSO's staff and the Co-Managers see it, with what each may do."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hub.web.answering import show
from hub.web.done import done_here
from hub.web.forms import Form
from hub.web.operations import Operation, Refused, ask
from hub.web.proposal_actions.forms import BY_NAME, BY_SLUG, ActionForm

PROPOSAL: Final = Operation.beside(__file__)

NEXT: Final[Mapping[str, str]] = {
    "DRAFT": "Only the proposing organisation sees it. When it is complete, submit it.",
    "SUBMITTED": "The RSO’s staff take it up for screening.",
    "SCREENING": "The RSO’s staff check whether it is eligible, and where it goes next.",
    "UNDER_REVIEW": "Reviewers give their opinions; then it goes to consultation or to the Co-Managers.",
    "IN_CONSULTATION": "Stakeholders are asked; then it goes to the Co-Managers.",
    "AWAITING_DECISION": "Each of the two Co-Managers votes on this revision. Both votes together decide.",
    "AWAITING_GUIDANCE": "The Co-Chairs give strategic guidance; then it returns to its stage.",
    "REVISION_REQUESTED": "The proposing organisation changes it as asked below and submits it again.",
    "RESUBMITTED": "It returns to the stage that had asked for the revision.",
    "ENDORSED": "The RSO’s staff issue the letter of endorsement.",
    "ENDORSED_WITH_CONDITIONS": "The RSO’s staff issue the letter of endorsement with its conditions.",
    "NOT_ENDORSED": "Nothing more: the decision and its reasons are below.",
    "DEFERRED": "The Co-Managers may take it up again later, or ask for a revision.",
    "INELIGIBLE": "Nothing more: screening found that it cannot be considered.",
    "WITHDRAWN": "Nothing more: the proposing organisation took it back.",
    "LETTER_ISSUED": "The focal point of the proposing organisation accepts the endorsement.",
    "ACCEPTED": "The RSO’s staff enter it in the work plan.",
    "IN_WORKPLAN": "It is an initiative of the work plan.",
}
SAVED: Final[Mapping[str, str]] = {"draft": "The draft was saved. Nobody else sees it until it is submitted."}


def address(reference: str) -> str:
    """Where the proposal's page is."""
    return f"/work/proposals/{quote(reference, safe='')}"


async def proposal(request: Request) -> Response:
    """`/work/proposals/{reference}`; 404 where there is none or the viewer may not see it."""
    data = await ask(request, PROPOSAL, {"reference": request.path_params["reference"]})
    if data["proposal"] is None:
        raise HTTPException(404)
    done = done_here(request) or ""
    message = BY_SLUG[done].done if done in BY_SLUG else SAVED.get(done)
    return _show(request, data, done=message)


async def proposal_after(
    request: Request, action: ActionForm, form: Form, refused: Refused, *, status_code: int
) -> Response | None:
    """The page after an action that was refused; None where the viewer does not see the proposal."""
    data = await ask(request, PROPOSAL, {"reference": request.path_params["reference"]})
    if data["proposal"] is None:
        return None
    return _show(
        request,
        data,
        status_code=status_code,
        tried=action,
        form=form,
        refused=refused,
    )


def _show(
    request: Request,
    data: dict[str, Any],
    *,
    status_code: int = 200,
    done: str | None = None,
    tried: ActionForm | None = None,
    form: Form | None = None,
    refused: Refused | None = None,
) -> Response:
    """The page. After a refusal, `tried` is the action and `form` what was typed into it."""
    allowed = [BY_NAME[name] for name in data["proposal"]["allowedActions"] if name in BY_NAME]
    forms = {action.slug: Form(action.fields) for action in allowed}
    if tried is not None and form is not None:
        forms[tried.slug] = form
    return show(
        request,
        "proposal/template.html",
        data,
        status_code=status_code,
        next_step=NEXT[data["proposal"]["state"]],
        actions=sorted(allowed, key=lambda action: not action.is_main),
        forms=forms,
        done=done,
        tried=tried,
        refused=refused,
        new_key=lambda: str(uuid.uuid4()),
    )
