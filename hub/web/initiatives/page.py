"""The initiatives of the work plan, filtered, searched, ordered, page by page."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from hub.web.answering import show
from hub.web.listing import ListPage, options
from hub.web.operations import Operation

INITIATIVES: Final = ListPage(
    operation=Operation.beside(__file__),
    filters=("search", "kind", "state", "scope", "workPlanYear", "workingGroup"),
    years=frozenset({"workPlanYear"}),
    orders={
        "STARTS_ON.DESC": "Latest start first",
        "STARTS_ON.ASC": "Earliest start first",
        "TITLE.ASC": "Title, A to Z",
        "REFERENCE.ASC": "Reference",
        "WORK_PLAN_YEAR.DESC": "Newest work plan first",
    },
)
LABELS: Final = {
    "search": "Search",
    "kind": "Kind",
    "state": "State",
    "scope": "Scope",
    "workPlanYear": "Work plan of",
    "workingGroup": "Working group",
    "orderBy": "Order",
}


async def initiatives(request: Request) -> Response:
    """`/initiatives`."""
    data, form = await INITIATIVES.read(request)
    groups = [(group["id"], group["name"]) for group in data["workingGroups"]["nodes"]]
    return show(
        request,
        "initiatives/template.html",
        data,
        form=form,
        labels=LABELS,
        params=request.query_params,
        options={
            "kind": options("Any kind", data["kinds"]),
            "state": options("Any state", data["states"]),
            "scope": options("Any scope", data["scopes"]),
            "workingGroup": [("", "Any"), *groups],
            "orderBy": list(INITIATIVES.orders.items()),
        },
    )
