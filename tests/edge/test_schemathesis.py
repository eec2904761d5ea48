"""Generated operations on every query and mutation, as several people: no error of the server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.graphql import nodes

from hub.database import Place
from hub.db.engine import Database
from hub.maintenance import issue_token_in
from schema.api import schema
from tests.edge.conftest import listening
from tests.policy.clones import clone

EXAMPLES = 8
"""Of each query and mutation."""
PEOPLE = (None, "partner", "focal-point", "co-manager-au", "staff", "admin")
ROOTS = (schema._schema.query_type, schema._schema.mutation_type)
OPERATIONS = sorted(f"{root.name}.{field}" for root in ROOTS if root is not None for field in root.fields)

DECIMALS = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False).map(lambda value: f"{value:f}"),
    st.sampled_from(["100.00", "0", "-1", "1e9", "NaN", "", "x"]),
)


@pytest.fixture(scope="module", autouse=True)
def _scalars() -> None:
    """How our own scalars are written."""
    schemathesis.graphql.scalar("Decimal", DECIMALS.map(nodes.String))


@pytest.fixture(scope="module")
def place(server: Any, template: str) -> Iterator[Place]:
    """A database that is written to."""
    with clone(server, template, "hub_generated") as made:
        yield made


@pytest.fixture(scope="module")
def api(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The contract, as the running hub tells it."""
    with listening(place, tmp_path_factory.mktemp("generated")) as address:
        yield schemathesis.graphql.from_url(f"{address}/graphql")


@pytest.fixture(scope="module")
def tokens(place: Place) -> list[str | None]:
    """One for each of the people; None is the public."""

    async def issued() -> list[str | None]:
        database = Database(place.login, pool_size=1)
        found = [person and await issue_token_in(database, person) for person in PEOPLE]
        await database.dispose()
        return found

    return asyncio.run(issued())


def test_every_operation_is_tried(api: Any) -> None:
    assert sorted(found.ok().label for found in api.get_all_operations()) == OPERATIONS


@pytest.mark.parametrize("label", OPERATIONS)
def test_no_generated_operation_is_an_error_of_the_server(
    label: str, api: Any, tokens: list[str | None]
) -> None:
    operation = api.find_operation_by_label(label)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), token=st.sampled_from(tokens))
    def ask(case: schemathesis.Case[Any], token: str | None) -> None:
        response = case.call(headers={"Authorization": f"Bearer {token}"} if token else {})
        assert response.status_code < 500, response.text
        answer = response.json()
        codes = {error.get("extensions", {}).get("code") for error in answer.get("errors", [])}
        assert "INTERNAL" not in codes, (case.body, answer)

    ask()
