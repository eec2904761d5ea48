"""A browser without pixels: opens pages of the application with a cookie, reads and sends their forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx

from hub.web.templating import CONTENT_SECURITY_POLICY

# What everybody may open.
PAGES = (
    "/",
    "/initiatives",
    "/contributions",
    "/work/proposals",
    "/work/proposals/new",
    "/demo/sign-in",
)
VOID = {"input", "meta", "link", "img", "br", "hr"}


@dataclass
class SentForm:
    """A form of a page with the values that it would send."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)


class Shown(HTMLParser):
    """A page as it was answered."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(convert_charrefs=True)
        self.response = response
        self.status = response.status_code
        self.html = response.text
        self.words: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.forms: list[SentForm] = []
        self.headings: list[str] = []
        self._open: list[str] = []
        self._textarea = self._select = ""
        self.title = ""
        self.feed(response.text)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def form(self, action: str) -> SentForm:
        """The form with the action; KeyError where the page has none."""
        for form in self.forms:
            if form.action == action:
                return form
        raise KeyError(f"no form {action}; there are {[form.action for form in self.forms]}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.attributes.update(given)
        if tag not in VOID:
            self._open.append(tag)
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a":
            self.links.append(given["href"])
        if tag == "form":
            self.forms.append(SentForm(given.get("action", ""), given.get("method", "get")))
        if tag == "h1":
            self.headings.append("")
        self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        if not self.forms:
            return
        values = self.forms[-1].values
        is_choice = given.get("type") in ("radio", "checkbox")
        if tag == "input" and (not is_choice or "checked" in given):
            values[given["name"]] = given.get("value", "")
        elif tag == "textarea":
            self._textarea = given["name"]
            values[self._textarea] = ""
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and ("selected" in given or self._select not in values):
            values[self._select] = given["value"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # A browser drops the one line end after the tag.
            values = self.forms[-1].values
            values[self._textarea] = values[self._textarea].removeprefix("\n")
            self._textarea = ""
        assert self._open.pop() == tag, f"</{tag}> is out of place"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.forms[-1].values[self._textarea] += data
        elif self._open and self._open[-1] == "title" and "svg" not in self._open:
            self.title += data
        else:
            self.words.append(data)
            if "h1" in self._open:
                self.headings[-1] += data


class Visitor:
    """Somebody at the portal, with the cookie of a persona or none."""

    def __init__(self, http: httpx.AsyncClient, secret: str | None) -> None:
        self.http, self.secret = http, secret

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": f"hub_session={self.secret}"} if self.secret else {}

    async def open(self, path: str) -> Shown:
        """The page at the path."""
        return self._shown(await self.http.get(path, headers=self.headers))

    async def send(self, form: SentForm, **typed: str) -> Shown:
        """The page after the form was sent with what was typed ("vote__reasons" for "vote.reasons")."""
        named = {name.replace("__", "."): value for name, value in typed.items()}
        return self._shown(await self.http.post(form.action, data=form.values | named, headers=self.headers))

    def _shown(self, response: httpx.Response) -> Shown:
        """The page. The client is shared, so it keeps no cookie of one visitor for another."""
        self.http.cookies.clear()
        return Shown(response)

    async def follow(self, page: Shown) -> Shown:
        """Where a redirect leads."""
        assert page.status == 303, page.text
        return await self.open(page.response.headers["location"])


def assert_whole(page: Shown) -> None:
    """What every page of the portal has."""
    assert len(page.headings) == 1, page.headings
    assert page.headings[0].strip()
    assert page.title.endswith(" – Regional Support Office collaboration hub")
    assert [page.tags.count(tag) for tag in ("html", "header", "main", "footer")] == [1, 1, 1, 1]
    assert len(page.ids) == len(set(page.ids)), sorted(i for i in page.ids if page.ids.count(i) > 1)
    assert "script" not in page.tags
    assert not [name for name in page.attributes if name == "style" or name.startswith("on")]
    headers = page.response.headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["vary"] == "Cookie"
