"""The reference files of organisations: what is shipped is complete, consistent and sourced."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "hub" / "organisations" / "reference"

COLUMNS = {
    "member_states.csv": (
        "iso_code iso3 m49 official_label short_name iati_reference aliases source source_on"
    ),
    "member_organisations.csv": "name short_name iati_reference aliases source source_on",
    "observers.csv": "iso_code iso3 m49 name short_name aliases source source_on",
    "office.csv": "name short_name iati_reference aliases source source_on",
    "working_groups.csv": "code name kind established_year source source_on",
    "memberships.csv": "organisation group_code role starts_on ends_on source source_on",
}
# fmt: off
# ISO 3166-1 alpha-2 -> alpha-3, UN M49
MEMBER_CODES = {
    "AE": ("ARE", "784"), "AF": ("AFG", "004"), "AU": ("AUS", "036"), "BD": ("BGD", "050"),
    "BN": ("BRN", "096"), "BT": ("BTN", "064"), "CN": ("CHN", "156"), "FJ": ("FJI", "242"),
    "HK": ("HKG", "344"), "ID": ("IDN", "360"), "IN": ("IND", "356"), "IQ": ("IRQ", "368"),
    "IR": ("IRN", "364"), "JO": ("JOR", "400"), "JP": ("JPN", "392"), "KH": ("KHM", "116"),
    "KI": ("KIR", "296"), "KP": ("PRK", "408"), "KR": ("KOR", "410"), "LA": ("LAO", "418"),
    "LK": ("LKA", "144"), "MM": ("MMR", "104"), "MN": ("MNG", "496"), "MO": ("MAC", "446"),
    "MV": ("MDV", "462"), "MY": ("MYS", "458"), "NC": ("NCL", "540"), "NP": ("NPL", "524"),
    "NR": ("NRU", "520"), "NZ": ("NZL", "554"), "PG": ("PNG", "598"), "PH": ("PHL", "608"),
    "PK": ("PAK", "586"), "PW": ("PLW", "585"), "SB": ("SLB", "090"), "SG": ("SGP", "702"),
    "SY": ("SYR", "760"), "TH": ("THA", "764"), "TL": ("TLS", "626"), "TO": ("TON", "776"),
    "TR": ("TUR", "792"), "US": ("USA", "840"), "VN": ("VNM", "704"), "VU": ("VUT", "548"),
    "WS": ("WSM", "882"),
}
OBSERVER_CODES = {
    "GB": ("GBR", "826"), "NL": ("NLD", "528"), "RU": ("RUS", "643"), "ZA": ("ZAF", "710"),
}
AD_HOC_STATES = {
    "AF", "AU", "BD", "IN", "ID", "MY", "MV", "MM", "NZ", "PK", "PH", "LK", "TH", "AE", "US", "VN",
}
# fmt: on
MEMBER_STATES = set(MEMBER_CODES)
OBSERVERS = set(OBSERVER_CODES)
MEMBER_ORGANISATIONS = {"IOM", "UNHCR", "UNODC", "ILO"}


def rows_of(name: str) -> list[dict[str, str]]:
    """The rows of one reference file, as text."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def spellings() -> list[tuple[str, str]]:
    """(spelling without regard to case, organisation) for every name by which an import may recognise one."""
    found: list[tuple[str, str]] = []
    for file in ("member_states.csv", "member_organisations.csv", "observers.csv", "office.csv"):
        for row in rows_of(file):
            key = row.get("iso_code") or row["short_name"]
            names = {row.get("official_label") or row["name"], row["short_name"]}
            names |= set(filter(None, row["aliases"].split(";")))
            found += [(name, key) for name in {name.casefold() for name in names}]
    return found


def seats(group: str, role: str) -> set[str]:
    """The organisations that hold the role on the body."""
    return {
        row["organisation"]
        for row in rows_of("memberships.csv")
        if (row["group_code"], row["role"]) == (group, role)
    }


def test_the_folder_holds_exactly_the_described_files() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(COLUMNS)


@pytest.mark.parametrize("name", COLUMNS)
def test_file_is_clean_text_with_the_agreed_columns(name: str) -> None:
    content = (FOLDER / name).read_bytes()
    assert b"\r" not in content
    assert b"\x00" not in content
    assert not content.startswith(b"\xef\xbb\xbf")
    assert content.endswith(b"\n")
    header, *records = csv.reader(content.decode("utf-8").splitlines(), strict=True)
    assert header == COLUMNS[name].split()
    assert {len(record) for record in records} == {len(header)}
    assert [cell for record in records for cell in record if cell != cell.strip()] == []


