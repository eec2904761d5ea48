"""That something was done: told by the page that one is led to, to whoever did it, and to nobody else.

The address of that page names what was done, signed for the person, the page and a few minutes: a banner
that says so cannot be had by an address that somebody wrote.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from typing import Final
from urllib.parse import quote, unquote

from itsdangerous import BadSignature, TimestampSigner
from starlette.requests import Request
from starlette.responses import Response

from hub.web.answering import go

LIFE_SECONDS: Final = 300


class DoneSeal:
    """Signs what was done with the hub's secret key. Without one, signatures end with the process."""

    def __init__(self, secret_key: str | None, *, life: int = LIFE_SECONDS) -> None:
        self._key, self._life = secret_key or secrets.token_urlsafe(32), life

    def sign(self, slug: str, person: uuid.UUID, path: str) -> str:
        """The name of what was done, for the address of the page at the path."""
        return self._signer(person, path).sign(slug).decode()

    def read(self, signed: str, person: uuid.UUID, path: str) -> str | None:
        """What the person has just done, and was led to the path for; None for anything else."""
        try:
            return self._signer(person, path).unsign(signed, max_age=self._life).decode()
        except (BadSignature, UnicodeError):
            return None

    def _signer(self, person: uuid.UUID, path: str) -> TimestampSigner:
        return TimestampSigner(self._key, salt=f"hub done {person} {path}", digest_method=hashlib.sha256)


def go_done(request: Request, address: str, slug: str) -> Response:
    """Go on to the page at the address, which tells that this was done."""
    signed = request.app.state.done_seal.sign(
        slug, request.state.actor.person_id, unquote(address.partition("?")[0])
    )
    return go(f"{address}{'&' if '?' in address else '?'}done={quote(signed, safe='')}")


def done_here(request: Request) -> str | None:
    """What the viewer has just done, and was led to this page for."""
    signed, person = request.query_params.get("done"), request.state.actor.person_id
    if signed is None or person is None:
        return None
    slug: str | None = request.app.state.done_seal.read(signed, person, request.scope["path"])
    return slug
