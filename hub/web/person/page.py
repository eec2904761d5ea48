"""One person: whether he or she belongs to the organisation, and the roles held, past and to come."""

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

PERSON: Final = Operation.beside(__file__)
GRANT: Final = Deed(
    slug="grant",
    operation=Operation.beside(__file__, "grant.graphql"),
    done="The role was granted.",
    labels={"role": "Role", "startsOn": "First day", "endsOn": "Last day"},
    id_name="personId",
)
DEEDS: Final = (
    Deed(
        slug="confirm",
        operation=Operation.beside(__file__, "confirm.graphql"),
        done="You have confirmed the person. The roles count from now on.",
    ),
    GRANT,
    Deed(
        slug="remove",
        operation=Operation.beside(__file__, "remove.graphql"),
        done="The person was removed, and is signed out everywhere. The record stays.",
    ),
)


def address(id: str) -> str:
    """Where the person's page is."""
    return f"/account/people/{quote(id, safe='')}"


async def person(request: Request) -> Response:
    """`/account/people/{id}`; 404 where there is nobody of the id, or nobody whom the viewer may see."""
    if request.method != "POST":
        return await _show(request)
    tried = await attempt(request, DEEDS)
    if tried.refused is not None:
        return await _show(request, tried)
    return go_done(request, address(request.path_params["id"]), tried.deed.slug)


async def _show(request: Request, tried: Attempt | None = None) -> Response:
    try:
        data = await ask(request, PERSON, {"id": request.path_params["id"]})
    except Refused:
        raise HTTPException(404) from None
    if data["node"] is None or data["node"]["__typename"] != "Person":
        raise HTTPException(404)
    refused = tried.refused if tried else None
    return show(
        request,
        "person/template.html",
        data,
        status_code=REFUSAL_STATUS[refused.kind] if refused else 200,
        person=data["node"],
        tried=tried,
        forms=forms_of(DEEDS, tried),
        done=done_by(DEEDS, done_here(request)) if tried is None else None,
        labels=GRANT.labels,
        here=address(data["node"]["id"]),
        new_key=lambda: str(uuid.uuid4()),
    )
