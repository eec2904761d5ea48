"""One partner: how its vetting stands, what it was told, and what the office can do about it."""

from __future__ import annotations

import uuid
from typing import Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hub.web.answering import REFUSAL_STATUS, show
from hub.web.done import done_here, go_done
from hub.web.operations import Operation, Refused, ask
from hub.web.people.deeds import Attempt, Deed, attempt, done_by, forms_of

PARTNER: Final = Operation.beside(__file__)
DEEDS: Final = (
    Deed(
        slug="suspend",
        operation=Operation.beside(__file__, "suspend.graphql"),
        done="The partner was suspended. Its focal points read the reason.",
        labels={"reason": "Reason"},
    ),
    Deed(
        slug="reinstate",
        operation=Operation.beside(__file__, "reinstate.graphql"),
        done="The partner is vetted again. Its focal points read the reason.",
        labels={"reason": "Reason"},
    ),
)


def address(id: str) -> str:
    """Where the partner's page is."""
    return f"/work/partners/{quote(id, safe='')}"


async def partner(request: Request) -> Response:
    """`/work/partners/{id}`; 404 where there is no partner of the id, or none that the viewer may see."""
    if request.method != "POST":
        return await _show(request)
    tried = await attempt(request, DEEDS)
    if tried.refused is not None:
        return await _show(request, tried)
    return go_done(request, address(request.path_params["id"]), tried.deed.slug)


async def _show(request: Request, tried: Attempt | None = None) -> Response:
    try:
        data = await ask(request, PARTNER, {"id": request.path_params["id"]})
    except Refused:
        raise HTTPException(404) from None
    if data["organisation"] is None or data["organisation"]["__typename"] != "Partner":
        raise HTTPException(404)
    refused = tried.refused if tried else None
    done = done_here(request)
    is_new = tried is None and done == "registered"
    return show(
        request,
        "partner/template.html",
        data,
        status_code=REFUSAL_STATUS[refused.kind] if refused else 200,
        partner=data["organisation"],
        tried=tried,
        forms=forms_of(DEEDS, tried),
        done=REGISTERED if is_new else done_by(DEEDS, done) if tried is None else None,
        labels=DEEDS[0].labels,
        here=address(data["organisation"]["id"]),
        new_key=lambda: str(uuid.uuid4()),
        hub_address=request.app.state.settings.base_url,
    )


REGISTERED: Final = (
    "The partner is registered, and its focal point invited for fourteen days. Its page of people says what "
    "became of the mail; where none can be sent, tell him or her to sign in with the invited address."
)
