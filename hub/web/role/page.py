"""A role that somebody holds: ending it, or handing it over to a colleague."""

from __future__ import annotations

import uuid
from typing import Any, Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hub.web.answering import REFUSAL_STATUS, show
from hub.web.done import done_here, go_done
from hub.web.operations import Operation, Refused, ask
from hub.web.people.deeds import Attempt, Deed, attempt, done_by, forms_of

ROLE: Final = Operation.beside(__file__)
COLLEAGUES: Final = Operation.beside(__file__, "colleagues.graphql")
END: Final = Deed(
    slug="end",
    operation=Operation.beside(__file__, "end.graphql"),
    done="The end of the role is set.",
    labels={"endsOn": "Last day"},
)
HAND_OVER: Final = Deed(
    slug="hand-over",
    operation=Operation.beside(__file__, "hand-over.graphql"),
    done="The role was handed over.",
    labels={"toPersonId": "Successor", "on": "Successor’s first day", "note": "Note"},
)
DEEDS: Final = (END, HAND_OVER)


def address(id: str) -> str:
    """Where the role's page is."""
    return f"/account/roles/{quote(id, safe='')}"


async def role(request: Request) -> Response:
    """`/account/roles/{id}`; 404 where there is no such role that the viewer may see."""
    if request.method != "POST":
        return await _show(request)
    tried = await attempt(request, DEEDS)
    if tried.refused is not None:
        return await _show(request, tried)
    return go_done(request, address(request.path_params["id"]), tried.deed.slug)


async def _show(request: Request, tried: Attempt | None = None) -> Response:
    try:
        data = await ask(request, ROLE, {"id": request.path_params["id"]})
    except Refused:
        raise HTTPException(404) from None
    held = data["node"]
    if held is None or held["__typename"] != "RoleGrant":
        raise HTTPException(404)
    refused = tried.refused if tried else None
    return show(
        request,
        "role/template.html",
        data,
        status_code=REFUSAL_STATUS[refused.kind] if refused else 200,
        held=held,
        successors=await _successors(request, held),
        tried=tried,
        forms=forms_of(DEEDS, tried),
        done=done_by(DEEDS, done_here(request)) if tried is None else None,
        labels={**END.labels, **HAND_OVER.labels},
        here=address(held["id"]),
        new_key=lambda: str(uuid.uuid4()),
    )


async def _successors(request: Request, held: dict[str, Any]) -> list[tuple[str, str]]:
    """Who may be chosen: the organisation's other people, where the viewer may hand the role over."""
    if "HAND_OVER" not in held["allowedActions"]:
        return []
    found = await ask(request, COLLEAGUES, {"organisation": held["organisation"]["id"]})
    nodes = found["people"]["nodes"]
    holder = held["person"]["id"] if held["person"] else None
    return [("", "Choose a person"), *((n["id"], n["name"]) for n in nodes if n["id"] != holder)]
