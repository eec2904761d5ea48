"""The people of an organisation, whom one may invite, and who was invited and has not come yet."""

from __future__ import annotations

import uuid
from typing import Any, Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hub.config import Settings
from hub.web.answering import REFUSAL_STATUS, show
from hub.web.deeds import Attempt, Deed, attempt, done_by, forms_of
from hub.web.done import done_here, go_done
from hub.web.operations import Operation, Refused, ask

WHOSE: Final = Operation.beside(__file__, "viewer.graphql")
PEOPLE: Final = Operation.beside(__file__)
PAGE_SIZE: Final = 50
INVITE: Final = Deed(
    slug="invite",
    operation=Operation.beside(__file__, "invite.graphql"),
    done="The invitation stands. What becomes of its mail is said under “Who was invited”.",
    labels={"email": "E-mail address", "role": "Role"},
    id_name="organisationId",
)
WITHDRAW: Final = Deed(
    slug="withdraw",
    operation=Operation.beside(__file__, "withdraw.graphql"),
    done="The invitation was withdrawn.",
)
RESEND: Final = Deed(
    slug="resend",
    operation=Operation.beside(__file__, "resend.graphql"),
    done="The mail is queued once more.",
)
DEEDS: Final = (INVITE, RESEND, WITHDRAW)


def address(organisation: str) -> str:
    """Where the people of the organisation are listed."""
    return f"/account/people?organisation={quote(organisation, safe='')}"


async def people(request: Request) -> Response:
    """`/account/people`: of one's own organisation, or of the one named by `organisation`."""
    if request.method != "POST":
        return await _list(request)
    tried = await attempt(request, DEEDS)
    if tried.refused is not None:
        return await _list(request, tried)
    organisation = request.query_params.get("organisation")
    back = address(organisation) if organisation else "/account/people"
    return go_done(request, back, tried.deed.slug)


async def _list(request: Request, tried: Attempt | None = None) -> Response:
    data = await _read(request)
    refused = tried.refused if tried else None
    settings: Settings = request.app.state.settings
    return show(
        request,
        "people/template.html",
        data,
        status_code=REFUSAL_STATUS[refused.kind] if refused else 200,
        tried=tried,
        forms=forms_of(DEEDS, tried),
        done=done_by(DEEDS, done_here(request)) if tried is None else None,
        labels=INVITE.labels,
        hub_address=settings.base_url,
        sends_mail=settings.sends_mail,
        here=address(data["organisation"]["id"]) if data["organisation"] else "/account/people",
        new_key=lambda: str(uuid.uuid4()),
        search=request.query_params.get("search", "").strip(),
    )


async def _read(request: Request) -> dict[str, Any]:
    """What the page shows; 404 for an organisation that is not the viewer's to see."""
    viewer = (await ask(request, WHOSE))["viewer"]
    if viewer is None:
        return {"viewer": None, "organisation": None}
    params = request.query_params
    search = params.get("search", "").strip()
    before = params.get("before")
    given = {
        "organisation": params.get("organisation") or viewer["organisation"]["id"],
        "search": search or None,
        "searches": bool(search),
        "before": before,
        "after": None if before else params.get("after"),
        "last" if before else "first": PAGE_SIZE,
    }
    try:
        data = await ask(request, PEOPLE, given)
    except Refused:
        raise HTTPException(404) from None
    if data["organisation"] is None:
        raise HTTPException(404)
    return data
