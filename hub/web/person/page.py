"""One person: whether he or she belongs to the organisation, and the roles held, past and to come."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from hub.web.deeds import Attempt, Deed, answer, show_with, subject
from hub.web.operations import Operation

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
    return await answer(request, DEEDS, address, _show)


async def _show(request: Request, tried: Attempt | None) -> Response:
    data, shown = await subject(request, PERSON, "Person")
    return show_with(
        request,
        "person/template.html",
        data,
        DEEDS,
        tried,
        person=shown,
        labels=GRANT.labels,
        here=address(shown["id"]),
    )
