"""The proposals that the viewer may see, with what waits for him or her."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from hub.web.answering import show
from hub.web.listing import ListPage, options
from hub.web.operations import Operation
from hub.web.proposal_actions.forms import BY_NAME

PROPOSALS: Final = ListPage(
    operation=Operation.beside(__file__),
    filters=("search", "state"),
    orders={
        "CREATED_AT.DESC": "Newest first",
        "CREATED_AT.ASC": "Oldest first",
        "TITLE.ASC": "Title, A to Z",
        "REFERENCE.ASC": "Reference",
    },
)
LABELS: Final = {"search": "Search", "state": "State", "orderBy": "Order"}


async def proposals(request: Request) -> Response:
    """`/work/proposals`."""
    data, form = await PROPOSALS.read(request)
    return show(
        request,
        "proposals/template.html",
        data,
        form=form,
        labels=LABELS,
        params=request.query_params,
        actions=BY_NAME,
        options={
            "state": options("Any state", data["states"]),
            "orderBy": list(PROPOSALS.orders.items()),
        },
    )
