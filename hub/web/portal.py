"""The portal's routes. Pages for trying it with invented people exist in a demonstration only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from hub.web.answering import ASSETS
from hub.web.auth.page import backchannel_logout, callback, login, logout
from hub.web.contributions.page import contributions, contributions_csv
from hub.web.failures.page import HANDLERS
from hub.web.home.page import home
from hub.web.initiative.page import initiative
from hub.web.initiatives.page import initiatives
from hub.web.partner.page import partner
from hub.web.partner_new.page import new_partner
from hub.web.partners.page import partners
from hub.web.people.page import people
from hub.web.person.page import person
from hub.web.proposal.page import proposal
from hub.web.proposal_actions.page import proposal_action
from hub.web.proposal_edit.page import edit_proposal
from hub.web.proposal_new.page import new_proposal
from hub.web.proposals.page import proposals
from hub.web.role.page import role
from hub.web.sessions.page import sessions
from hub.web.sign_in.page import sign_in
from hub.web.tokens.page import tokens
from hub.web.vetting_application.page import vetting_application
from hub.web.vetting_applications.page import vetting_applications
from hub.web.vetting_apply.page import apply_for_vetting

EXCEPTION_HANDLERS: Final = HANDLERS
LARGEST_FORM: Final = 1_000_000
LARGEST_WITH_FILE: Final = 40_000_000
"""More than a file may have, so that who chose a larger one is told so beside everything that was typed."""

Handler = Callable[[Request], Awaitable[Response]]


def routes(*, is_demonstration: bool, uploads: Middleware) -> list[BaseRoute]:
    """Every page, the assets, signing in and out, and in a demonstration the personas.

    `uploads` is what goes around a page that takes files.
    """
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
        Route("/work/partners", partners),
        _form("/work/partners/new", new_partner),
        _form("/work/partners/{id}", partner),
        Route("/work/vetting", vetting_applications),
        _form("/work/vetting/apply", apply_for_vetting, largest=LARGEST_WITH_FILE, around=[uploads]),
        _form("/work/vetting/{reference}", vetting_application),
        _form("/account/people", people),
        _form("/account/people/{id}", person),
        _form("/account/roles/{id}", role),
        _form("/account/sessions", sessions),
        _form("/account/tokens", tokens),
        Route("/auth/login", login),
        Route("/auth/callback", callback),
        Route("/auth/logout", logout, methods=["POST"], max_body_size=LARGEST_FORM),
        Route("/auth/backchannel-logout", backchannel_logout, methods=["POST"], max_body_size=LARGEST_FORM),
        ASSETS.route(),
    ]
    if is_demonstration:
        pages.append(_form("/demo/sign-in", sign_in))
    return pages


def _form(
    path: str, handler: Handler, *, largest: int = LARGEST_FORM, around: Sequence[Middleware] = ()
) -> Route:
    """A page with a form that is posted to its own address."""
    return Route(path, handler, methods=["GET", "POST"], max_body_size=largest, middleware=around)
