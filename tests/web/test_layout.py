"""The frame of every page: landmarks, headers, assets, filters, and colours that everyone can read."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, UndefinedError
from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.testclient import TestClient

from hub.web import templating
from hub.web.charts import COLOURS, INK
from hub.web.templating import ASSET_FOLDER, NAVIGATION, Assets, environment, html_page

STYLESHEET = (ASSET_FOLDER / "base.css").read_text(encoding="utf-8")
MARK = (ASSET_FOLDER / "mark.svg").read_text(encoding="utf-8")
VOID = {"meta", "link", "img", "input", "br", "hr"}
VIEWER = {
    "name": "Wita <Example>",
    "organisation": {"shortName": "Indonesia"},
    "roles": ["FOCAL_POINT", "CO_MANAGER"],
}
PAGE = """{% extends "layout/base.html" %}
{% block title %}Initiatives{% endblock %}
{% block main %}<h1>Initiatives</h1>{% endblock %}"""
PIECES = """{% from "layout/macros.html" import state_tag, money, date, instant, reference, notification,
  summary_list, figures, table, pagination, filter_panel %}"""


class Page(HTMLParser):
    """The elements of a page; AssertionError where tags do not nest."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(markup)
        self.close()
        assert self.open == [], self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len(dict(attrs)), (tag, attrs)
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        self.words += data.split()

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return " ".join(self.words)


@pytest.fixture(scope="module")
def templates() -> Environment:
    return environment(Assets.load())


def framed(templates: Environment, **context: Any) -> Page:
    given = {"viewer": None, "is_demonstration": False, "can_sign_in": False, "path": "/"} | context
    return Page(templates.from_string(PAGE).render(given))


def piece(templates: Environment, source: str, **context: Any) -> str:
    markup = templates.from_string(PIECES + source).render(context).strip()
    Page(markup)
    return markup


# ---------- the frame ----------


def test_page_has_language_title_and_a_skip_link_that_leads_to_main(templates: Environment) -> None:
    page = framed(templates)
    assert page.elements[0] == ("html", {"lang": "en", "dir": "ltr"})
    assert page.text.startswith("Initiatives – Regional Support Office collaboration hub")
    assert page.all("a")[0] == {"class": "skip-link", "href": "#main"}
    assert [main["id"] for main in page.all("main")] == ["main"]
    assert [len(page.all(tag)) for tag in ("header", "nav", "main", "footer", "h1")] == [1, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("/", {"Home": "page"}),
        ("/initiatives", {"Initiatives": "page"}),
        ("/initiatives/RSO-2026-014", {"Initiatives": "true"}),
        ("/initiatives-old", {}),
        ("/demo/sign-in", {}),
    ],
)
def test_navigation_marks_where_one_is(templates: Environment, path: str, marked: dict[str, str]) -> None:
    links = {link["href"]: link.get("aria-current") for link in framed(templates, path=path).all("a")}
    assert {item.label for item in NAVIGATION} == {"Home", "Initiatives", "Contributions", "Proposals"}
    assert {item.label: links[item.href] for item in NAVIGATION if links[item.href]} == marked


def test_who_is_signed_in_is_named_and_signs_out_by_post(templates: Environment) -> None:
    page = framed(templates, viewer=VIEWER, is_demonstration=True)
    assert "Signed in as Wita <Example> Indonesia , Focal point, Co-Manager Sign out" in page.text
    assert [(form["method"], form["action"]) for form in page.all("form")] == [("post", "/auth/logout")]
    assert "/demo/sign-in" not in [link["href"] for link in page.all("a")]


def test_a_viewer_without_organisation_or_role_is_named_all_the_same(templates: Environment) -> None:
    page = framed(templates, viewer={"name": "Wita", "organisation": None, "roles": []})
    assert "Signed in as Wita Sign out" in page.text


def test_a_demonstration_says_so_and_offers_to_sign_in(templates: Environment) -> None:
    page = framed(templates, is_demonstration=True)
    said = "This is a demonstration. The data is invented, but for what was imported from a named source."
    assert f"Demonstration {said}" in page.text
    assert "/demo/sign-in" in [link["href"] for link in page.all("a")]


def test_who_can_sign_in_at_a_provider_is_offered_to_and_comes_back(templates: Environment) -> None:
    page = framed(templates, can_sign_in=True, path="/work/proposals")
    links = [link["href"] for link in page.all("a")]
    assert "/auth/login?next=/work/proposals" in links
    assert "/auth/login" not in str([link["href"] for link in framed(templates).all("a")])


def test_outside_a_demonstration_nothing_speaks_of_one(templates: Environment) -> None:
    page = framed(templates)
    assert "demo" not in page.text.lower()
    assert all("demo" not in (link["href"] or "") for link in page.all("a"))


