"""Change a draft, or the revision that was asked for."""

from __future__ import annotations

import uuid
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hub.web.answering import REFUSAL_STATUS, show
from hub.web.done import go_done
from hub.web.forms import Form, posted_form
from hub.web.operations import Operation, Refused, ask, change
from hub.web.proposal.page import address
from hub.web.proposal_new.draft import FIELDS, HIDDEN, LABELS, MALFORMED, choices, content, filled, visible

EDIT: Final = Operation.beside(__file__)
UPDATE: Final = Operation.beside(__file__, "update.graphql")


async def edit_proposal(request: Request) -> Response:
    """`/work/proposals/{reference}/edit`; 404 where the viewer sees no such proposal."""
    if request.method != "POST":
        data = await _read(request)
        revision = data["proposal"]["workingRevision"] or data["proposal"]["revision"]
        return _form(request, data, filled(revision), data["proposal"]["version"])
    form = await posted_form(request, ("do", "presentVersion", *HIDDEN, *FIELDS))
    hidden = {
        "id": form.given("id"),
        "expectedVersion": form.version(),
        "idempotencyKey": form.given("idempotencyKey"),
    }
    try:
        result = await change(request, UPDATE, content(form) | hidden)
    except Refused as refused:
        kept = visible(form).with_problems(refused.problems, malformed=MALFORMED)
        data = await ask(request, EDIT, {"reference": request.path_params["reference"]})
        data["proposal"] = data["proposal"] or _unseen(request, form)
        return _form(request, data, kept, form.version(), refused)
    return go_done(request, address(result["proposal"]["reference"]), "draft")


def _unseen(request: Request, form: Form) -> dict[str, Any]:
    """Of a proposal that the viewer does not see, such as after a pause, what was sent with the form."""
    return {
        "id": form.given("id"),
        "reference": request.path_params["reference"],
        "title": form.value("title"),
        "version": form.version(),
        "state": None,
        "revisionRequest": None,
        "allowedActions": [],
    }


async def _read(request: Request) -> dict[str, Any]:
    data = await ask(request, EDIT, {"reference": request.path_params["reference"]})
    proposal = data["proposal"]
    if proposal is None or not (proposal["workingRevision"] or proposal["revision"]):
        raise HTTPException(404)
    return data


def _form(
    request: Request,
    data: dict[str, Any],
    form: Form,
    version: int | str | None,
    refused: Refused | None = None,
) -> Response:
    """The form, and the version that what is typed in it rests on."""
    return show(
        request,
        "proposal_edit/template.html",
        data,
        status_code=REFUSAL_STATUS[refused.kind] if refused else 200,
        form=form,
        labels=LABELS,
        options=choices(data),
        version=version,
        is_stale=refused is not None
        and refused.kind == "Conflict"
        and "UPDATE" in data["proposal"]["allowedActions"]
        and version != data["proposal"]["version"],
        refused=refused,
        key=str(uuid.uuid4()),
    )
