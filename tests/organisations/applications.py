"""Applications of the personas' partner, as far as a test wants them to have come."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from hub.database import Place
from hub.organisations.declaration import Statement
from tests.conftest import Client, Person
from tests.policy.clones import as_owner
from tests.policy.stage import Stage

CONTENT = {"description": "We train coast guards.", "purpose": "A course."}
AGREED = [statement.value for statement in Statement]
FIELDS = "vettingApplication { id reference state version allowedActions documents { name } }"


async def set_vetting(place: Place, state: str) -> None:
    """Let the personas' partner be in the state."""
    async with as_owner(place) as owner:
        await Stage(owner).organisation(state)


async def saved(focal_point: Person, **given: Any) -> dict[str, Any]:
    """The draft after it was saved."""
    payload = await focal_point.do("saveVettingApplication", FIELDS, **given)
    assert payload["__typename"] == "SaveVettingApplicationSuccess", payload
    found: dict[str, Any] = payload["vettingApplication"]
    return found


async def submitted(people: Client, place: Place, **given: Any) -> str:
    """The id of a complete application of the personas' partner."""
    await set_vetting(place, "APPLIED")
    focal_point = await people("focal-point")
    draft = await saved(focal_point, **CONTENT, statements=AGREED, **given)
    payload = await focal_point.do("submitVettingApplication", id=draft["id"])
    assert payload["__typename"] == "SubmitVettingApplicationSuccess", payload
    return str(draft["id"])


async def under_vetting(people: Client, place: Place) -> str:
    """The id of an application that staff have taken up."""
    id = await submitted(people, place)
    payload = await (await people("staff")).do("startVetting", id=id)
    assert payload["__typename"] == "StartVettingSuccess", payload
    return id


async def state_of(place: Place) -> tuple[str | None, bool]:
    """How far the vetting of the personas' partner has come, and whether the public sees it."""
    async with as_owner(place) as owner:
        statement = (
            "select vetting_state, is_listed from hub.organisations where short_name = 'Demo Alliance'"
        )
        state, is_listed = (await owner.execute(text(statement))).one()
    return state, is_listed


def problems_of(payload: dict[str, Any]) -> list[tuple[str, str]]:
    """Where and what is wrong."""
    return [(".".join(p["path"]), p["code"]) for p in payload["problems"]]


async def partner_id(people: Client) -> str:
    """The personas' partner."""
    viewer = await (await people("partner")).data("{ viewer { organisation { id } } }")
    return str(viewer["viewer"]["organisation"]["id"])