@pytest.mark.parametrize("name", COLUMNS)
def test_every_fact_says_where_and_when_it_was_read(name: str) -> None:
    for row in rows_of(name):
        assert row["source"] != ""
        assert date.fromisoformat(row["source_on"]) == date(2026, 11, 23)


def test_there_are_45_member_states_each_once() -> None:
    rows = rows_of("member_states.csv")
    assert len(rows) == 45
    assert {row["iso_code"] for row in rows} == MEMBER_STATES
    for column in ("iso3", "m49", "official_label", "short_name"):
        assert len({row[column] for row in rows}) == 45, column


def test_codes_are_those_of_iso_3166_and_un_m49() -> None:
    assert {
        row["iso_code"]: (row["iso3"], row["m49"]) for row in rows_of("member_states.csv")
    } == MEMBER_CODES
    assert {row["iso_code"]: (row["iso3"], row["m49"]) for row in rows_of("observers.csv")} == OBSERVER_CODES


def test_the_three_members_that_are_not_sovereign_keep_their_labels() -> None:
    labels = {row["iso_code"]: row["official_label"] for row in rows_of("member_states.csv")}
    assert labels["NC"] == "New Caledonia (France)"
    assert labels["HK"] == "Hong Kong SAR"
    assert labels["MO"] == "Macau SAR"


@pytest.mark.parametrize(
    ("iso_code", "label", "short_name"),
    [
        ("AF", "Afghanistan", "Afghanistan"),
        ("AU", "Australia", "Australia"),
        ("ID", "Indonesia", "Indonesia"),
        ("IR", "Iran (Islamic Republic of)", "Iran"),
        ("KP", "Democratic People's Republic of Korea", "DPRK"),
        ("KR", "Republic of Korea", "Republic of Korea"),
        ("LA", "Lao People's Democratic Republic", "Lao PDR"),
        ("SY", "Syrian Arab Republic", "Syria"),
        ("TR", "Türkiye", "Türkiye"),
        ("US", "United States of America", "USA"),
        ("VN", "Viet Nam", "Viet Nam"),
    ],
)
def test_labels_are_the_united_nations_short_names(iso_code: str, label: str, short_name: str) -> None:
    row = next(row for row in rows_of("member_states.csv") if row["iso_code"] == iso_code)
    assert (row["official_label"], row["short_name"]) == (label, short_name)
    assert row["source"].startswith("Label: UN countries taxonomy, Preferred Term")


def test_no_iati_reference_is_set_that_no_source_shows() -> None:
    assert [row["iso_code"] for row in rows_of("member_states.csv") if row["iati_reference"]] == []
    references = {row["short_name"]: row["iati_reference"] for row in rows_of("member_organisations.csv")}
    assert references == {"ILO": "", "IOM": "", "UNHCR": "XM-DAC-41121", "UNODC": ""}


def test_the_four_member_organisations_have_their_full_names() -> None:
    assert {row["short_name"]: row["name"] for row in rows_of("member_organisations.csv")} == {
        "ILO": "International Labour Organization",
        "IOM": "International Organization for Migration",
        "UNHCR": "Office of the United Nations High Commissioner for Refugees",
        "UNODC": "United Nations Office on Drugs and Crime",
    }


def test_observers_are_the_four_states_seen_and_no_members() -> None:
    assert {row["iso_code"]: row["name"] for row in rows_of("observers.csv")} == {
        "NL": "Netherlands",
        "RU": "Russian Federation",
        "ZA": "South Africa",
        "GB": "United Kingdom",
    }
    assert OBSERVERS.isdisjoint(MEMBER_STATES)


def test_the_office_itself_is_an_organisation() -> None:
    (row,) = rows_of("office.csv")
    assert (row["name"], row["short_name"]) == ("Regional Support Office of the Bali Process", "RSO")


def test_no_spelling_names_two_organisations() -> None:
    owners = Counter(name for name, _ in spellings())
    assert [name for name, count in owners.items() if count > 1] == []


def test_aliases_repeat_neither_each_other_nor_the_names() -> None:
    for file in ("member_states.csv", "member_organisations.csv", "observers.csv", "office.csv"):
        for row in rows_of(file):
            aliases = [alias for alias in row["aliases"].split(";") if row["aliases"]]
            names = [row.get("official_label") or row["name"], row["short_name"]]
            folded = {alias.casefold() for alias in aliases}
            assert "" not in folded, row
            assert len(folded) == len(aliases), row
            assert folded.isdisjoint(name.casefold() for name in names), row


