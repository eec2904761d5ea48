"""Partners: those that the public sees, and for the office those that apply or were turned away too."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from hub.web.answering import show
from hub.web.listing import ListPage, options
from hub.web.operations import Operation

PARTNERS: Final = ListPage(
    operation=Operation.beside(__file__),
    filters=("search", "kind", "vettingState"),
    orders={"NAME.ASC": "Name, A to Z", "NAME.DESC": "Name, Z to A", "SHORT_NAME.ASC": "Everyday name"},
)
LABELS: Final = {"search": "Search", "kind": "Kind", "vettingState": "Vetting", "orderBy": "Order"}


async def partners(request: Request) -> Response:
    """`/work/partners`."""
    data, form = await PARTNERS.read(request)
    return show(
        request,
        "partners/template.html",
        data,
        form=form,
        labels=LABELS,
        params=request.query_params,
        options={
            "kind": options("Any kind", data["kinds"]),
            "vettingState": options("Any", data["states"]),
            "orderBy": list(PARTNERS.orders.items()),
        },
    )
