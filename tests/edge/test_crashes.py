"""A bug outside the executor: the program is told a reference, the log all but what was in variables."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from hub import logs
from hub.database import Place
from hub.identity.recognition import Recognition
from hub.maintenance import issue_token_in
from schema.http.endpoint import Endpoint
from tests.conftest import running

QUERY = {"query": "{ viewer { name } }"}


@pytest.fixture(params=[True, False], ids=["for machines", "for a person"])
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What the hub logs, as it is written in production, or in a demonstration."""
    kept, lines = structlog.get_config(), io.StringIO()
    structlog.configure(
        processors=logs.processors(as_json=request.param),
        logger_factory=structlog.WriteLoggerFactory(lines),
        cache_logger_on_first_use=False,
    )
    yield lines
    structlog.configure(**kept)


async def by_token(_: Recognition, token: str) -> None:
    """Crashes with the credential at hand."""
    headers = {"authorization": f"Bearer {token}"}
    raise RuntimeError("no such " + str(len(headers)))


async def answer(_: Endpoint, scope: Any, headers: Any, receive: Any) -> None:
    """Crashes with the request at hand."""
    credential = dict(scope["headers"])
    raise LookupError(f"not one of {len(credential)}")


CRASHES = {"who asks": (Recognition, "by_token", by_token), "the endpoint": (Endpoint, "_answer", answer)}


@pytest.mark.parametrize("where", CRASHES)
async def test_a_crash_is_told_as_graphql_tells_errors_and_no_variable_is_logged(
    where: str, standing: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: io.StringIO
) -> None:
    async with running(standing, tmp_path, pool_size=2, base_url="https://hub.test") as app:
        token = await issue_token_in(app.state.database, "partner")
        monkeypatch.setattr(*CRASHES[where])
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="https://hub.test") as http:
            headers = {"Authorization": f"Bearer {token}"}
            response = await http.post("/graphql", json=QUERY, headers=headers)
    assert response.status_code == 500
    assert response.headers["content-type"].startswith("application/json")
    assert response.headers["strict-transport-security"].startswith("max-age=")
    assert response.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    (error,) = response.json()["errors"]
    reference = error["extensions"]["reference"]
    assert error == {
        "message": f"Something went wrong on our side. Please tell us the reference {reference}.",
        "extensions": {"code": "INTERNAL", "reference": reference},
    }
    log = written.getvalue()
    assert reference in log
    assert "Traceback" in log
    assert CRASHES[where][2].__name__ in log
    assert token.removeprefix("hub_") not in log


async def test_what_is_beside_the_endpoint_is_told_as_graphql_tells_errors(
    standing: Place, tmp_path: Path
) -> None:
    async with running(standing, tmp_path, pool_size=1) as app:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as http:
            response = await http.post("/graphql/v2", json=QUERY)
    assert (response.status_code, response.headers["content-type"]) == (404, "application/json")
    assert json.loads(response.text)["errors"][0]["extensions"] == {"code": "NOT_FOUND"}
