"""A role that somebody holds: ending it, or handing it over to a colleague."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from hub.web.deeds import Attempt, Deed, answer, show_with, subject
from hub.web.operations import Operation, ask

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
    return await answer(request, DEEDS, address, _show)


async def _show(request: Request, tried: Attempt | None) -> Response:
    data, held = await subject(request, ROLE, "RoleGrant")
    return show_with(
        request,
        "role/template.html",
        data,
        DEEDS,
        tried,
        held=held,
        successors=await _successors(request, held),
        labels={**END.labels, **HAND_OVER.labels},
        here=address(held["id"]),
    )


async def _successors(request: Request, held: dict[str, Any]) -> list[tuple[str, str]]:
    """Who may be chosen: the organisation's other people, where the viewer may hand the role over."""
    if "HAND_OVER" not in held["allowedActions"]:
        return []
    found = await ask(request, COLLEAGUES, {"organisation": held["organisation"]["id"]})
    nodes = found["people"]["nodes"]
    holder = held["person"]["id"] if held["person"] else None
    return [("", "Choose a person"), *((n["id"], n["name"]) for n in nodes if n["id"] != holder)]
