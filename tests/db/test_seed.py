"""Reference data: loaded whole, once; what staff changed stays theirs."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable
from datetime import date
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db import embedded, migrate
from hub.db.seed import plain, run_as_owner, run_seed
from hub.errors import SetUpError
from hub.opendata import directory
from hub.opendata.directory import answers_to

ALL = {
    "currencies": 165,
    "core_purposes": 4,
    "guiding_principles": 4,
    "working_groups": 9,
    "organisations": 54,
    "memberships": 86,
}
NOTHING = dict.fromkeys(ALL, 0)


@pytest.fixture(scope="module")
def migrated(server: Any) -> Callable[[], URL]:
    """Gives a new migrated database at each call."""
    admin, template, numbers = embedded.owner_url(server, "postgres"), "hub_seed", count()
    migrate.create_database(admin, template)
    migrate.migrate(embedded.owner_url(server, template), login=embedded.login_url(server, template))

    def clone() -> URL:
        name = f"{template}_{next(numbers)}"
        migrate.create_database(admin, name, template=template)
        return embedded.owner_url(server, name)

    return clone


@pytest.fixture
def database(migrated: Callable[[], URL]) -> URL:
    """A migrated database without a row."""
    return migrated()


@pytest.fixture
def seeded(database: URL) -> URL:
    """A database with the reference data."""
    assert run_seed(database) == ALL
    return database


def ask(url: URL, statement: str) -> list[tuple[Any, ...]]:
    """The rows of a statement, run as the owner; none where it returns none."""

    async def work(connection: AsyncConnection) -> list[tuple[Any, ...]]:
        result = await connection.execute(text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []

    return run_as_owner(url, work)


def everything(url: URL) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the reference tables, versions and times of change included."""
    return {table: ask(url, f"select * from hub.{table} order by id") for table in ALL}


def test_first_run_loads_every_row_and_the_second_changes_none(seeded: URL) -> None:
    before = everything(seeded)
    assert {table: len(rows) for table, rows in before.items()} == ALL
    assert run_seed(seeded) == NOTHING
    assert everything(seeded) == before


def test_45_member_states_are_listed_under_their_official_labels(seeded: URL) -> None:
    states = dict(
        ask(seeded, "select iso_code, name from hub.organisations where kind = 'MEMBER_STATE' and is_listed")
    )
    assert len(states) == 45
    assert (states["NC"], states["HK"], states["MO"]) == (
        "New Caledonia (France)",
        "Hong Kong SAR",
        "Macau SAR",
    )
    assert ask(
        seeded, "select kind, count(*), count(vetting_state) from hub.organisations group by 1 order by 1"
    ) == [("INTERNATIONAL_ORGANISATION", 4, 0), ("MEMBER_STATE", 45, 0), ("OBSERVER", 4, 0), ("OTHER", 1, 0)]
    assert ask(seeded, "select count(*) from hub.organisations where not is_listed or is_demonstration") == [
        (0,)
    ]


def test_australia_and_indonesia_vote(seeded: URL) -> None:
    assert ask(seeded, "select iso_code from hub.organisations where decides order by 1") == [
        ("AU",),
        ("ID",),
    ]


def test_codes_spellings_and_numbers_arrive_as_such(seeded: URL) -> None:
    assert ask(
        seeded,
        "select short_name, iso3_code, m49_code, aliases, source_on::text from hub.organisations"
        " where iso_code = 'AF'",
    ) == [
        (
            "Afghanistan",
            "AFG",
            "004",
            ["Islamic Republic of Afghanistan", "Afghanistan, Government of"],
            "2026-11-23",
        )
    ]
    assert ask(seeded, "select code, minor_unit from hub.currencies where code in ('JPY', 'KWD', 'AUD')") == [
        ("AUD", 2),
        ("JPY", 0),
        ("KWD", 3),
    ]
    assert ask(
        seeded, "select code, established_year from hub.working_groups where established_year is not null"
    ) == [("DISRUPTION_OF_NETWORKS", 2014)]


def test_every_seat_joins_its_organisation_and_group(seeded: URL) -> None:
    co_chairs = ask(
        seeded,
        "select g.code, o.iso_code from hub.memberships m"
        " join hub.organisations o on o.id = m.organisation_id"
        " join hub.working_groups g on g.id = m.working_group_id"
        " where m.role = 'CO_CHAIR' order by 1, 2",
    )
    assert co_chairs == [
        ("BALI_PROCESS", "AU"),
        ("BALI_PROCESS", "ID"),
        ("DISRUPTION_OF_NETWORKS", "NZ"),
        ("DISRUPTION_OF_NETWORKS", "VN"),
        ("RETURNS_AND_REINTEGRATION", "AU"),
        ("RETURNS_AND_REINTEGRATION", "PH"),
        ("STEERING_GROUP", "AU"),
        ("STEERING_GROUP", "ID"),
        ("TRAFFICKING_IN_PERSONS", "AU"),
        ("TRAFFICKING_IN_PERSONS", "ID"),
    ]


