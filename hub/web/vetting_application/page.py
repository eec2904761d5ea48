"""One application to be vetted: what it says, what came of it, and what the viewer can do with it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hub.web.answering import REFUSAL_STATUS, show
from hub.web.deeds import Attempt, Deed, attempt, done_by, forms_of
from hub.web.done import done_here, go_done
from hub.web.operations import Operation, ask

APPLICATION: Final = Operation.beside(__file__)
SUBMIT: Final = Deed(
    slug="submit",
    operation=Operation.beside(__file__, "submit.graphql"),
    done="The application was submitted. The RSO’s staff take it up next.",
)
DEEDS: Final = (
    SUBMIT,
    Deed(
        slug="start",
        operation=Operation.beside(__file__, "start.graphql"),
        done="You have taken the application up. Somebody else of the office decides on it.",
    ),
    Deed(
        slug="decide",
        operation=Operation.beside(__file__, "decide.graphql"),
        done="The decision was recorded. The applicant’s focal points read the reason.",
        labels={"verdict": "What did the vetting come to?", "reason": "Reason"},
    ),
    Deed(
        slug="return",
        operation=Operation.beside(__file__, "return.graphql"),
        done="The application was returned. Its focal points read what is missing.",
        labels={"reasons": "What is missing"},
    ),
)
SAVED: Final = "The draft was saved. Nobody else sees it until it is submitted."
NEXT: Final[Mapping[str, str]] = {
    "DRAFT": "Only the organisation’s focal points see it. When it is complete, submit it.",
    "SUBMITTED": "The RSO’s staff take it up.",
    "UNDER_VETTING": "Somebody of the office who did not take it up decides on it.",
    "RETURNED": "The organisation is asked for more, as it says below, and writes another application.",
    "ACCEPTED": "Nothing more: the organisation is a vetted partner.",
    "REJECTED": "The organisation may apply again.",
}
VERDICTS: Final = (
    ("VETTED", "Accept", "The organisation becomes a vetted partner, which the public sees."),
    ("REJECTED", "Reject", "The organisation may apply again."),
)


def address(reference: str) -> str:
    """Where the application's page is."""
    return f"/work/vetting/{quote(reference, safe='')}"


async def vetting_application(request: Request) -> Response:
    """`/work/vetting/{reference}`; 404 where there is none or the viewer may not see it."""
    if request.method != "POST":
        return await _show(request)
    tried = await attempt(request, DEEDS)
    if tried.refused is not None:
        return await _show(request, tried)
    return go_done(request, address(request.path_params["reference"]), tried.deed.slug)


async def _show(request: Request, tried: Attempt | None = None) -> Response:
    data = await ask(request, APPLICATION, {"reference": request.path_params["reference"]})
    application = data["vettingApplication"]
    if application is None:
        raise HTTPException(404)
    refused = tried.refused if tried else None
    done = done_here(request)
    return show(
        request,
        "vetting_application/template.html",
        data,
        status_code=REFUSAL_STATUS[refused.kind] if refused else 200,
        application=application,
        tried=tried,
        forms=forms_of(DEEDS, tried),
        done=(SAVED if done == "saved" else done_by(DEEDS, done)) if tried is None else None,
        labels={name: label for deed in DEEDS for name, label in deed.labels.items()},
        verdicts=VERDICTS,
        next_step=NEXT[application["state"]],
        here=address(application["reference"]),
        new_key=lambda: str(uuid.uuid4()),
    )