def test_footer_leads_to_the_api(templates: Environment) -> None:
    links = [link["href"] for link in framed(templates).all("a")]
    assert links[-1] == "/schema.graphql"
    assert "/graphiql" not in links
    shown = [link["href"] for link in framed(templates, is_demonstration=True).all("a")]
    assert shown[-2:] == ["/graphiql", "/schema.graphql"]


def test_no_page_has_what_its_policy_forbids(templates: Environment) -> None:
    page = framed(templates, viewer=VIEWER, is_demonstration=True)
    assert not page.all("script")
    assert not page.all("style")
    assert [
        name for _, given in page.elements for name in given if name == "style" or name.startswith("on")
    ] == []
    for folder in (templating.WEB_FOLDER / "layout").glob("*.html"):
        assert not re.search(r"\sstyle=|<style|<script|\son[a-z]+=", folder.read_text(encoding="utf-8"))


def test_a_name_that_was_not_given_is_an_error(templates: Environment) -> None:
    with pytest.raises(UndefinedError, match="'is_demonstration' is undefined"):
        templates.from_string(PAGE).render(viewer=None, path="/")


def test_right_to_left_is_one_attribute(templates: Environment) -> None:
    assert framed(templates, lang="ar", dir="rtl").elements[0] == ("html", {"lang": "ar", "dir": "rtl"})


# ---------- headers and assets ----------


@pytest.mark.parametrize(("viewer", "caching"), [(None, "no-cache"), (VIEWER, "private, no-store")])
def test_html_carries_its_headers(viewer: dict[str, Any] | None, caching: str) -> None:
    source = environment(Assets.load())
    answer = html_page(source, "layout/macros.html", {"viewer": viewer}, status_code=404)
    assert (answer.status_code, answer.media_type) == (404, "text/html")
    assert {name: answer.headers[name] for name in templating.html_headers(is_signed_in=False)} == {
        "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": caching,
        "Vary": "Cookie",
    }


def test_assets_are_served_under_their_hash_for_ever(templates: Environment) -> None:
    client = TestClient(Starlette(routes=[Assets.load().route()]))
    links = framed(templates).all("link")
    assert [link["rel"] for link in links] == ["icon", "stylesheet"]
    mark, stylesheet = (client.get(link["href"] or "") for link in links)
    assert stylesheet.text == STYLESHEET
    assert mark.text == MARK
    assert stylesheet.headers["Content-Type"] == "text/css; charset=utf-8"
    assert mark.headers["Content-Type"] == "image/svg+xml"
    for answer in (mark, stylesheet):
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "name", ["base.css", "base.0000000000000000.css", "..%2Ftemplating.py", "", "a/b.css"]
)
def test_no_other_name_is_served(name: str) -> None:
    assert TestClient(Starlette(routes=[Assets.load().route()])).get(f"/assets/{name}").status_code == 404