@pytest.mark.parametrize(
    ("published", "organisation"),
    [
        ("Afghanistan, Government of", "AF"),
        ("Australia, Government of", "AU"),
        ("Japan, Government of", "JP"),
        ("Korea, Republic of", "KR"),
        ("Korea, Republic of, Government of", "KR"),
        ("United Arab Emirates, Government of", "AE"),
        ("United States of America, Government of", "US"),
        ("United States", "US"),
        ("Netherlands, Government of", "NL"),
        ("Russian Federation, Government of", "RU"),
        ("United Kingdom, Government of", "GB"),
        ("International Organization for Migration", "IOM"),
        ("United Nations High Commissioner for Refugees", "UNHCR"),
        ("United Nations High Commissioner for Refugees (UNHCR)", "UNHCR"),
    ],
)
def test_names_in_published_data_are_recognised(published: str, organisation: str) -> None:
    assert dict(spellings())[published.casefold()] == organisation


def test_working_groups_are_the_nine_bodies_each_once() -> None:
    rows = rows_of("working_groups.csv")
    assert {row["code"]: row["kind"] for row in rows} == {
        "BALI_PROCESS": "GOVERNANCE_BODY",
        "STEERING_GROUP": "GOVERNANCE_BODY",
        "AD_HOC_GROUP": "GOVERNANCE_BODY",
        "TRAFFICKING_IN_PERSONS": "WORKING_GROUP",
        "DISRUPTION_OF_NETWORKS": "WORKING_GROUP",
        "RETURNS_AND_REINTEGRATION": "WORKING_GROUP",
        "PLANNING_AND_PREPAREDNESS": "TASK_FORCE",
        "GOVERNMENT_AND_BUSINESS_FORUM": "FORUM",
        "CONSULTATION_MECHANISM": "CONSULTATION_MECHANISM",
    }
    assert len(rows) == 9
    assert len({row["name"] for row in rows}) == 9


def test_only_the_year_that_was_seen_is_stated() -> None:
    years = {row["code"]: row["established_year"] for row in rows_of("working_groups.csv")}
    assert {code: year for code, year in years.items() if year} == {"DISRUPTION_OF_NETWORKS": "2014"}


def test_every_membership_joins_an_organisation_and_a_group_that_exist() -> None:
    groups = {row["code"] for row in rows_of("working_groups.csv")}
    states = {row["iso_code"] for row in rows_of("member_states.csv") + rows_of("observers.csv")}
    organisations = states | {row["short_name"] for row in rows_of("member_organisations.csv")}
    rows = rows_of("memberships.csv")
    assert {row["organisation"] for row in rows} == organisations
    assert {row["group_code"] for row in rows} <= groups
    assert {row["role"] for row in rows} == {"MEMBER", "OBSERVER", "CO_CHAIR"}


def test_every_membership_is_stated_once_and_none_with_a_date_that_nobody_saw() -> None:
    rows = rows_of("memberships.csv")
    assert len(rows) == 86
    assert len({(row["organisation"], row["group_code"], row["role"]) for row in rows}) == 86
    assert {(row["starts_on"], row["ends_on"]) for row in rows} == {("", "")}


def test_the_bali_process_has_49_members_two_co_chairs_and_the_observers_seen() -> None:
    assert seats("BALI_PROCESS", "MEMBER") == MEMBER_STATES | MEMBER_ORGANISATIONS
    assert seats("BALI_PROCESS", "CO_CHAIR") == {"AU", "ID"}
    assert seats("BALI_PROCESS", "OBSERVER") == OBSERVERS


def test_steering_group_is_as_seen_for_2017_and_says_so() -> None:
    assert seats("STEERING_GROUP", "CO_CHAIR") == {"AU", "ID"}
    assert seats("STEERING_GROUP", "MEMBER") == {"NZ", "TH", "IOM", "UNHCR"}
    sources = [row["source"] for row in rows_of("memberships.csv") if row["group_code"] == "STEERING_GROUP"]
    assert len(sources) == 6
    assert [source for source in sources if "(S, 2017)" not in source] == []


def test_ad_hoc_group_has_16_states_and_three_organisations() -> None:
    assert len(AD_HOC_STATES) == 16
    assert seats("AD_HOC_GROUP", "MEMBER") == AD_HOC_STATES | {"IOM", "UNHCR", "UNODC"}
    assert seats("AD_HOC_GROUP", "CO_CHAIR") == set()


@pytest.mark.parametrize(
    ("group", "co_chairs"),
    [
        ("TRAFFICKING_IN_PERSONS", {"AU", "ID"}),
        ("DISRUPTION_OF_NETWORKS", {"NZ", "VN"}),
        ("RETURNS_AND_REINTEGRATION", {"AU", "PH"}),
    ],
)
def test_working_groups_have_the_co_chairs_seen_and_no_other_seats(group: str, co_chairs: set[str]) -> None:
    assert seats(group, "CO_CHAIR") == co_chairs
    assert seats(group, "MEMBER") == set()
    assert seats(group, "OBSERVER") == set()
