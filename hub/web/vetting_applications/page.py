"""Applications to be vetted: for the office what was submitted, for a focal point those of its partner."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from hub.web.answering import show
from hub.web.listing import ListPage, options
from hub.web.operations import Operation

APPLICATIONS: Final = ListPage(
    operation=Operation.beside(__file__),
    filters=("state",),
    orders={
        "CREATED_AT.DESC": "Newest first",
        "CREATED_AT.ASC": "Oldest first",
        "REFERENCE.ASC": "Reference",
    },
)
LABELS: Final = {"state": "State", "orderBy": "Order"}
WAITING: Final = {
    "SUBMIT": "complete and submit it",
    "START": "take it up",
    "DECIDE": "decide on it",
}
"""What an application waits for, by the action that somebody can do."""


async def vetting_applications(request: Request) -> Response:
    """`/work/vetting`."""
    data, form = await APPLICATIONS.read(request)
    return show(
        request,
        "vetting_applications/template.html",
        data,
        form=form,
        labels=LABELS,
        params=request.query_params,
        waiting=WAITING,
        options={
            "state": options("Any state", data["states"]),
            "orderBy": list(APPLICATIONS.orders.items()),
        },
    )