@pytest.mark.parametrize(
    ("marked", "said"),
    [
        ("Seen in public material (S)", "Seen in public material"),
        ("Seen in public material (S, 2017)", "Seen in public material (dated 2017)"),
        ("Seen (S, 2017): as Co-Chairs", "Seen (dated 2017): as Co-Chairs"),
        ("Seen (S, partial list)", "Seen (partial list)"),
        ('Seen (S: "since 2014")', 'Seen ("since 2014")'),
        ("IATI code list (Sector); (SAR)", "IATI code list (Sector); (SAR)"),
        ("RSO public site, core purposes", "RSO public site, core purposes"),
    ],
)
def test_sources_are_in_plain_words(marked: str, said: str) -> None:
    assert plain(marked) == said


def test_no_source_keeps_the_mark_of_the_project_notes(seeded: URL) -> None:
    for table in ALL:
        assert ask(seeded, rf"select source from hub.{table} where source ~ '\(S[,:)]'") == [], table


def test_what_staff_changed_stays_theirs(seeded: URL) -> None:
    for change in (
        "update hub.organisations set name = 'Republic of Palau', aliases = '{Belau}' where iso_code = 'PW'",
        "update hub.organisations set decides = false where iso_code = 'ID'",
        "update hub.organisations set name = 'The UN Migration Agency' where short_name = 'IOM'",
        "update hub.organisations set name = 'UN Refugee Agency', short_name = 'HCR'"
        " where short_name = 'UNHCR'",
        "update hub.working_groups set name = 'Ad Hoc Group (renamed)' where code = 'AD_HOC_GROUP'",
        "update hub.memberships set starts_on = '2002-02-28', ends_on = '2026-12-31' where role = 'MEMBER'",
        "update hub.core_purposes set title = 'Changed' where number = 1",
    ):
        ask(seeded, change)
    before = everything(seeded)
    assert run_seed(seeded) == NOTHING
    assert everything(seeded) == before


def test_a_newer_file_updates_but_neither_erases_nor_decides(seeded: URL) -> None:
    ask(
        seeded,
        "update hub.organisations set source_on = '2020-01-01', source = 'Older', short_name = 'Oz',"
        " iati_reference = 'AU-5', decides = false, is_listed = false where iso_code = 'AU'",
    )
    ask(
        seeded,
        "update hub.memberships set source_on = '2020-01-01', starts_on = '2002-02-28'"
        " where source like '%Co-Chairs of the Bali Process' and role = 'CO_CHAIR'"
        " and working_group_id = (select id from hub.working_groups where code = 'STEERING_GROUP')",
    )
    assert run_seed(seeded) == NOTHING | {"organisations": 1, "memberships": 2}
    assert ask(
        seeded,
        "select short_name, source_on::text, source <> 'Older', iati_reference, decides, is_listed, version,"
        " updated_at > created_at from hub.organisations where iso_code = 'AU'",
    ) == [("Australia", "2026-11-23", True, "AU-5", False, False, 2, True)]
    assert ask(
        seeded,
        "select distinct starts_on::text, source_on::text, version from hub.memberships where version > 1",
    ) == [("2002-02-28", "2026-11-23", 2)]
    assert run_seed(seeded) == NOTHING


IMPORTED = f"'{directory.SOURCE}', '2099-01-31'"
"""A source and a day later than that of any reference file."""


@pytest.mark.parametrize("source", [IMPORTED, "null, null"], ids=["imported", "without source"])
def test_organisations_that_an_import_made_become_the_reference_ones(database: URL, source: str) -> None:
    ask(
        database,
        "insert into hub.organisations (kind, name, short_name, is_listed, source, source_on) values"
        f" ('GOVERNMENT', 'AUSTRALIA, Government of', 'AUSTRALIA', false, {source}),"
        f" ('GOVERNMENT', 'Japan', 'Japan', false, {source}),"
        f" ('OTHER', 'United Nations High Commissioner for Refugees', 'UNHCR', false, {source}),"
        f" ('OTHER', 'Somebody else', 'Somebody else', false, {source})",
    )
    made = dict(ask(database, "select name, id from hub.organisations"))
    assert run_seed(database) == ALL
    assert ask(database, "select count(*) from hub.organisations") == [(55,)]
    found = ask(
        database,
        "select id, kind, name, is_listed, decides from hub.organisations"
        " where iso_code in ('AU', 'JP') or short_name = 'UNHCR' order by name",
    )
    unhcr = "Office of the United Nations High Commissioner for Refugees"
    assert found == [
        (made["AUSTRALIA, Government of"], "MEMBER_STATE", "Australia", True, True),
        (made["Japan"], "MEMBER_STATE", "Japan", True, False),
        (
            made["United Nations High Commissioner for Refugees"],
            "INTERNATIONAL_ORGANISATION",
            unhcr,
            True,
            False,
        ),
    ]


