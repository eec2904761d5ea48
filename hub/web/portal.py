"""The portal's routes. Pages for trying it with invented people exist in a demonstration only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from hub.web.answering import ASSETS
from hub.web.contributions.page import contributions, contributions_csv
from hub.web.failures.page import HANDLERS
from hub.web.home.page import home
from hub.web.initiative.page import initiative
from hub.web.initiatives.page import initiatives
from hub.web.proposal.page import proposal
from hub.web.proposal_actions.page import proposal_action
from hub.web.proposal_edit.page import edit_proposal
from hub.web.proposal_new.page import new_proposal
from hub.web.proposals.page import proposals
from hub.web.sign_in.page import sign_in, sign_out

EXCEPTION_HANDLERS: Final = HANDLERS
LARGEST_FORM: Final = 1_000_000

Handler = Callable[[Request], Awaitable[Response]]


def routes(*, is_demonstration: bool) -> list[BaseRoute]:
    """Every page, the assets, and in a demonstration the sign-in."""
    pages: list[BaseRoute] = [
        Route("/", home),
        Route("/initiatives", initiatives),
        Route("/initiatives/{reference}", initiative),
        Route("/contributions", contributions),
        Route("/contributions.csv", contributions_csv),
        Route("/work/proposals", proposals),
        _form("/work/proposals/new", new_proposal),
        Route("/work/proposals/{reference}", proposal),
        _form("/work/proposals/{reference}/edit", edit_proposal),
        _form("/work/proposals/{reference}/{action}", proposal_action),
        ASSETS.route(),
    ]
    if is_demonstration:
        sign_out_route = Route("/sign-out", sign_out, methods=["POST"], max_body_size=LARGEST_FORM)
        pages += [_form("/demo/sign-in", sign_in), sign_out_route]
    return pages


def _form(path: str, handler: Handler) -> Route:
    """A page with a form that is posted to its own address."""
    return Route(path, handler, methods=["GET", "POST"], max_body_size=LARGEST_FORM)
