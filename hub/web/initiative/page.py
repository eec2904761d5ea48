"""One initiative: what it is, who takes part, what is allocated to it."""

from __future__ import annotations

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hub.web.answering import show
from hub.web.operations import Operation, ask

INITIATIVE: Final = Operation.beside(__file__)


async def initiative(request: Request) -> Response:
    """`/initiatives/{reference}`; 404 alike for what does not exist and for what the viewer may not see."""
    data = await ask(request, INITIATIVE, {"reference": request.path_params["reference"]})
    if data["initiative"] is None:
        raise HTTPException(404)
    return show(request, "initiative/template.html", data)
