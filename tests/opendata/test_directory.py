"""An organisation of an export is one of the hub's by its whole name, or is created once."""

from __future__ import annotations

import asyncio
import uuid
from datetime import date

import pytest
from sqlalchemy import text

from hub.opendata.directory import Directory
from tests.opendata.conftest import Begin
from tests.opendata.fts_sample import record
from tests.opendata.import_store import imported, one, stored, wait_for_a_waiting_backend

JAPAN, NIGER, FUND = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()


# Which one it is


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Japan", JAPAN),
        ("  jAPAN ", JAPAN),
        ("Japan, Government of", JAPAN),
        ("JAPAN, GOVERNMENT OF", JAPAN),
        ("Nippon", JAPAN),
        ("Nippon, Government of", JAPAN),
        ("Straße", JAPAN),
        ("STRASSE", JAPAN),
        ("Republic of the Niger", NIGER),
        ("The Fund, Government of", FUND),
        ("Japan, Government of, Government of", None),
        ("CWS Japan", None),
        ("Japan Platform", None),
        ("Japa", None),
        ("Nigeria", None),
        ("Government of Japan", None),
        (", Government of", None),
        ("", None),
        (" ", None),
        ("Multiple", None),
        (None, None),
    ],
)
def test_only_a_whole_name_is_recognised(name: str | None, expected: uuid.UUID | None) -> None:
    directory = Directory(
        [
            (JAPAN, "Japan", "Japan", ["Nippon", "Straße"]),
            (NIGER, "Republic of the Niger", "Niger", []),
            (FUND, "The Fund, Government of", "Multiple", []),
        ]
    )
    assert directory.find(name) == expected


def test_a_name_goes_before_a_short_name_and_that_before_an_alias() -> None:
    first, second, third = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    directory = Directory(
        [
            (first, "Alpha", "A", ["Gamma", "B"]),
            (second, "Beta", "B", ["Alpha", "Shared"]),
            (third, "Gamma", "G", ["A", "Shared"]),
        ]
    )
    names = ("Alpha", "Beta", "Gamma", "A", "B", "G", "Shared")
    assert [directory.find(name) for name in names] == [first, second, third, first, second, third, second]


async def test_member_states_observers_and_member_organisations_are_recognised(begin: Begin) -> None:
    names = {
        "Japan, Government of": "Japan",
        "Korea, Republic of, Government of": "Republic of Korea",
        "United States of America, Government of": "United States of America",
        "Turkey, Government of": "Türkiye",
        "United Kingdom, Government of": "United Kingdom",
        "United Nations High Commissioner for Refugees": (
            "Office of the United Nations High Commissioner for Refugees"
        ),
        "iom": "International Organization for Migration",
    }
    flows = [record(id=str(n), srcOrganization=name) for n, name in enumerate(names)]
    result = await imported(begin, *(flow | {"destOrganization": "Japan"} for flow in flows))
    assert result.organisations_created == 0
    found = await stored(
        begin,
        "select p.name, r.name from hub.contributions c join hub.organisations p on p.id = provider_id"
        " join hub.organisations r on r.id = receiver_id order by reference",
    )
    assert found == [(name, "Japan") for name in names.values()]


@pytest.mark.parametrize("name", ["", "Multiple", "multiple "])
async def test_where_none_is_named_there_is_none(begin: Begin, name: str) -> None:
    result = await imported(begin, record(srcOrganization=name, destOrganization=name))
    assert (result.accepted, result.organisations_created) == (1, 0)
    assert await stored(begin, "select provider_id, receiver_id from hub.contributions") == [(None, None)]


# Creating


@pytest.mark.parametrize("publish", [True, False])
async def test_an_unknown_organisation_is_created(begin: Begin, publish: bool) -> None:
    known = [id for (id,) in await stored(begin, "select id from hub.organisations")]
    result = await imported(
        begin, record(srcOrganization="Utopia, Government of", destOrganization="Japan"), publish=publish
    )
    assert result.organisations_created == 1
    [created] = await stored(
        begin,
        "select id, kind, name, short_name, aliases, iso_code, vetting_state, is_listed, decides, source,"
        " source_on, is_demonstration, version from hub.organisations where not id = any(:known)",
        known=known,
    )
    assert created[1:] == (
        *("GOVERNMENT", "Utopia, Government of", "Utopia", [], None, None, publish, False),
        *("OCHA FTS export", date(2026, 3, 5), False, 1),
    )
    found = await stored(begin, "select provider_id, is_published from hub.contributions")
    assert found == [(created[0], publish)]


