"""How a page answers: a template in the layout, with the headers of HTML; or a redirect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hub import policy
from hub.identity.actor import PUBLIC, Actor
from hub.identity.cookies import Cookie
from hub.organisations.models import VettingApplication
from hub.web.templating import Assets, NavigationItem, environment, html_page

VETTING: Final = NavigationItem("Vetting", "/work/vetting")
ASSETS: Final = Assets.load()
TEMPLATES: Final = environment(ASSETS)

# The answer to a form that the API refused, by the type of the refusal.
REFUSAL_STATUS: Final[Mapping[str, int]] = {
    "InvalidInput": 422,
    "NotAllowed": 403,
    "NotFound": 404,
    "Conflict": 409,
    "Unavailable": 503,
}


def show(
    request: Request, template: str, data: Mapping[str, Any], *, status_code: int = 200, **context: Any
) -> Response:
    """The template over the operation's data, of which `viewer` must be one field."""
    given = {
        "is_demonstration": is_demonstration(request),
        "can_sign_in": any(True for _ in request.app.state.providers),
        "path": request.url.path,
        "further_navigation": further_navigation(getattr(request.state, "actor", PUBLIC)),
        **data,
        **context,
    }
    response = html_page(TEMPLATES, template, given, status_code=status_code)
    forget_stale_session(request, response)
    return response


def further_navigation(actor: Actor) -> tuple[NavigationItem, ...]:
    """Where the navigation leads besides, by what the actor may see at all."""
    return (VETTING,) if policy.reaches(actor, VettingApplication) else ()


def go(path: str) -> RedirectResponse:
    """Go on to another page of the portal, by GET."""
    return RedirectResponse(path, status_code=303)


def is_demonstration(request: Request) -> bool:
    """Whether everything here is invented."""
    return bool(request.app.state.settings.is_demonstration)


def forget_stale_session(request: Request, response: Response) -> None:
    """Clear a cookie that speaks for nobody any more, so that it is not sent for ever."""
    cookie: Cookie = request.app.state.session_cookie
    if cookie.name in request.cookies and request.state.actor.is_public:
        cookie.drop(response)
