"""The portal's cookies: for this host only, out of reach of scripts, and over nothing but TLS."""

from __future__ import annotations

from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Self

from starlette.datastructures import Headers
from starlette.responses import Response

SECURE_PREFIX = "__Host-"
"""Browsers take a cookie of such a name over TLS only, for every path, and from no sub-domain."""


@dataclass(frozen=True, slots=True)
class Cookie:
    """One cookie. Over plain HTTP, as in a demonstration at home, browsers keep no secure one."""

    name: str
    is_secure: bool

    @classmethod
    def named(cls, name: str, base_url: str) -> Self:
        """The cookie as it is called at the address that people see."""
        is_secure = base_url.startswith("https://")
        return cls(f"{SECURE_PREFIX}{name}" if is_secure else name, is_secure)

    def read(self, headers: Headers) -> str | None:
        """The cookie's value; None where there is none, or the header cannot be read."""
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get(self.name)
        except CookieError:
            return None
        return morsel.value if morsel else None

    def put(self, response: Response, value: str, *, max_age: int) -> None:
        """Give the browser the cookie for so many seconds."""
        response.set_cookie(
            self.name, value, max_age=max_age, path="/", httponly=True, samesite="lax", secure=self.is_secure
        )

    def drop(self, response: Response) -> None:
        """Take the cookie from the browser."""
        response.delete_cookie(self.name, path="/", httponly=True, samesite="lax", secure=self.is_secure)
