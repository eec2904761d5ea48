"""The pages that are read: what each shows to whom, in how many statements, and what it says of bad input."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from starlette.applications import Starlette

from hub.web.contributions.export import inert
from hub.web.contributions.figures import rows_of
from hub.web.listing import PAGE_SIZE
from hub.web.templating import grouped_number
from tests.conftest import Client
from tests.statements import recorded
from tests.web.browsing import PAGES, Shown, assert_whole
from tests.web.conftest import Visit

SOME = """query { initiatives(first: 1) { totalCount nodes { reference title } }
  proposals(first: 50, orderBy: { field: REFERENCE }) { totalCount nodes { reference title state } } }"""


@pytest.mark.parametrize("persona", [None, "partner", "co-manager-au", "staff", "admin"])
async def test_every_page_is_whole_for_everybody(visit: Visit, people: Client, persona: str | None) -> None:
    visitor = await visit(persona)
    some = await (await people(persona)).data(SOME)
    one = [f"/initiatives/{node['reference']}" for node in some["initiatives"]["nodes"]]
    seen = [f"/work/proposals/{node['reference']}" for node in some["proposals"]["nodes"]]
    for path in (*PAGES, *one, *seen):
        page = await visitor.open(path)
        assert page.status == 200, path
        assert_whole(page)
        cached = "no-cache" if persona is None else "private, no-store"
        assert page.response.headers["cache-control"] == cached


@pytest.mark.parametrize(
    "path", ["/", "/initiatives", "/contributions", "/work/proposals", "/work/proposals/new"]
)
async def test_a_page_costs_one_statement(app: Starlette, visit: Visit, path: str) -> None:
    for persona in (None, "partner", "co-manager-au"):
        visitor = await visit(persona)
        with recorded(app) as statements:
            await visitor.open(path)
        assert len(statements) == 1, statements


async def test_home_says_what_the_api_says(visit: Visit, people: Client) -> None:
    page = await (await visit(None)).open("/")
    data = await (await people(None)).data(
        """{ initiatives { totalCount } memberStates { totalCount } partners { totalCount }
        contributionSummary(groupBy: [CURRENCY]) {
          totals { currency received { amount } } } }"""
    )
    assert data["memberStates"]["totalCount"] == 45
    assert f"Initiatives {data['initiatives']['totalCount']} " in page.text
    assert "Member States 45 of the Bali Process" in page.text
    assert f"Partners {data['partners']['totalCount']} " in page.text
    totals = data["contributionSummary"]["totals"]
    assert len(totals) > 3
    for total in totals:
        received = grouped_number(total["received"]["amount"])
        assert f" {total['currency']} {received} " in page.text
    assert {"/demo/sign-in", "/graphiql", "/schema.graphql"} <= set(page.links)
    (example,) = [link for link in page.links if link.startswith("/graphql?query=")]
    answer = (await (await visit(None)).http.get(example)).json()
    assert answer["data"]["contributionSummary"]["groups"]


async def test_initiatives_are_filtered_as_the_api_filters_them(visit: Visit, people: Client) -> None:
    document = """query($f: InitiativeFilter) { initiatives(filter: $f) { totalCount }
      workingGroups { nodes { id } } }"""
    public, somebody = await visit(None), await people(None)
    group = (await somebody.data(document))["workingGroups"]["nodes"][0]["id"]
    filters: list[tuple[str, dict[str, Any]]] = [
        ("kind=TRAINING", {"kind": "TRAINING"}),
        ("kind=TRAINING&kind=GUIDE", {"kind": ["TRAINING", "GUIDE"]}),
        ("state=CLOSED&scope=REGIONAL", {"state": "CLOSED", "scope": "REGIONAL"}),
        ("workPlanYear=2025", {"workPlanYear": 2025}),
        ("search=training&kind=", {"search": "training"}),
        (f"workingGroup={group}", {"workingGroup": group}),
        ("search=nothinghasthisword", {"search": "nothinghasthisword"}),
    ]
    for query, given in filters:
        expected = (await somebody.data(document, f=given))["initiatives"]["totalCount"]
        page = await public.open(f"/initiatives?{query}")
        noun = "initiative" if expected == 1 else "initiatives"
        assert f" {expected} {noun} " in f" {page.text} ", query
        shown = [link for link in page.links if link.startswith("/initiatives/")]
        assert len(shown) == min(expected, PAGE_SIZE), query


async def test_pages_of_a_list_lead_through_all_of_it_and_back(visit: Visit) -> None:
    public = await visit(None)
    first = page = await public.open("/initiatives?orderBy=TITLE.ASC")
    total = int(re.search(r"(\d+) initiatives", page.text)[1])  # type: ignore[index]
    seen = references(page)
    pages = [seen]
    while following := [link for link in page.links if "after=" in link]:
        page = await public.open(f"/initiatives{following[0]}")
        pages.append(references(page))
        seen = seen + references(page)
    assert (len(seen), len(set(seen))) == (total, total)
    (previous,) = [link for link in page.links if "before=" in link]
    assert references(await public.open(f"/initiatives{previous}")) == pages[-2]
    assert not [link for link in first.links if "before=" in link]


def references(page: Shown) -> list[str]:
    return [link.rpartition("/")[2] for link in page.links if link.startswith("/initiatives/")]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("kind=FOO", "Kind: choose one of the list"),
        ("workPlanYear=next", "Work plan of: give a year, such as 2026"),
        ("workPlanYear=99999999999999999999", "Work plan of: give a year, such as 2026"),
        ("workingGroup=xyz", "Working group: this is not an id of the hub"),
        ("orderBy=NAME.UP", "Order: choose one of the list"),
        ("search=" + "a" * 300, "Search: give at most 200 characters"),
        ("search=%00", "Search: remove the NUL character"),
        ("after=nonsense", "That page of the list cannot be found in this order; this is the first one"),
        ("before=x&after=y", ""),
        ("kind=FOO&state=BAR&search=" + "a" * 300, "Kind: choose one of the list"),
    ],
)
async def test_a_bad_filter_is_named_and_the_page_stays_usable(
    visit: Visit, query: str, message: str
) -> None:
    page = await (await visit(None)).open(f"/initiatives?{query}")
    assert page.status == 200
    assert_whole(page)
    assert page.title.startswith("Error: ")
    assert "There is a problem" in page.text
    assert message in page.text
    assert len(references(page)) == PAGE_SIZE
    for target in (link for link in page.links if link.startswith("#field-")):
        assert target.removeprefix("#") in page.ids


async def test_one_bad_parameter_leaves_the_others_in_force(visit: Visit) -> None:
    public = await visit(None)
    good = await public.open("/initiatives?kind=TRAINING")
    mended = await public.open("/initiatives?kind=TRAINING&state=BAR&after=zzz")
    assert references(mended) == references(good)


async def test_what_is_hidden_is_not_found_like_what_does_not_exist(visit: Visit, people: Client) -> None:
    proposals = (await (await people("partner")).data(SOME))["proposals"]["nodes"]
    draft = next(p for p in proposals if p["state"] == "DRAFT")
    for path in ("", "/edit"):
        pages = []
        for visitor in (await visit(None), await visit("co-manager-au"), await visit("stakeholder")):
            for reference in (draft["reference"], "PRO-2026-9999"):
                page = await visitor.open(f"/work/proposals/{reference}{path}")
                assert page.status == 404
                assert_whole(page)
                assert draft["title"] not in page.html
                pages.append((page.title, page.headings))
        assert len({str(page) for page in pages}) == 1
    missing = await (await visit(None)).open("/initiatives/RSO-2026-999")
    assert (missing.status, missing.headings) == (404, ["Page not found"])


async def test_the_public_sees_no_proposal(visit: Visit, people: Client) -> None:
    page = await (await visit(None)).open("/work/proposals")
    assert "0 proposals" in page.text
    for proposal in (await (await people("staff")).data(SOME))["proposals"]["nodes"]:
        assert proposal["title"] not in page.html
        assert proposal["reference"] not in page.html


async def test_votes_are_seen_by_co_managers_and_not_by_the_proposer(visit: Visit, people: Client) -> None:
    document = (
        """{ proposals(first: 100) { nodes { reference organisation { shortName } votes { reasons } } } }"""
    )
    found = (await (await people("co-manager-au")).data(document))["proposals"]["nodes"]
    own = [p for p in found if p["votes"] and p["organisation"]["shortName"] == "Demo Alliance"]
    reasons = own[0]["votes"][0]["reasons"]
    path = f"/work/proposals/{own[0]['reference']}"
    seen = await (await visit("co-manager-id")).open(path)
    assert reasons in seen.text
    unseen = await (await visit("partner")).open(path)
    assert unseen.status == 200
    assert "Votes" not in unseen.text.split()
    assert not [form for form in unseen.forms if form.action.endswith("/vote")]


async def test_contributions_show_the_summary_of_the_api(visit: Visit, people: Client) -> None:
    groups = await summary(people, "YEAR")
    page = await (await visit(None)).open("/contributions?groupBy=YEAR&currency=AUD")
    assert_whole(page)
    assert page.tags.count("svg") == 1
    for group in groups:
        if group["currency"] == "AUD":
            row = f"{group['year']} {group['contributionCount']} "
            assert row in page.text
    assert "JPY" not in page.html.split("<table")[1]


async def summary(people: Client, dimension: str) -> list[dict[str, Any]]:
    document = """query($by: [ContributionDimension!]!) { contributionSummary(groupBy: $by) {
      groups(first: 1000) { year kind state currency provider { shortName } contributionCount
      pledged { amount } committed { amount } received { amount } allocated { amount } } } }"""
    data = await (await people(None)).data(document, by=[dimension, "CURRENCY"])
    groups: list[dict[str, Any]] = data["contributionSummary"]["groups"]
    return groups


@pytest.mark.parametrize("dimension", ["YEAR", "KIND", "STATE", "PROVIDER"])
async def test_the_csv_has_what_the_api_gives(visit: Visit, people: Client, dimension: str) -> None:
    response = await (await visit(None)).http.get(f"/contributions.csv?groupBy={dimension}")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    named = f'attachment; filename="contributions-{dimension.lower()}.csv"'
    assert response.headers["content-disposition"] == named
    assert response.content.startswith(b"\xef\xbb\xbf")
    heading, *rows = csv.reader(io.StringIO(response.content.decode("utf-8-sig")))
    amounts = ["Pledged", "Committed", "Received", "Allocated"]
    assert heading == [dimension.capitalize(), "Currency", "Contributions", *amounts]
    groups = await summary(people, dimension)
    assert len(rows) == len(groups) > 5
    expected = {
        (g["currency"], str(g["contributionCount"]), *(g[a.lower()]["amount"] for a in amounts))
        for g in groups
    }
    assert {tuple(row[1:]) for row in rows} == expected


async def test_the_csv_of_one_currency_has_no_other(visit: Visit) -> None:
    response = await (await visit(None)).http.get("/contributions.csv?groupBy=STATE&currency=AUD")
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert {row[1] for row in rows[1:]} == {"AUD"}


@pytest.mark.parametrize("query", ["currency=XXX", "currency=%00", "groupBy=INITIATIVE", "groupBy=<b>"])
async def test_a_bad_choice_on_the_dashboard_is_named(visit: Visit, query: str) -> None:
    public = await visit(None)
    page = await public.open(f"/contributions?{query}")
    assert page.status == 200
    assert_whole(page)
    assert "choose one of the list" in page.text
    assert page.tags.count("svg") == 1
    assert (await public.http.get(f"/contributions.csv?{query}")).status_code == 200


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_of_text_is_a_formula(start: str) -> None:
    assert inert(f"{start}1+1") == f"'{start}1+1"
    assert inert("Demo = Alliance") == "Demo = Alliance"


def test_two_providers_of_one_name_stay_two_rows() -> None:
    amounts = {name: {"amount": "1.00"} for name in ("pledged", "committed", "received", "allocated")}
    group = {"currency": "AUD", "provider": {"shortName": "Same"}, "contributionCount": 1, **amounts}
    unnamed = group | {"provider": None}
    rows = rows_of([group, group, unnamed, group | {"currency": "USD"}], "PROVIDER")
    assert [row.label for row in rows] == ["Same", "Same (2)", "Not named", "Same"]


async def test_where_nothing_is_contributed_the_dashboard_says_so(visit: Visit, app: Starlette) -> None:
    async def empty(*_: Any, **__: Any) -> dict[str, Any]:
        nothing: dict[str, list[Any]] = {"totals": [], "groups": []}
        return {"data": {"viewer": None, "everything": nothing, "contributionSummary": nothing}}

    app.state.execute = empty
    page = await (await visit(None)).open("/contributions")
    assert "No contribution that you may see has been recorded yet." in page.text
    assert (await (await visit(None)).http.get("/contributions.csv")).status_code == 200
