"""Begin a proposal as a draft of one's organisation."""

from __future__ import annotations

import uuid
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from hub.web.answering import REFUSAL_STATUS, show
from hub.web.done import go_done
from hub.web.forms import Form, posted_form
from hub.web.operations import Operation, Refused, ask, change
from hub.web.proposal.page import address
from hub.web.proposal_new.draft import FIELDS, HIDDEN, LABELS, MALFORMED, choices, content, visible

NEW: Final = Operation.beside(__file__)
CREATE: Final = Operation.beside(__file__, "create.graphql")


async def new_proposal(request: Request) -> Response:
    """`/work/proposals/new`."""
    if request.method != "POST":
        return await _form(request, Form(FIELDS))
    form = await posted_form(request, (*HIDDEN, *FIELDS))
    given = content(form) | {"idempotencyKey": form.given("idempotencyKey")}
    try:
        result = await change(request, CREATE, given)
    except Refused as refused:
        kept = visible(form).with_problems(refused.problems, malformed=MALFORMED)
        return await _form(request, kept, refused)
    return go_done(request, address(result["proposal"]["reference"]), "draft")


async def _form(request: Request, form: Form, refused: Refused | None = None) -> Response:
    data = await ask(request, NEW)
    return show(
        request,
        "proposal_new/template.html",
        data,
        status_code=REFUSAL_STATUS[refused.kind] if refused else 200,
        form=form,
        labels=LABELS,
        options=choices(data),
        refused=refused,
        key=str(uuid.uuid4()),
    )
