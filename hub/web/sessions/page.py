"""Where one is signed in, and ending it there."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from hub.web.answering import REFUSAL_STATUS, show
from hub.web.done import done_here, go_done
from hub.web.forms import posted_form
from hub.web.operations import Operation, Refused, ask, change

SESSIONS: Final = Operation.beside(__file__)
REVOKE: Final = Operation.beside(__file__, "revoke.graphql")


async def sessions(request: Request) -> Response:
    """`/account/sessions`: GET lists them, POST ends the one named by `id`."""
    if request.method != "POST":
        return await _list(request)
    form = await posted_form(request, ("id",))
    try:
        await change(request, REVOKE, {"id": form.value("id")})
    except Refused as refused:
        return await _list(request, refused)
    return go_done(request, "/account/sessions", "revoke")


async def _list(request: Request, refused: Refused | None = None) -> Response:
    data: dict[str, Any] = await ask(request, SESSIONS)
    return show(
        request,
        "sessions/template.html",
        data,
        status_code=200 if refused is None else REFUSAL_STATUS[refused.kind],
        refused=refused,
        is_done=done_here(request) is not None and refused is None,
    )
