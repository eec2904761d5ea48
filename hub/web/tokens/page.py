"""Tokens by which programs speak for the viewer: made, shown once, revoked."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hub.web.answering import REFUSAL_STATUS, show
from hub.web.done import done_here, go_done
from hub.web.forms import Form, posted_form
from hub.web.operations import Operation, Refused, ask, change

TOKENS: Final = Operation.beside(__file__)
CREATE: Final = Operation.beside(__file__, "create.graphql")
REVOKE: Final = Operation.beside(__file__, "revoke.graphql")
HIDDEN: Final = ("do", "id", "idempotencyKey")
LABELS: Final = {
    "label": "What the token is for",
    "expiresOn": "Last day",
    "access": "What the program may do",
    "roles": "Roles that count",
}
ACCESS: Final = (
    ("READ", "Read", "What you see, and nothing is changed."),
    ("READ_AND_WRITE", "Read and write", "What you may do, but for what concerns people and tokens."),
)
PROPOSED_LIFE: Final = timedelta(days=90)
MALFORMED: Final = {"expiresOn": "write the day as year, month, day, such as 2027-03-01"}


async def tokens(request: Request) -> Response:
    """`/account/tokens`: GET lists them; POST makes one, and shows it in its answer alone, or revokes one."""
    if request.method != "POST":
        return await _list(request, _new())
    form = await posted_form(request, (*HIDDEN, *LABELS))
    match form.value("do"):
        case "create":
            return await _create(request, form)
        case "revoke":
            return await _revoke(request, form)
        case _:
            raise HTTPException(404)


async def _create(request: Request, form: Form) -> Response:
    given = {
        "label": form.value("label"),
        "expiresOn": form.given("expiresOn"),
        "access": form.given("access"),
        "roles": list(form.chosen("roles")) or None,
        "idempotencyKey": form.given("idempotencyKey"),
    }
    try:
        made = await change(request, CREATE, given)
    except Refused as refused:
        kept = Form(tuple(LABELS), {name: form.chosen(name) for name in LABELS if form.chosen(name)})
        return await _list(request, kept.with_problems(refused.problems, malformed=MALFORMED), refused)
    return await _list(request, _new(), made=made)


async def _revoke(request: Request, form: Form) -> Response:
    try:
        await change(request, REVOKE, {"id": form.value("id")})
    except Refused as refused:
        return await _list(request, _new(), refused)
    return go_done(request, "/account/tokens", "revoke")


def _new() -> Form:
    last_day = datetime.now(UTC).date() + PROPOSED_LIFE
    return Form.filled(LABELS, {"expiresOn": last_day.isoformat(), "access": "READ"})


async def _list(
    request: Request, form: Form, refused: Refused | None = None, made: dict[str, Any] | None = None
) -> Response:
    data = await ask(request, TOKENS)
    return show(
        request,
        "tokens/template.html",
        data,
        status_code=200 if refused is None else REFUSAL_STATUS[refused.kind],
        form=form,
        refused=refused,
        made=made,
        labels=LABELS,
        access=ACCESS,
        now=datetime.now(UTC).isoformat(),
        is_done=done_here(request) is not None and refused is None and made is None,
        new_key=lambda: str(uuid.uuid4()),
    )
