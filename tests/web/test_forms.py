"""The form promises: nothing typed is lost, and every problem leads to its field."""

from __future__ import annotations

from html.parser import HTMLParser
from io import BytesIO
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment
from starlette.applications import Starlette
from starlette.datastructures import FormData, QueryParams, UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from hub.web.forms import FieldProblem, Form, ProblemRecord, posted_form
from hub.web.templating import Assets, environment

FIELDS = ("title", "summary", "budget.amount", "budget.currency", "scope", "purposes", "startsOn")
TEMPLATE = """
{% from "layout/macros.html" import field, error_summary %}
{{ error_summary(form.problems) }}
{{ field(form, "title", "Title", hint="In one sentence.") }}
{{ field(form, "summary", "Summary", kind="textarea") }}
{{ field(form, "budget.amount", "Amount", kind="number") }}
{{ field(form, "budget.currency", "Currency", kind="select", options=currencies) }}
{{ field(form, "scope", "Scope", kind="radios", options=scopes) }}
{{ field(form, "purposes", "Purposes", kind="checkboxes", options=purposes) }}
{{ field(form, "startsOn", "Starts on", kind="date", is_optional=true) }}
"""
OPTIONS = {
    "currencies": [("AUD", "Dollar"), ("IDR", "Rupiah")],
    "scopes": [("BILATERAL", "Two"), ("REGIONAL", "All", "Every Member.")],
    "purposes": [("1", "One"), ("2", "Two"), ("3", "Three")],
}


