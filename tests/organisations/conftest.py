"""People to employ, on a database of each test's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import pytest
from starlette.applications import Starlette

from hub.database import Place
from tests.conftest import Client
from tests.organisations.staffing import Somebody, employ

Employ = Callable[..., Awaitable[Somebody]]


@pytest.fixture
async def employed(app: Starlette, place: Place, people: Client) -> Employ:
    """Makes somebody new of an organisation, with roles, signed in."""
    return partial(employ, app, place, (await people()).http)
