"""A banner says that something was done: to whoever has just done it, and by no address that one writes."""

from __future__ import annotations

import re
import uuid
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest
from starlette.applications import Starlette

import hub.web
from hub.web.done import DoneSeal
from hub.web.partner.page import DEEDS as PARTNER
from hub.web.people.page import DEEDS as PEOPLE
from hub.web.person.page import DEEDS as PERSON
from hub.web.proposal_actions.forms import BY_SLUG
from hub.web.role.page import DEEDS as ROLE
from hub.web.vetting_application.page import DEEDS as APPLICATION
from tests.web.browsing import Shown, Visitor
from tests.web.conftest import Visit

WEB = Path(hub.web.__file__).parent
SLUGS = {
    *BY_SLUG,
    *(deed.slug for deed in (*PEOPLE, *PARTNER, *PERSON, *ROLE, *APPLICATION)),
    *("1", "draft", "saved", "registered", "revoke"),
}
PAGES = {
    "/work/proposals": r'href="(/work/proposals/PRO-[^"]+)"',
    "/work/partners": r'href="(/work/partners/(?!new)[^"]+)"',
    "/work/vetting": r'href="(/work/vetting/VET-[^"]+)"',
    "/account/people": r'href="(/account/people/[^"]+)"',
    "/account/roles": r'href="(/account/roles/[^"]+)"',
    "/account/sessions": None,
    "/account/tokens": None,
}
"""Pages that tell what was done there, by the list or page that leads to them; None: the page itself."""


def is_told(page: Shown) -> bool:
    """Whether the page says that something was done."""
    return "notification--success" in page.html


def test_no_page_believes_its_address_but_by_the_seal() -> None:
    modules = {str(path.relative_to(WEB)): path.read_text("utf-8") for path in WEB.rglob("*.py")}
    asking = re.compile(r"query_params.*\bdone\b|\bdone\b.*query_params|\?done=")
    assert [name for name, source in modules.items() if asking.search(source)] == ["done.py"]


async def page_of(visitor: Visitor, listed: str) -> str:
    """The address of a page that tells what was done."""
    pattern = PAGES[listed]
    if pattern is None:
        return listed
    start = await page_of(visitor, "/account/people") if listed == "/account/roles" else listed
    found = re.search(pattern, (await visitor.open(start)).html)
    assert found is not None, listed
    return found[1]


@pytest.mark.parametrize("listed", [*PAGES, "/account/people itself"])
async def test_an_address_that_somebody_wrote_tells_nothing(
    listed: str, visit: Visit, app: Starlette
) -> None:
    visitor = await visit("admin" if listed.startswith("/account") else "staff")
    path = "/account/people" if listed.endswith(" itself") else await page_of(visitor, listed)
    foreign = app.state.done_seal.sign("decide", uuid.uuid4(), unquote(path))
    for slug in (*sorted(SLUGS), foreign, "\ud800"):
        page = await visitor.open(f"{path}?done={quote(slug, errors='surrogatepass')}")
        assert page.status == 200
        assert not is_told(page), slug


async def test_what_was_done_is_told_once_more_to_nobody_else_and_nowhere_else(visit: Visit) -> None:
    staff, colleague = await visit("staff"), await visit("co-manager-au")
    path = await page_of(staff, "/work/partners")
    form = next(form for form in (await staff.open(path)).forms if form.values.get("do") == "suspend")
    sent = await staff.send(form, suspend__reason="A complaint.")
    told = sent.response.headers["location"]
    page = await staff.open(told)
    assert "The partner was suspended." in page.text
    assert is_told(page)
    signed = parse_qs(urlsplit(told).query)["done"][0]
    assert not is_told(await colleague.open(told))
    for elsewhere in ("/account/people", await page_of(staff, "/work/vetting")):
        assert not is_told(await staff.open(f"{elsewhere}?done={quote(signed)}"))


def test_a_seal_holds_for_its_key_person_page_and_time() -> None:
    person, path = uuid.uuid4(), "/work/vetting/VET-2026-0001"
    seal = DoneSeal("a secret of the hub")
    signed = seal.sign("decide", person, path)
    assert DoneSeal("a secret of the hub").read(signed, person, path) == "decide"
    assert DoneSeal("another").read(signed, person, path) is None
    assert DoneSeal(None).read(signed, person, path) is None
    assert DoneSeal("a secret of the hub", life=-1).read(signed, person, path) is None, "too late"
    assert seal.read(signed, uuid.uuid4(), path) is None
    assert seal.read(signed, person, f"{path}1") is None
    assert seal.read(signed.replace("decide", "start"), person, path) is None
