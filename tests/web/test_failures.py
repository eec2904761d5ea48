"""What a person sees where there is no page to see."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from hub.errors import Unavailable
from tests.conftest import running
from tests.web.browsing import Shown, assert_whole
from tests.web.conftest import Visit


async def test_an_address_that_leads_nowhere_has_a_page(visit: Visit) -> None:
    for persona in (None, "partner"):
        page = await (await visit(persona)).open("/nowhere/<b>")
        assert (page.status, page.headings) == (404, ["Page not found"])
        assert_whole(page)
        assert ("Signed in as Demo Officer" in page.text) is (persona is not None)


async def test_a_method_that_a_page_does_not_take_has_a_page(visit: Visit) -> None:
    response = await (await visit(None)).http.post("/initiatives")
    allowed = set(response.headers["allow"].split(", "))
    assert (response.status_code, allowed) == (405, {"GET", "HEAD"})
    assert_whole(Shown(response))


async def failing(app: Starlette, error: Exception, path: str = "/") -> Shown:
    async def execute(*_: Any, **__: Any) -> dict[str, Any]:
        raise error

    app.state.execute = execute
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as http:
        return Shown(await http.get(path))


async def test_a_bug_is_masked_under_a_reference(app: Starlette) -> None:
    page = await failing(app, RuntimeError("secret detail"))
    assert (page.status, page.headings) == (500, ["Something went wrong on our side"])
    assert "secret" not in page.html
    assert re.search(r"give this reference: [0-9a-f]{8} ", page.text)
    assert_whole(page)


async def test_a_bug_in_the_api_keeps_the_reference_of_its_log_line(app: Starlette, visit: Visit) -> None:
    async def execute(*_: Any, **__: Any) -> dict[str, Any]:
        return {"errors": [{"message": "x", "extensions": {"code": "INTERNAL", "reference": "0badcafe"}}]}

    app.state.execute = execute
    page = await (await visit(None)).open("/initiatives")
    assert page.status == 500
    assert "give this reference: 0badcafe " in page.text
    assert_whole(page)


async def test_a_database_that_does_not_answer_is_503_with_when_to_try_again(app: Starlette) -> None:
    page = await failing(app, Unavailable("busy"))
    assert (page.status, page.response.headers["retry-after"]) == (503, "5")
    assert_whole(page)


async def test_a_database_that_is_gone_is_503(visit: Visit, place: Any, tmp_path: Path) -> None:
    gone = dataclasses.replace(place, login=place.login.set(query={"host": str(tmp_path)}))
    async with running(gone, tmp_path, pool_size=1) as app:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as http:
            page = Shown(await http.get("/initiatives"))
    assert page.status == 503, page.text
    assert_whole(page)


async def test_the_page_of_a_failure_names_who_is_signed_in_without_asking(
    app: Starlette, visit: Visit
) -> None:
    async def execute(*_: Any, **__: Any) -> dict[str, Any]:
        raise Unavailable("busy")

    app.state.execute = execute
    page = await (await visit("partner")).open("/initiatives")
    assert page.status == 503
    assert "Signed in as Demo Officer, Demo Alliance" in page.text
