"""One partner: how its vetting stands, what it was told, and what the office can do about it."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from hub.web.deeds import Attempt, Deed, answer, show_with, subject
from hub.web.operations import Operation

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
    return await answer(request, DEEDS, address, _show)


async def _show(request: Request, tried: Attempt | None) -> Response:
    data, shown = await subject(request, PARTNER, "Partner", of="organisation")
    return show_with(
        request,
        "partner/template.html",
        data,
        DEEDS,
        tried,
        said={"registered": REGISTERED},
        partner=shown,
        labels=DEEDS[0].labels,
        here=address(shown["id"]),
        hub_address=request.app.state.settings.base_url,
    )


REGISTERED: Final = (
    "The partner is registered, and its focal point invited for fourteen days. Its page of people says what "
    "became of the mail; where none can be sent, tell him or her to sign in with the invited address."
)