def test_what_was_imported_takes_the_source_of_the_reference_and_is_then_kept(database: URL) -> None:
    ask(
        database,
        "insert into hub.organisations (kind, name, short_name, source, source_on) values"
        f" ('GOVERNMENT', 'Korea, Republic of, Government of', 'Korea, Republic of', {IMPORTED}),"
        f" ('CIVIL_SOCIETY', 'CWS Japan', 'CWS Japan', {IMPORTED})",
    )
    [korea] = ask(database, "select id from hub.organisations where name like 'Korea%'")
    assert run_seed(database) == ALL
    columns = "id, name, short_name, kind, iso_code, source = 'OCHA FTS export', source_on, version"
    taken = ask(database, f"select {columns} from hub.organisations where iso_code = 'KR'")
    names = ("Republic of Korea", "Republic of Korea", "MEMBER_STATE", "KR")
    assert taken == [(*korea, *names, False, date(2026, 11, 23), 2)]
    assert ask(
        database, "select source, source_on, version from hub.organisations where name like 'CWS%'"
    ) == [("OCHA FTS export", date(2099, 1, 31), 1)]
    before = everything(database)
    assert run_seed(database) == NOTHING
    assert everything(database) == before


def test_an_office_that_an_older_demonstration_made_becomes_the_one_of_the_reference(database: URL) -> None:
    """The RSO was once invented with the rest of a demonstration, and its people act for that row."""
    ask(
        database,
        "insert into hub.organisations"
        " (kind, name, short_name, is_listed, is_demonstration, source, source_on)"
        " values ('OTHER', 'Regional Support Office of the Bali Process', 'RSO', true, true,"
        " 'Invented for the demonstration', '2026-11-01')",
    )
    ask(
        database,
        "insert into hub.persons (name, email, organisation_id, is_demonstration)"
        " select 'Demo Staff', 'staff@example.org', id, true from hub.organisations",
    )
    [made] = ask(database, "select id from hub.organisations")
    assert run_seed(database) == ALL
    assert ask(
        database,
        "select o.id, kind, vetting_state, is_listed, decides, source, source_on from hub.organisations o"
        " join hub.persons p on p.organisation_id = o.id where o.short_name = 'RSO'",
    ) == [(*made, "OTHER", None, True, False, "RSO public site", date(2026, 11, 23))]
    assert ask(database, "select count(*) from hub.organisations") == [(ALL["organisations"],)]
    assert run_seed(database) == NOTHING


def test_no_name_is_taken_for_two_reference_organisations() -> None:
    rows = []
    for name in ("member_states.csv", "member_organisations.csv", "observers.csv", "office.csv"):
        content = files("hub.organisations").joinpath("reference", name).read_text("utf-8")
        for row in csv.DictReader(content.splitlines()):
            label = row.get("official_label") or row["name"]
            rows.append((label, row["short_name"], *filter(None, row["aliases"].split(";"))))
    for spellings in rows:
        for name in spellings:
            for written in (name, name.upper(), f"{name}, Government of"):
                assert [other for other in rows if answers_to(written, other)] == [spellings]


def test_a_failure_leaves_nothing_half_loaded(database: URL) -> None:
    ask(
        database,
        "insert into hub.working_groups (code, name, kind, source, source_on)"
        " values ('OWN', 'Steering Group', 'FORUM', 'Ours', '2026-01-01')",
    )
    with pytest.raises(SetUpError, match=r"did not do what was asked: .*uq_working_groups_name"):
        run_seed(database)
    assert ask(database, "select count(*) from hub.currencies") == [(0,)]


def test_a_table_that_is_missing_is_named(database: URL) -> None:
    ask(database, "drop table hub.currencies cascade")
    with pytest.raises(SetUpError, match=r"relation .*currencies.* does not exist"):
        run_seed(database)


MIGRATE_FIRST = r"The database postgresql\S+ was never migrated. Run `hub migrate` first."


def test_a_database_that_was_never_migrated_says_what_to_do(server: Any) -> None:
    migrate.create_database(embedded.owner_url(server, "postgres"), "hub_seed_never_migrated")
    with pytest.raises(SetUpError, match=MIGRATE_FIRST):
        run_seed(embedded.owner_url(server, "hub_seed_never_migrated"))


def test_a_server_without_the_hubs_roles_says_what_to_do() -> None:
    with tempfile.TemporaryDirectory(prefix="hub-tests-") as folder:
        another = embedded.start(Path(folder) / "data")
        try:
            with pytest.raises(SetUpError, match=MIGRATE_FIRST):
                run_seed(embedded.owner_url(another, "postgres"))
        finally:
            another.cleanup()


def test_a_server_that_is_not_there_is_named_without_its_password(tmp_path: Path) -> None:
    url = URL.create("postgresql+asyncpg", "owner", "secret", host=str(tmp_path), database="hub")
    with pytest.raises(SetUpError) as refused:
        run_seed(url)
    assert "owner:***@" in refused.value.message
    assert "secret" not in refused.value.message