class Browser(HTMLParser):
    """Reads a form back as a browser would send it, with the ids and descriptions of its controls."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.labelled: list[str] = []
        self.described: dict[str, list[str]] = {}
        self.invalid: list[str] = []
        self._area: tuple[str, str] | None = None
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if "href" in given else []
        self.labelled += [given["for"]] if "for" in given else []
        if "aria-describedby" in given:
            self.described[given.get("id", tag)] = given["aria-describedby"].split()
        if "aria-invalid" in given:
            self.invalid.append(given["id"])
        if tag == "textarea":
            self._area = (given["name"], "")
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and "selected" in given:
            self.sent.append((self._select, given["value"]))
        elif tag == "input" and (given["type"] not in ("radio", "checkbox") or "checked" in given):
            self.sent.append((given["name"], given["value"]))

    def handle_data(self, data: str) -> None:
        if self._area:
            self._area = (self._area[0], self._area[1] + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area:
            name, text = self._area
            self.sent.append((name, text.removeprefix("\n")))
            self._area = None


@pytest.fixture(scope="module")
def templates() -> Environment:
    return environment(Assets.load())


def rendered(templates: Environment, form: Form) -> str:
    return templates.from_string(TEMPLATE).render(OPTIONS, form=form)


def shown(templates: Environment, form: Form) -> Browser:
    return Browser(rendered(templates, form))


def problem(*path: str, message: str = "Wrong") -> ProblemRecord:
    return {"path": list(path), "code": "WRONG", "message": message}


TYPED = {
    "title": ['Joint <training> & "more" {{ 7 * 7 }}'],
    "summary": ["\n\nFirst line\n  </textarea><script>\nlast\n"],
    "budget.amount": [" -5,00 "],
    "budget.currency": ["IDR"],
    "scope": ["REGIONAL"],
    "purposes": ["1", "3"],
    "startsOn": ["2026-02-31"],
}


def test_a_refused_form_comes_back_with_everything_that_was_typed(templates: Environment) -> None:
    pairs: list[tuple[str, str | UploadFile]] = [
        (name, value) for name, values in TYPED.items() for value in values
    ]
    form = Form.read(FIELDS, FormData(pairs)).with_problems([problem("input", "title")])
    assert shown(templates, form).sent == pairs


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0")))
def test_any_text_survives_being_shown_again(text: str) -> None:
    form = Form.filled(FIELDS, {"summary": text, "title": text})
    page = shown(environment(Assets.load()), form)
    assert dict(page.sent)["summary"] == text
    assert dict(page.sent)["title"] == text


def test_line_ends_are_kept_as_typed_not_as_sent() -> None:
    form = Form.read(("summary",), FormData([("summary", "one\r\ntwo\r\n")]))
    assert form.value("summary") == "one\ntwo\n"


def test_what_was_not_sent_is_empty_and_what_was_not_asked_is_left_out() -> None:
    form = Form.read(("title", "scope"), FormData([("title", "  x "), ("other", "y")]))
    assert (form.value("title"), form.given("title")) == ("  x ", "x")
    assert (form.value("scope"), form.given("scope"), form.chosen("scope")) == ("", None, ())
    assert form.values == {"title": ("  x ",)}
    with pytest.raises(KeyError, match="the form has no field other"):
        form.value("other")


def test_a_query_string_is_read_like_a_form() -> None:
    form = Form.read(("purposes", "title"), QueryParams("purposes=1&purposes=2&title=a"))
    assert (form.chosen("purposes"), form.value("title")) == (("1", "2"), "a")


def test_a_draft_opens_with_its_values() -> None:
    form = Form.filled(FIELDS, {"title": "Draft", "purposes": ["1", "2"], "startsOn": None})
    assert (form.value("title"), form.chosen("purposes"), form.value("startsOn")) == ("Draft", ("1", "2"), "")
    with pytest.raises(KeyError, match="the form has no field titel"):
        Form.filled(FIELDS, {"titel": "Draft"})


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (["input", "title"], "title"),
        (["title"], "title"),
        (["input", "budget", "amount"], "budget.amount"),
        (["input", "budget", "amount", "digits"], "budget.amount"),
        (["input", "budget"], "budget.amount"),
        (["input", "purposes", "0"], "purposes"),
        (["input", "period", "start"], "startsOn"),
        (["input", "titles"], None),
        (["input"], None),
        ([], None),
    ],
)
def test_a_problem_finds_its_field(path: list[str], field: str | None) -> None:
    form = Form(FIELDS).with_problems([problem(*path)], names={"period.start": "startsOn"})
    said = "Titles: Wrong" if path == ["input", "titles"] else "Wrong"
    assert form.problems == (FieldProblem(field, "WRONG", said),)


def test_a_problem_stands_at_the_innermost_field() -> None:
    form = Form(("budget", "budget.amount")).with_problems([problem("input", "budget", "amount")])
    assert [found.field for found in form.problems] == ["budget.amount"]


def test_problems_stand_in_the_order_of_the_page_the_whole_form_first() -> None:
    form = Form(FIELDS).with_problems(
        [problem("startsOn"), problem("title", message="One"), problem(), problem("title", message="Two")]
    )
    assert [found.field for found in form.problems] == [None, "title", "title", "startsOn"]
    assert form.errors("title") == ("One", "Two")
    assert form.has_problems
    assert not Form(FIELDS).has_problems


def test_the_summary_leads_to_each_field_and_each_field_tells_its_problem(templates: Environment) -> None:
    form = Form(FIELDS).with_problems([problem("input", name) for name in FIELDS if "." not in name])
    form = form.with_problems([problem("input", *name.split("."), message=f"<{name}>") for name in FIELDS])
    page = shown(templates, form)
    assert page.links == [f"#field-{name.replace('.', '-')}" for name in FIELDS]
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links} <= set(page.ids)
    assert page.described["field-title"] == ["field-title-hint", "field-title-error"]
    assert page.described["field-budget-amount"] == ["field-budget-amount-error"]
    assert {target for targets in page.described.values() for target in targets} <= set(page.ids)
    controls = {
        f"field-{name}" for name in ("title", "summary", "budget-amount", "budget-currency", "startsOn")
    }
    assert set(page.invalid) == controls
    markup = rendered(templates, form)
    assert markup.count("&lt;budget.amount&gt;") == 2


def test_a_message_says_what_it_is_about(templates: Environment) -> None:
    form = Form(FIELDS).with_problems(
        [problem(message="the call has closed"), problem("title", message="give a title, not 'IDR'")]
    )
    source = '{% from "layout/macros.html" import error_summary, field %}'
    summary = "{{ error_summary(form.problems, labels) }}"
    labelled = templates.from_string(source + summary).render(form=form, labels={"title": "Title"})
    assert "<li>The call has closed</li>" in labelled
    assert '<a href="#field-title">Title: give a title, not &#39;IDR&#39;</a>' in labelled
    beside = rendered(templates, form)
    assert '<a href="#field-title">Give a title, not &#39;IDR&#39;</a>' in beside
    assert '<span class="visually-hidden">Error: </span>Give a title, not &#39;IDR&#39;</p>' in beside


def test_a_form_without_problems_shows_none(templates: Environment) -> None:
    markup = rendered(templates, Form(FIELDS))
    assert "error" not in markup
    assert set(Browser(markup).labelled) <= set(Browser(markup).ids)


async def _echo(request: Request) -> JSONResponse:
    form = await posted_form(request, ("title", "purposes"))
    return JSONResponse({name: list(values) for name, values in form.values.items()})


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(Starlette(routes=[Route("/", _echo, methods=["POST"])]))


def test_a_posted_form_is_read(client: TestClient) -> None:
    body = urlencode([("title", "Dili – Kupang\r\n"), ("purposes", "1"), ("purposes", "2")])
    sent = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
    answer = client.post("/", content=body, headers=sent)
    assert answer.json() == {"title": ["Dili – Kupang\n"], "purposes": ["1", "2"]}


@pytest.mark.parametrize(
    "content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""]
)
def test_another_kind_of_body_is_refused(client: TestClient, content_type: str) -> None:
    answer = client.post("/", content=b"title=x", headers={"Content-Type": content_type})
    assert (answer.status_code, answer.text) == (415, "send the form as application/x-www-form-urlencoded")


def test_a_file_is_never_taken_for_text() -> None:
    upload = UploadFile(file=BytesIO(b"x"), filename="x.txt")
    with pytest.raises(TypeError, match="a form of this portal carries no files"):
        Form.read(("title",), FormData([("title", upload)]))


@pytest.mark.parametrize(
    ("typed", "number"),
    [("12", 12), (" 7 ", 7), ("", None), ("-1", "-1"), ("1.5", "1.5"), ("x", "x"), ("1" * 5000, "1" * 5000)],
)
def test_a_whole_number_is_one_and_anything_else_stays_as_typed(typed: str, number: object) -> None:
    assert Form.filled(("version",), {"version": typed}).number("version") == number


def test_what_cannot_be_read_is_said_in_the_words_of_its_field() -> None:
    form = Form(("startsOn", "kind"))
    problems: list[ProblemRecord] = [
        {"path": ["input", "startsOn"], "code": "MALFORMED", "message": "general"},
        {"path": ["input", "kind"], "code": "MALFORMED", "message": "general"},
        {"path": ["input", "startsOn"], "code": "OUT_OF_RANGE", "message": "too early"},
    ]
    shown = form.with_problems(problems, malformed={"startsOn": "write it as 2027-03-01"})
    assert shown.errors("startsOn") == ("write it as 2027-03-01", "too early")
    assert shown.errors("kind") == ("general",)
