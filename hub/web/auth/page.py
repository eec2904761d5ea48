"""Signing in at an OpenID Connect provider, and out again, from here or from there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from hub.config import Settings
from hub.errors import Unavailable
from hub.identity import accounts
from hub.identity.cookies import Cookie
from hub.identity.models import LoginSession
from hub.identity.oidc.attempt import LIFE_SECONDS, Attempt, AttemptSeal
from hub.identity.oidc.claims import Account, Untrusted, claimed_issuer, expiry
from hub.identity.oidc.providers import Providers
from hub.web.answering import go, show
from hub.web.auth.entering import leave, local_path, welcome
from hub.web.failures.page import viewer_of
from hub.web.forms import posted_form

if TYPE_CHECKING:
    from hub.identity.oidc.provider import Provider

log = structlog.get_logger("hub.web")

ATTEMPT_COOKIE: Final = "hub_attempt"
LONGEST_CODE: Final = 4_000


def attempt_cookie(request: Request) -> Cookie:
    """The cookie in which an attempt to sign in waits."""
    settings: Settings = request.app.state.settings
    return Cookie.named(ATTEMPT_COOKIE, settings.base_url)


# -- in ------------------------------------------------------------------------------------------------


async def login(request: Request) -> Response:
    """`/auth/login`: on to the provider named by `issuer`, or the only one; else a page to choose from.

    `next` is where to go then. `again` asks the provider to let another account sign in.
    """
    providers: Providers = request.app.state.providers
    next = local_path(request.query_params.get("next", "/"))
    provider = providers.find(request.query_params.get("issuer")) or providers.only()
    if provider is None:
        return _choice(request, providers, next)
    attempt = Attempt.begin(provider.issuer, next)
    try:
        url = await provider.authorization_url(attempt, again="again" in request.query_params)
    except Unavailable as error:
        return _stopped(request, 503, "You cannot sign in now", error.message, provider, next)
    response = RedirectResponse(url, status_code=303, headers={"Cache-Control": "no-store"})
    seal: AttemptSeal = request.app.state.attempt_seal
    attempt_cookie(request).put(response, seal.seal(attempt), max_age=LIFE_SECONDS)
    return response


def _choice(request: Request, providers: Providers, next: str) -> Response:
    if not list(providers):
        if request.app.state.settings.is_demonstration:
            return go(f"/demo/sign-in?{urlencode({'next': next})}")
        raise HTTPException(404)
    options = [(provider.name, _login_path(provider, next)) for provider in providers]
    return show(request, "auth/choice.html", {"viewer": viewer_of(request)}, options=options)


def _login_path(provider: Provider, next: str, **more: str) -> str:
    return f"/auth/login?{urlencode({'issuer': provider.issuer, 'next': next, **more})}"


async def callback(request: Request) -> Response:
    """`/auth/callback`: what the provider answers. Signs the person in, or says why not and what to do."""
    cookie, providers = attempt_cookie(request), request.app.state.providers
    attempt = request.app.state.attempt_seal.open(cookie.read(request.headers))
    provider = None if attempt is None else providers.find(attempt.issuer)
    state = request.query_params.get("state", "")
    if attempt is None or provider is None or not attempt.is_answered_by(state):
        # The attempt, if there is one, stays: anybody can send a browser here with another answer.
        text = (
            "It was used already, is older than ten minutes, or was begun in another browser. Sign in again."
        )
        return _no_store(_stopped(request, 400, "This sign-in cannot be finished", text))
    response = await _answered(request, provider, attempt)
    cookie.drop(response)
    return _no_store(response)


async def _answered(request: Request, provider: Provider, attempt: Attempt) -> Response:
    given = request.query_params
    try:
        await provider.require_sender(given.get("iss"))
        if "error" in given:
            raise Untrusted(f"the provider refused: {given['error'][:100]!a}")
        code = given.get("code", "")
        if not 1 <= len(code) <= LONGEST_CODE:
            raise Untrusted("code: missing or too long")
        account = await provider.account(code, attempt)
    except Unavailable as error:
        return _stopped(request, 503, "You cannot sign in now", error.message, provider, attempt.next)
    except Untrusted as error:
        log.warning("a sign-in was refused", issuer=provider.issuer, reason=error.reason)
        text = f"The answer of {provider.name} was not accepted. Sign in again, or tell the RSO about it."
        return _stopped(request, 400, "The sign-in did not work", text, provider, attempt.next)
    return await _admitted(request, provider, attempt, account)


async def _admitted(request: Request, provider: Provider, attempt: Attempt, account: Account) -> Response:
    is_demonstration: bool = request.app.state.settings.is_demonstration
    actor = await accounts.admit(request.app.state.database, account, is_demonstration=is_demonstration)
    if actor is not None:
        return await welcome(request, actor, next=attempt.next, now=datetime.now(UTC), account=account)
    log.info(
        "somebody without an invitation signed in",
        issuer=provider.issuer,
        has_email=account.email is not None,
    )
    if account.email is None:
        text = (
            f"{provider.name} has not confirmed your e-mail address, by which the hub knows whom it "
            "invited. Confirm it there, then sign in again."
        )
        return _stopped(request, 403, "Your e-mail address is not confirmed", text, provider, attempt.next)
    return show(
        request,
        "auth/uninvited.html",
        {"viewer": None},
        status_code=403,
        email=account.email,
        again=_login_path(provider, attempt.next, again="1"),
    )


def _stopped(
    request: Request, status: int, heading: str, text: str, provider: Provider | None = None, next: str = "/"
) -> Response:
    """The page of a sign-in that went no further."""
    again = "/auth/login" if provider is None else _login_path(provider, next)
    return show(
        request,
        "auth/stopped.html",
        {"viewer": viewer_of(request)},
        status_code=status,
        heading=heading,
        text=text,
        again=again,
    )


# -- out -----------------------------------------------------------------------------------------------


async def logout(request: Request) -> Response:
    """`/auth/logout`: the session ends now, the cookie goes, and the browser signs out at the provider."""
    ended = await leave(request, datetime.now(UTC))
    there = None if ended is None else await _logout_url(request, ended)
    if there is None:
        response: Response = go("/")
    else:
        # No redirect: the policy of the page whose form was sent lets it lead to this host alone.
        response = show(request, "auth/signing_out.html", {"viewer": None}, there=there[0], name=there[1])
        response.headers["Cache-Control"] = "no-store"
    cookie: Cookie = request.app.state.session_cookie
    cookie.drop(response)
    return response


async def _logout_url(request: Request, ended: LoginSession) -> tuple[str, str] | None:
    """Where to sign out at the provider, and its name; None where there is no such place."""
    provider: Provider | None = request.app.state.providers.find(ended.issuer)
    if provider is None:
        return None
    try:
        url = await provider.logout_url(ended.id_token)
    except Unavailable as error:
        log.warning("signed out at the hub only", issuer=ended.issuer, reason=error.message)
        return None
    return None if url is None else (url, provider.name)


async def backchannel_logout(request: Request) -> Response:
    """`/auth/backchannel-logout`: a provider ends sessions, whoever holds their cookies."""
    try:
        form = await posted_form(request, ("logout_token",))
        ended = await _ended(request, form.value("logout_token"))
    except HTTPException:
        return _refused("Send logout_token in a form.")
    except Untrusted as error:
        log.warning("a logout token was refused", reason=error.reason)
        return _refused("This logout token is not valid here.")
    except Unavailable as error:
        return _no_store(
            JSONResponse({"error": "temporarily_unavailable", "error_description": error.message}, 503)
        )
    log.info("a provider ended sessions", count=ended)
    return _no_store(Response(status_code=200))


async def _ended(request: Request, token: str) -> int:
    provider: Provider | None = request.app.state.providers.find(claimed_issuer(token))
    if provider is None:
        raise Untrusted("iss: no provider of this hub")
    claims = await provider.logout_claims(token)
    ended = await accounts.end_sessions(
        request.app.state.database,
        issuer=provider.issuer,
        sid=claims.get("sid"),
        subject=claims.get("sub"),
        jti=claims["jti"],
        expires_at=expiry(claims),
    )
    if ended is None:
        raise Untrusted("jti: used before")
    return ended


def _refused(description: str) -> Response:
    return _no_store(JSONResponse({"error": "invalid_request", "error_description": description}, 400))


def _no_store(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
