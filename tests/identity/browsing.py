"""A browser without pixels that signs in at a provider: keeps cookies, follows redirects, sends forms."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urljoin

import httpx

LONGEST_WAY = 20
FORM = re.compile(r'<form[^>]*action="([^"]*/(?:interaction|session)/[^"]+)"[^>]*>(.*?)</form>', re.DOTALL)
"""A form of the provider: to log in, to consent, or one that its script sends to change the account."""


class Browser:
    """One person's browser, with the cookies of the hub and of the provider."""

    def __init__(self, hub: str) -> None:
        self.hub = hub
        self.http = httpx.AsyncClient(timeout=10, headers={"User-Agent": "A Browser/1.0"})
        self.way: list[str] = []
        """Every address that was asked for, in order."""

    async def get(self, url: str, *, until: str | None = None) -> httpx.Response:
        """The answer at the end of the redirects, or the redirect to an address with `until` in it."""
        return await self._follow(await self._send("GET", urljoin(self.hub, url)), until)

    async def post(self, url: str, **data: str) -> httpx.Response:
        """The answer to a form, at the end of the redirects."""
        return await self._follow(await self._send("POST", urljoin(self.hub, url), data), None)

    async def log_in(self, email: str, path: str = "/auth/login", until: str | None = None) -> httpx.Response:
        """Sign in as the owner of the address, giving every consent that the provider asks for."""
        page = await self.get(path, until=until)
        for _ in range(5):
            form = FORM.search(page.text)
            if form is None:
                return page
            fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[2]))
            if fields.get("prompt") == "login":
                fields |= {"login": email, "password": "any"}
            address = urljoin(str(page.url), unescape(form[1]))
            page = await self._follow(await self._send("POST", address, fields), until)
        raise AssertionError("the provider asks without end")

    async def log_out_there(self, url: str) -> httpx.Response:
        """Confirm at the provider that one wants to be signed out."""
        page = await self.get(url)
        form = re.search(r'action="([^"]+)"><input type="hidden" name="xsrf" value="([^"]+)"', page.text)
        assert form is not None, page.text
        return await self.post(unescape(form[1]), xsrf=form[2], logout="yes")

    async def viewer(self) -> str | None:
        """The name of the person signed in at the hub."""
        return await viewer_name(self.http, self.hub)

    async def _send(self, method: str, url: str, data: dict[str, str] | None = None) -> httpx.Response:
        self.way.append(url)
        return await self.http.request(method, url, data=data)

    async def _follow(self, response: httpx.Response, until: str | None) -> httpx.Response:
        for _ in range(LONGEST_WAY):
            if not response.is_redirect:
                return response
            target = urljoin(str(response.url), response.headers["location"])
            if until is not None and until in target:
                return response
            response = await self._send("GET", target)
        raise AssertionError("the redirects go round in a circle")


async def viewer_name(http: httpx.AsyncClient, hub: str, **headers: str) -> str | None:
    """Who is signed in, as the API says; None for the public."""
    query = {"query": "{ viewer { name } }"}
    response = await http.post(f"{hub}/graphql", json=query, headers=headers)
    assert response.status_code == 200, response.text
    viewer = response.json()["data"]["viewer"]
    return None if viewer is None else str(viewer["name"])