async def test_the_kind_follows_from_the_types(begin: Begin) -> None:
    kinds = {
        "Government": "GOVERNMENT",
        "UN agency": "INTERNATIONAL_ORGANISATION",
        "Inter-governmental": "INTERNATIONAL_ORGANISATION",
        "NGO": "CIVIL_SOCIETY",
        "Red Cross/Red Crescent": "CIVIL_SOCIETY",
        "Private organization/foundation": "PRIVATE_SECTOR",
        "Pooled fund": "OTHER",
        "": "OTHER",
        "Pooled fund, UN agency": "INTERNATIONAL_ORGANISATION",
    }
    named = [{"srcOrganization": f"Type {types}", "srcOrganizationTypes": types} for types in kinds]
    await imported(begin, *(record(id=str(n), **cells) for n, cells in enumerate(named)))
    found = await stored(begin, "select name, kind from hub.organisations where name like 'Type%'")
    assert dict(found) == {f"Type {types}".strip(): kind for types, kind in kinds.items()}


async def test_an_organisation_is_created_once_however_often_it_is_named(begin: Begin) -> None:
    names = [
        "Utopia, Government of",
        "UTOPIA",
        "utopia, government of",
        "Atlantis",
        "Atlantis, Government of",
    ]
    flows = [record(id=str(n), srcOrganization=name) for n, name in enumerate(names)]
    result = await imported(begin, *(flow | {"destOrganization": "Utopia"} for flow in flows))
    assert result.organisations_created == 2
    found = await stored(
        begin,
        "select p.name, r.name from hub.contributions c join hub.organisations p on p.id = provider_id"
        " join hub.organisations r on r.id = receiver_id order by reference",
    )
    utopia = "Utopia, Government of"
    assert found == [(name, utopia) for name in (utopia, utopia, utopia, "Atlantis", "Atlantis")]


async def test_a_later_file_finds_what_an_earlier_one_created(begin: Begin) -> None:
    await imported(begin, record(srcOrganization="Utopia, Government of"))
    result = await imported(begin, record(id="1002", srcOrganization="Utopia"))
    assert (result.accepted, result.organisations_created) == (1, 0)
    count = "select count(distinct provider_id), count(distinct receiver_id) from hub.contributions"
    assert await stored(begin, count) == [(1, 1)]


async def test_rejected_rows_create_no_organisation(begin: Begin) -> None:
    result = await imported(
        begin,
        record(id="1", amountUSD="0", srcOrganization="Utopia"),
        record(id="2", boundary="internal", srcOrganization="Utopia"),
    )
    assert (len(result.rejected), result.organisations_created) == (2, 0)
    assert await stored(begin, "select name from hub.organisations where name = 'Utopia'") == []


async def test_an_organisation_that_somebody_creates_at_the_same_moment_is_used(begin_apart: Begin) -> None:
    async with begin_apart() as connection:
        theirs = await one(
            connection,
            "insert into hub.organisations (kind, name, short_name) values ('OTHER', 'Utopia', 'U')"
            " returning id",
        )
        waiting = asyncio.create_task(imported(begin_apart, record(srcOrganization="Utopia")))
        async with begin_apart() as another:
            await wait_for_a_waiting_backend(another)
    result = await waiting
    assert (result.accepted, result.organisations_created) == (1, 1)
    assert await stored(begin_apart, "select provider_id from hub.contributions") == [(theirs,)]


async def test_of_two_with_one_short_name_the_older_is_found(begin: Begin) -> None:
    async with begin() as connection:
        for name in ("Z Agency", "A Agency"):
            await connection.execute(
                text(
                    "insert into hub.organisations (kind, name, short_name) values ('OTHER', :name, 'Agency')"
                ),
                {"name": name},
            )
    await imported(begin, record(srcOrganization="Agency"))
    found = "select name from hub.organisations join hub.contributions c on c.provider_id = organisations.id"
    assert await stored(begin, found) == [("Z Agency",)]
