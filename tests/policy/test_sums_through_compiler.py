"""Lookups, the viewer and the summary, as compiled reads answer them: of what is due to whoever asks."""

from __future__ import annotations

import uuid
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from schema.compiler.ids import global_id
from tests.policy.reading import Asker
from tests.policy.world import KEYS, LOOKUPS, NODES, World, type_of


def some(rows: list[Any], ids: frozenset[uuid.UUID]) -> list[Any]:
    """Two of the rows that are due and two that are not, if there are so many."""
    due = [row for row in rows if row.id in ids]
    hidden = [row for row in rows if row.id not in ids]
    return [*due[:1], *due[1:][-1:], *hidden[:1], *hidden[1:][-1:]]


async def looked_up(asker: Asker, lookups: list[str]) -> list[Any]:
    """What each lookup of the root answers."""
    found: list[Any] = []
    for start in range(0, len(lookups), 25):
        asked = [
            f"a{i}: {lookup} {{ __typename id }}" for i, lookup in enumerate(lookups[start : start + 25])
        ]
        found += (await asker.data(f"{{ {' '.join(asked)} }}")).values()
    return found


def expected_of(seen: World, id: uuid.UUID, table: str) -> dict[str, str] | None:
    """A row as a lookup answers it; None where it is not due."""
    name = seen.names[id]
    return {"__typename": type_of(name), "id": name} if id in seen.due[table] else None


async def test_a_row_by_its_id_is_there_or_not(asker: Asker, seen: World) -> None:
    lookups, expected = [], []
    for type_name, (table, _) in NODES.items():
        rows = [row for row in seen.rows.tables[table] if type_of(seen.names[row.id]) == type_name]
        for row in some(rows, seen.due[table]):
            lookups.append(f'node(id: "{seen.names[row.id]}")')
            expected.append(expected_of(seen, row.id, table))
    assert await looked_up(asker, lookups) == expected


async def test_an_organisation_under_the_other_type_is_not_there(asker: Asker, seen: World) -> None:
    others = {"MemberState": "Partner", "Partner": "MemberState"}
    rows = some(seen.rows.tables["organisations"], seen.due["organisations"])
    forged = [global_id(others[type_of(seen.names[row.id])], row.id) for row in rows]
    assert await looked_up(asker, [f'node(id: "{id}")' for id in forged]) == [None] * len(forged)


async def test_a_row_by_what_people_know_it_by(asker: Asker, seen: World) -> None:
    lookups, expected = [], []
    for field, (table, argument, column) in LOOKUPS.items():
        known = [row for row in seen.rows.tables[table] if getattr(row, column) is not None]
        for row in some(known, seen.due[table]):
            for name, value in (("id", seen.names[row.id]), (argument, getattr(row, column))):
                lookups.append(f'{field}({name}: "{value}")')
                expected.append(expected_of(seen, row.id, table))
    assert await looked_up(asker, lookups) == expected


async def test_the_viewer_is_who_asks(asker: Asker, seen: World) -> None:
    document = "{ viewer { name email roles person { id } organisation { id } } }"
    viewer = (await asker.data(document))["viewer"]
    if seen.who.person is None:
        assert viewer is None
        return
    row, organisation = seen.rows.by_id["persons"][seen.who.person], seen.who.organisation
    assert organisation is not None
    assert viewer == {
        "name": row.name,
        "email": row.email,
        "roles": sorted(seen.who.roles),
        "person": {"id": seen.names[row.id]},
        "organisation": {"id": seen.names[organisation]},
    }


async def test_evidence_is_there_for_whom_more_than_its_publication_shows_the_contribution(
    asker: Asker, seen: World
) -> None:
    document = "query($id: ID!) { contribution(id: $id) { valuationEvidence } }"
    due = [row for row in seen.rows.tables["contributions"] if row.id in seen.due["contributions"]]
    for row in (row for row in due if row.valuation_evidence is not None):
        hidden = SimpleNamespace(**(vars(row) | {"is_published": False}))
        is_close = seen.rows.sees("contributions", seen.who, hidden)
        found = (await asker.data(document, id=seen.names[row.id]))["contribution"]["valuationEvidence"]
        assert found == (row.valuation_evidence if is_close else None)


# -- sums ----------------------------------------------------------------------------------------------

GROUP = """{ year kind state currency provider { id } initiative { id } workingGroup { id } contributionCount
  pledged { ...M } committed { ...M } received { ...M } allocated { ...M } }"""
ANSWERED_AS = {"PROVIDER": "provider", "INITIATIVE": "initiative", "WORKING_GROUP": "workingGroup"}
EVERY = "true"
OF_A_YEAR = "c.kind = 'IN_KIND' and c.year = 2025"
FILTERS = {EVERY: "", OF_A_YEAR: ", filter: { kind: [IN_KIND], year: 2025 }"}
GROUPINGS = [
    *(([name], EVERY) for name in KEYS),
    (["YEAR", "KIND"], EVERY),
    (["PROVIDER", "YEAR"], EVERY),
    (["PROVIDER", "INITIATIVE"], EVERY),
    (["STATE"], OF_A_YEAR),
    (["STATE", "PROVIDER"], OF_A_YEAR),
    (["WORKING_GROUP", "YEAR"], OF_A_YEAR),
]


def as_answered(seen: World, dimensions: list[str], group: tuple[Any, ...]) -> dict[str, Any]:
    """A group that SQL found as the API gives it."""
    *keys, currency, count, pledged, committed, received, allocated = group
    answer: dict[str, Any] = dict.fromkeys(("year", "kind", "state", *ANSWERED_AS.values()))
    for name, key in zip(dimensions, keys, strict=True):
        if name in ANSWERED_AS:
            is_due = any(key in ids for ids in seen.due.values())
            answer[ANSWERED_AS[name]] = {"id": seen.names[key]} if is_due else None
        elif name != "CURRENCY":
            answer[name.lower()] = key
    answer |= {"currency": currency, "contributionCount": count}
    sums = {"pledged": pledged, "committed": committed, "received": received, "allocated": allocated}
    return answer | {name: None if value is None else (value, currency) for name, value in sums.items()}


def as_numbers(group: dict[str, Any]) -> dict[str, Any]:
    """A group with its amounts as numbers."""
    for name in ("pledged", "committed", "received", "allocated"):
        money = group[name]
        group[name] = money and (Decimal(money["amount"]), money["currency"])
    return group


async def summary(asker: Asker, dimensions: list[str], where: str, part: str) -> list[dict[str, Any]]:
    """The groups or totals, with amounts as numbers."""
    document = f"""{{ contributionSummary(groupBy: [{", ".join(dimensions)}]{FILTERS[where]}) {{
      {part} {GROUP} }} }} fragment M on Money {{ amount currency }}"""
    found = (await asker.data(document))["contributionSummary"].popitem()[1]
    return [as_numbers(group) for group in found]


async def test_every_sum_is_of_what_is_due(asker: Asker, seen: World) -> None:
    for dimensions, where in GROUPINGS:
        expected = [as_answered(seen, dimensions, found) for found in await seen.summed(dimensions, where)]
        assert await summary(asker, dimensions, where, "groups(first: 1000)") == expected, dimensions
    for where in FILTERS:
        expected = [as_answered(seen, [], found) for found in await seen.summed([], where)]
        assert await summary(asker, ["YEAR"], where, "totals") == expected
