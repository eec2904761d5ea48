"""One action on a proposal, sent by its form on the proposal's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hub.web.answering import REFUSAL_STATUS, go, show
from hub.web.done import go_done
from hub.web.forms import Form, posted_form
from hub.web.operations import Operation, Refused, ask, change
from hub.web.proposal.page import address, proposal_after
from hub.web.proposal_actions.forms import BY_SLUG, HIDDEN, ActionForm

VIEWER: Final = Operation.beside(__file__, "viewer.graphql")


async def proposal_action(request: Request) -> Response:
    """`/work/proposals/{reference}/{action}`: POST does it; GET, as after a sign-in, shows the proposal."""
    action = BY_SLUG.get(request.path_params["action"])
    if action is None:
        raise HTTPException(404)
    if request.method != "POST":
        return go(address(request.path_params["reference"]))
    form = await posted_form(request, (*HIDDEN, *action.fields))
    try:
        result = await change(request, action.operation, _given(action, form))
    except Refused as refused:
        return await _refused(request, action, form, refused)
    return go_done(request, address(result["proposal"]["reference"]), action.slug)


def _given(action: ActionForm, form: Form) -> dict[str, Any]:
    hidden = {
        "id": form.given("id"),
        "idempotencyKey": form.given("idempotencyKey"),
        "expectedVersion": form.number("expectedVersion"),
    }
    if action.tells_revision:
        hidden["revision"] = form.number("revision")
    return hidden | {question.name: form.given(action.field(question)) for question in action.questions}


async def _refused(request: Request, action: ActionForm, form: Form, refused: Refused) -> Response:
    """The proposal as it is now, why nothing was done, and everything that was typed."""
    names: Mapping[str, str] = {question.name: action.field(question) for question in action.questions}
    shown = Form(action.fields, {name: form.chosen(name) for name in action.fields if form.chosen(name)})
    kept = shown.with_problems(refused.problems, names=names)
    status = REFUSAL_STATUS[refused.kind]
    again = await proposal_after(request, action, kept, refused, status_code=status)
    if again is not None:
        return again
    data = await ask(request, VIEWER)
    return show(
        request,
        "proposal_actions/refused.html",
        data,
        status_code=status,
        action=action,
        typed=typed(action, form),
        refused=refused,
        back=address(request.path_params["reference"]),
    )


def typed(action: ActionForm, form: Form) -> list[tuple[str, str]]:
    """What was typed, with its labels, so that it is not lost where the form is no longer to be had."""
    return [
        (question.label, form.value(action.field(question)))
        for question in action.questions
        if form.given(action.field(question))
    ]