def test_a_changed_asset_gets_another_address(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a{}")
    before = Assets.load(tmp_path).url("a.css")
    (tmp_path / "a.css").write_text("b{}")
    assert Assets.load(tmp_path).url("a.css") != before
    with pytest.raises(KeyError, match=r"missing\.css"):
        Assets.load(tmp_path).url("missing.css")
    (tmp_path / "a.exe").write_text("")
    with pytest.raises(ValueError, match=r"no media type is known for the asset a\.exe"):
        Assets.load(tmp_path)


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


def test_every_tone_has_its_rule_in_the_stylesheet() -> None:
    assert set(templating.TONES.values()) == {"green", "blue", "amber", "red"}
    assert all(f".tag--{tone} " in STYLESHEET for tone in templating.TONES.values())
    states = [state for states in templating._STATES_BY_TONE.values() for state in states.split()]
    assert len(states) == len(set(states))


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


# ---------- the stylesheet ----------

RULES = re.sub(r"/\*.*?\*/", "", STYLESHEET, flags=re.DOTALL)
COLOUR = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", RULES))
GROUNDS = {name: value for name, value in COLOUR.items() if name.endswith("-paper")}
# Text that stands on another ground than the one it is named after.
TEXT_ON = {
    "muted-ink": ("page-paper", "panel-paper"),
    "link-ink": ("page-paper", "panel-paper", "banner-paper"),
    "link-hover-ink": ("page-paper", "panel-paper", "banner-paper"),
    "link-visited-ink": ("page-paper", "panel-paper", "banner-paper"),
    "page-ink": ("page-paper", "panel-paper"),
    "error-ink": ("error-paper", "page-paper", "panel-paper"),
}
# What is not text but must be seen: edges of controls, the mark of the current page, frames of notices.
EDGES_ON = {
    "input-edge": ("page-paper", "panel-paper"),
    "accent-edge": ("page-paper", "panel-paper", "nav-paper"),
    "button-paper": ("page-paper", "panel-paper"),
    "warning-button-paper": ("page-paper",),
    "info-paper": ("page-paper",),
    "success-paper": ("page-paper",),
    "header-ink": ("header-paper",),
}
DECORATION = {"rule"}


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def text_pairs() -> list[tuple[str, str]]:
    own = [(name, f"{name.removesuffix('-ink')}-paper") for name in COLOUR if name.endswith("-ink")]
    named = [(ink, paper) for ink, paper in own if paper in COLOUR]
    return sorted({*named, *((ink, paper) for ink, papers in TEXT_ON.items() for paper in papers)})


def test_contrast_is_reckoned_as_wcag_defines_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize(("ink", "paper"), text_pairs())
def test_text_has_the_contrast_of_wcag_aa(ink: str, paper: str) -> None:
    assert contrast(COLOUR[ink], COLOUR[paper]) >= 4.5


@pytest.mark.parametrize(
    ("edge", "paper"), [(edge, paper) for edge, papers in EDGES_ON.items() for paper in papers]
)
def test_controls_have_the_contrast_of_wcag_aa(edge: str, paper: str) -> None:
    assert contrast(COLOUR[edge], COLOUR[paper]) >= 3


@pytest.mark.parametrize("paper", GROUNDS)
def test_one_of_the_two_focus_rings_shows_on_every_ground(paper: str) -> None:
    rings = (COLOUR["focus-outer"], COLOUR["focus-inner"])
    assert max(contrast(ring, COLOUR[paper]) for ring in rings) >= 3
    assert contrast(*rings) >= 3


@pytest.mark.parametrize("colour", COLOURS)
def test_chart_colours_are_seen_on_the_page_and_differ_from_its_text(colour: str) -> None:
    assert contrast(colour, COLOUR["page-paper"]) >= 3
    assert contrast(INK, COLOUR["page-paper"]) >= 4.5


def test_every_colour_is_a_property_that_a_contrast_test_covers() -> None:
    used = set(re.findall(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|oklch)a?\(", RULES.partition("}")[2]))
    assert used == set()
    covered = {name for pair in text_pairs() for name in pair} | set(EDGES_ON) | DECORATION
    assert set(COLOUR) - covered == {"focus-outer", "focus-inner"}
    read = set(re.findall(r"var\(--([\w-]+)\)", RULES))
    assert read - set(COLOUR) == {"gap", "measure"}
    assert set(COLOUR) - read == set()


def test_a_rule_that_sets_two_colours_sets_a_pair() -> None:
    for body in re.findall(r"\{([^{}]*)\}", RULES):
        ink = re.search(r"(?<![\w-])color: var\(--([\w-]+)\)", body)
        paper = re.search(r"background: var\(--([\w-]+)\)", body)
        if ink and paper:
            assert (ink[1], paper[1]) in text_pairs(), body


def test_stylesheet_is_small_and_asks_nobody_else_for_anything() -> None:
    assert len(STYLESHEET.encode()) < 20_000
    assert not re.search(r"url\(|@import|@font-face|https?:", RULES)
    assert RULES.count("{") == RULES.count("}")


def test_directions_are_logical_so_that_right_to_left_mirrors_the_page() -> None:
    sides = "(?:left|right|top|bottom)"
    physical = rf"(?<![\w-])(?:(?:margin|padding|border)-{sides}|{sides}:|float:)"
    assert re.findall(physical, RULES) == []
    assert re.findall(r"text-align: (?:left|right)", RULES) == ["text-align: right"]
    assert ".table .number { text-align: right;" in RULES


def test_stylesheet_answers_print_motion_and_small_screens() -> None:
    for condition in (
        "print",
        "(prefers-reduced-motion: reduce)",
        "(forced-colors: active)",
        "(max-width: 36rem)",
    ):
        assert f"@media {condition} {{" in RULES
    outside = re.sub(r"@media \(prefers-reduced-motion[^{]*\{(?:[^{}]*\{[^{}]*\})*\s*\}", "", RULES)
    assert not re.search(r"(?:transition|animation|scroll-behavior):", outside)


def test_every_class_of_the_layout_has_its_rule() -> None:
    known = set(re.findall(r"\.([a-z][\w-]*)", RULES))
    layouts = "".join(
        file.read_text(encoding="utf-8") for file in (templating.WEB_FOLDER / "layout").glob("*.html")
    )
    written = {
        name
        for value in re.findall(r'class="([^"]*)"', layouts)
        for name in re.sub(r"\{[%{].*?[%}]\}", " ", value).split()
        if not name.endswith("--")
    }
    assert written - known == set()


def test_the_mark_is_plain_drawing() -> None:
    assert not re.search(r"\sstyle=|<style|<script|href|on\w+=", MARK)
    light, dark = sorted(set(re.findall(r"#[0-9a-f]{6}", MARK)), reverse=True)
    assert contrast(light, dark) >= 3
