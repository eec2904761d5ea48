"""Register an organisation that is to become a partner."""

from __future__ import annotations

import uuid
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from hub.web.answering import REFUSAL_STATUS, show
from hub.web.done import go_done
from hub.web.forms import Form, posted_form
from hub.web.listing import options
from hub.web.operations import Operation, Refused, ask, change
from hub.web.partner.page import address

NEW: Final = Operation.beside(__file__)
REGISTER: Final = Operation.beside(__file__, "register.graphql")
LABELS: Final = {
    "name": "Official name",
    "shortName": "Everyday name",
    "kind": "Kind",
    "email": "E-mail address of the focal point",
}
FIELDS: Final = tuple(LABELS)


async def new_partner(request: Request) -> Response:
    """`/work/partners/new`."""
    if request.method != "POST":
        return await _form(request, Form(FIELDS))
    form = await posted_form(request, ("idempotencyKey", *FIELDS))
    # Null would be refused before the API looks at the rest; empty is reported along with everything else.
    given = {name: form.value(name) for name in FIELDS} | {"kind": form.given("kind")}
    try:
        result = await change(request, REGISTER, given | {"idempotencyKey": form.given("idempotencyKey")})
    except Refused as refused:
        typed = Form(FIELDS, {name: form.chosen(name) for name in FIELDS if form.chosen(name)})
        kept = typed.with_problems(refused.problems, malformed={"kind": "choose one of the list"})
        return await _form(request, kept, refused)
    return go_done(request, address(result["partner"]["id"]), "registered")


async def _form(request: Request, form: Form, refused: Refused | None = None) -> Response:
    data = await ask(request, NEW)
    kinds = [option for option in options("Not chosen yet", data["kinds"]) if option[0] != "MEMBER_STATE"]
    return show(
        request,
        "partner_new/template.html",
        data,
        status_code=REFUSAL_STATUS[refused.kind] if refused else 200,
        form=form,
        labels=LABELS,
        kinds=kinds,
        refused=refused,
        key=str(uuid.uuid4()),
    )
