"""How values are written, and the pieces that pages are made of."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from jinja2 import Environment
from starlette.datastructures import QueryParams

from hub.web import templating
from tests.web.drawing import Page, piece

# ---------- filters ----------


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("1250000.00", "AUD 1,250,000.00"),
        ("5", "AUD 5"),
        ("0.000", "AUD 0.000"),
        (Decimal("1E+6"), "AUD 1,000,000"),
        ("-1250.50", "AUD \N{MINUS SIGN}1,250.50"),
        ("99999999999999999999.99", "AUD 99,999,999,999,999,999,999.99"),
        (1000, "AUD 1,000"),
    ],
)
def test_money_keeps_its_own_digits(amount: Decimal | str | int, shown: str) -> None:
    assert templating.format_money(amount, "AUD") == shown


@pytest.mark.parametrize("amount", [1.5, True, None])
def test_money_is_never_a_float(amount: Any) -> None:
    with pytest.raises(TypeError, match="an amount is a Decimal, a string or an int"):
        templating.format_money(amount, "AUD")


@pytest.mark.parametrize("amount", ["", "1,000", "NaN", "Infinity", "five"])
def test_money_is_a_finite_number(amount: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        templating.format_money(amount, "AUD")


def test_dates_are_written_in_words() -> None:
    assert templating.format_date("2026-11-23") == "23 November 2026"
    assert templating.format_date(date(2026, 1, 1)) == "1 January 2026"
    for value in ("2026-11-23T10:00:00Z", datetime(2026, 11, 23, tzinfo=UTC), "2026-02-30"):
        with pytest.raises(ValueError, match=r"instant|isoformat|day"):
            templating.format_date(value)


def test_instants_are_shown_in_utc() -> None:
    assert templating.format_instant("2026-11-23T00:05:00+07:00") == "22 November 2026, 17:05 UTC"
    assert templating.format_instant("2026-11-23T14:05:09.123456Z") == "23 November 2026, 14:05 UTC"
    with pytest.raises(ValueError, match="an instant needs an offset from UTC"):
        templating.format_instant("2026-11-23T14:05:00")


def test_enum_values_are_shown_in_words() -> None:
    names = ("PARTLY_RECEIVED", "IN_WORKPLAN", "CO_MANAGER", "FOCAL_POINT", "DRAFT")
    shown = ["Partly received", "In the work plan", "Co-Manager", "Focal point", "Draft"]
    assert [templating.label(name) for name in names] == shown


def test_counts_agree_with_their_nouns() -> None:
    counted = [templating.plural(count, "initiative") for count in (0, 1, 1204)]
    assert counted == ["0 initiatives", "1 initiative", "1,204 initiatives"]
    assert templating.plural(2, "country", "countries") == "2 countries"


def test_links_keep_the_filters_in_force() -> None:
    params = {"kind": ["TRAINING", "EVENT"], "search": "a&b", "after": "old", "empty": ""}
    link = "?kind=TRAINING&kind=EVENT&search=a%26b&before=new"
    assert templating.query_string(params, after=None, before="new") == link
    assert (
        templating.query_string(QueryParams("kind=A&kind=B&after=x"), after="y") == "?kind=A&kind=B&after=y"
    )
    assert templating.query_string({}) == "?"


# ---------- pieces ----------


def test_values_are_marked_up(templates: Environment) -> None:
    assert (
        piece(templates, "{{ state_tag('NOT_ENDORSED') }}")
        == '<span class="tag tag--red">Not endorsed</span>'
    )
    assert piece(templates, "{{ state_tag('DRAFT') }}") == '<span class="tag tag--grey">Draft</span>'
    assert piece(templates, "{{ money('5.00', 'AUD') }}") == '<bdi class="money">AUD 5.00</bdi>'
    assert (
        piece(templates, "{{ date('2026-11-23') }}") == '<time datetime="2026-11-23">23 November 2026</time>'
    )
    moment = '<time datetime="2026-11-23T14:05:00Z">23 November 2026, 14:05 UTC</time>'
    assert piece(templates, "{{ instant('2026-11-23T14:05:00Z') }}") == moment
    link = '<a class="reference" href="/x"><bdi>CON-2026-0107</bdi></a>'
    assert piece(templates, "{{ reference('CON-2026-0107', '/x') }}") == link
    unstated = '<span class="unstated">Not stated</span>'
    assert piece(templates, "{{ money(none, 'AUD') }}{{ date(none) }}{{ instant(none) }}") == unstated * 3


def test_a_table_has_a_caption_headed_columns_and_a_frame_to_scroll_in(templates: Environment) -> None:
    source = """{% call table("by-year", "By <year>", ["Year", ("Pledged", "number")]) %}
    <tr><th scope="row">2026</th><td class="number">5</td></tr>{% endcall %}"""
    page = Page(piece(templates, source))
    assert page.elements[0] == (
        "div",
        {"class": "table-frame", "role": "region", "aria-labelledby": "by-year-caption", "tabindex": "0"},
    )
    assert page.all("span") == [{"class": "table__title", "id": "by-year-caption"}]
    assert page.all("th")[:2] == [{"scope": "col"}, {"scope": "col", "class": "number"}]
    assert page.text == "By <year> Year Pledged 2026 5"


def test_lists_of_facts_escape_what_they_are_given(templates: Environment) -> None:
    source = """{{ summary_list([('Title', title), ('State', state_tag('DRAFT'))]) }}
    {{ figures([('All', 3, title)]) }}"""
    markup = piece(templates, source, title="<b>")
    assert markup.count("&lt;b&gt;") == 2
    assert "<b>" not in markup
    assert '<dd><span class="tag tag--grey">Draft</span></dd>' in markup


def test_a_success_is_announced(templates: Environment) -> None:
    source = "{% call notification('Saved', 'success') %}<p>Done.</p>{% endcall %}"
    page = Page(piece(templates, source))
    given = {"class": "notification notification--success", "aria-label": "Saved", "role": "status"}
    assert page.elements[0] == ("section", given)


@pytest.mark.parametrize(
    ("before", "after", "links"),
    [
        (False, False, []),
        (False, True, ["?kind=EVENT&after=last"]),
        (True, False, ["?kind=EVENT&before=first"]),
        (True, True, ["?kind=EVENT&before=first", "?kind=EVENT&after=last"]),
    ],
)
def test_pagination_leads_both_ways(
    templates: Environment, before: bool, after: bool, links: list[str]
) -> None:
    info = {"hasPreviousPage": before, "hasNextPage": after, "startCursor": "first", "endCursor": "last"}
    params = {"kind": "EVENT", "after": "here"}
    page = Page(piece(templates, "{{ pagination(info, params) }}", info=info, params=params))
    assert [link["href"] for link in page.all("a")] == links


def test_a_filter_asks_by_get_and_can_be_cleared(templates: Environment) -> None:
    page = Page(piece(templates, "{% call filter_panel('/initiatives') %}<p>x</p>{% endcall %}"))
    assert (page.all("form")[0]["method"], page.all("form")[0]["action"]) == ("get", "/initiatives")
    assert page.all("a") == [{"href": "/initiatives"}]
