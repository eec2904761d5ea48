"""No credential travels in an address: none is taken from one, and no page leads to one."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
from urllib.parse import urlencode, urlsplit

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from hub.database import Place
from hub.db.engine import Database
from hub.identity import tokens
from hub.maintenance import issue_token_in
from tests.conftest import Client


def issued(place: Place) -> str:
    """A token in force."""

    async def run() -> str:
        database = Database(place.login, pool_size=1)
        try:
            return await issue_token_in(database, "partner")
        finally:
            await database.dispose()

    return asyncio.run(run())


def test_a_credential_in_an_address_signs_nobody_in_and_is_not_logged(address: str, standing: Place) -> None:
    token = issued(standing)
    names = ("access_token", "token", "authorization", "bearer", "hub_session", "api_key")
    sent = dict.fromkeys(names, token) | {"query": "{ viewer { name } }"}
    # Not by a client to which the search for secrets listens: an address is where it must not be.
    connection = http.client.HTTPConnection(urlsplit(address).netloc)
    connection.request("GET", f"/graphql?{urlencode(sent)}")
    assert json.load(connection.getresponse()) == {"data": {"viewer": None}}
    connection.request("GET", f"/no-such-page?{urlencode(sent)}")
    page = connection.getresponse()
    assert (page.status, token in page.read().decode()) == (404, False)
    connection.close()


async def test_no_route_takes_a_credential_in_its_path(reading_app: Starlette) -> None:
    paths = [route.path for route in reading_app.routes if isinstance(route, Route)]
    assert len(paths) > 10
    named = {name for path in paths for name in re.findall(r"\{(\w+)", path)}
    assert {name for name in named if re.search("token|secret|session|key|code", name)} == set()


@pytest.mark.parametrize("path", ["/", "/initiatives", "/contributions", "/work/proposals"])
async def test_no_page_shows_the_credential_with_which_it_was_asked_for(path: str, readers: Client) -> None:
    partner = await readers("partner")
    page = await partner.http.get(path, headers=partner.headers)
    assert page.status_code == 200
    assert (partner.token or "").removeprefix(tokens.PREFIX) not in page.text
