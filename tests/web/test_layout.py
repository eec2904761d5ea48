"""The frame of every page: landmarks, headers, assets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, UndefinedError
from starlette.applications import Starlette
from starlette.testclient import TestClient

from hub.web import templating
from hub.web.templating import NAVIGATION, Assets, environment, html_page
from tests.web.drawing import MARK, PAGE, STYLESHEET, VIEWER, framed

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
