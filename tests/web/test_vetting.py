"""Partners, applications and decisions by the pages, as those who may and as those who may not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import pytest
from sqlalchemy import text
from starlette.applications import Starlette

from hub.database import Place
from hub.files.media import LARGEST
from schema.compiler.ids import parse
from tests.conftest import Client
from tests.files.samples import BAD, PDF
from tests.organisations.staffing import employ
from tests.policy.clones import IDENTITIES, as_owner
from tests.policy.stage import Stage
from tests.web.browsing import SentForm, Shown, Visitor, assert_whole
from tests.web.conftest import Visit

VETTING, APPLY, NEW = "/work/vetting", "/work/vetting/apply", "/work/partners/new"
STATEMENTS = ("TRUE_AND_COMPLETE", "AUTHORISED", "NO_SANCTIONS", "NO_EXPLOITATION", "PROTECTION", "CHECKS")
TYPED = {"description": "We train <coast guards>.", "purpose": "A course.\nTwo weeks."}


def form_of(page: Shown, deed: str) -> SentForm:
    """The form of the deed."""
    return next(form for form in page.forms if form.values.get("do") == deed)


def deeds_of(page: Shown) -> set[str]:
    """What the page's forms do."""
    return {form.values["do"] for form in page.forms if "do" in form.values}


def kept(folder: Path) -> list[Path]:
    """The files of the store."""
    return list(folder.glob("files/*"))


async def set_vetting(place: Place, state: str) -> None:
    """Let the personas' partner be in the state."""
    async with as_owner(place) as owner:
        await Stage(owner).organisation(state)


async def send_application(
    visitor: Visitor,
    page: Shown,
    do: str,
    *,
    file: tuple[str, bytes] | None = None,
    statements: tuple[str, ...] = (),
    keep: tuple[str, ...] = (),
    typed: Mapping[str, str] = MappingProxyType({}),
) -> Shown:
    """The page after the application's form was sent with what was typed, ticked and chosen."""
    form = page.form(APPLY)
    fields: dict[str, str | list[str]] = {**form.values, **typed, "do": do}
    fields |= {"statements": list(statements), "documentIds": list(keep)}
    fields.pop("document", None)
    files = {"document": file or ("", b"")}
    answer = await visitor.http.post(APPLY, data=fields, files=files, headers=visitor.headers)
    visitor.http.cookies.clear()
    return Shown(answer)


# -- registering ---------------------------------------------------------------------------------------


async def test_staff_register_a_partner_and_its_focal_point_is_invited(visit: Visit, place: Place) -> None:
    staff = await visit("staff")
    page = await staff.open(NEW)
    assert_whole(page)
    empty = await staff.send(page.form(NEW))
    assert_whole(empty)
    assert empty.status == 422
    for problem in (
        "Official name: fill this in",
        "Everyday name: fill this in",
        "Kind: choose what the organisation is",
        "E-mail address of the focal point: fill this in",
    ):
        assert problem in empty.text
    typed = {"name": "Demo Alliance", "shortName": "DA", "kind": "ACADEMIA", "email": "nobody"}
    wrong = await staff.send(page.form(NEW), **typed)
    assert_whole(wrong)
    assert "Official name: an organisation of this name is here already" in wrong.text
    assert "E-mail address of the focal point: write it as name@example.org" in wrong.text
    assert {name: wrong.form(NEW).values[name] for name in typed} == typed
    right = {"name": "Harbour School", "email": "head@example.org"}
    done = await staff.follow(await staff.send(wrong.form(NEW), **right))
    assert_whole(done)
    assert done.headings == ["Harbour School"]
    assert "Applies" in done.text
    assert "its focal point invited for fourteen days" in done.text
    async with as_owner(place) as owner:
        found = await owner.execute(
            text(
                "select i.email, i.role, o.is_listed, o.vetting_state from hub.invitations i"
                " join hub.organisations o on o.id = i.organisation_id where o.name = 'Harbour School'"
            )
        )
        assert found.one() == ("head@example.org", "FOCAL_POINT", False, "APPLIED")


# -- applying ------------------------------------------------------------------------------------------


async def test_an_application_from_the_form_to_the_decision(visit: Visit, place: Place) -> None:
    await set_vetting(place, "APPLIED")
    focal_point, staff, co_manager = [await visit(name) for name in ("focal-point", "staff", "co-manager-au")]
    page = await focal_point.open(APPLY)
    assert_whole(page)
    saved = await send_application(
        focal_point, page, "save", file=("statutes ลง.pdf", PDF), statements=STATEMENTS[:2], typed=TYPED
    )
    draft = await focal_point.follow(saved)
    assert_whole(draft)
    assert "The draft was saved." in draft.text
    assert "We train <coast guards>." in draft.text
    assert "statutes ลง.pdf" in draft.text
    address = saved.response.headers["location"].partition("?")[0]
    assert (await staff.open(address)).status == 404, "nobody else sees a draft"
    again = await focal_point.open(APPLY)
    assert again.form(APPLY).values["purpose"] == TYPED["purpose"]
    kept = (again.form(APPLY).values["documentIds"],)
    unagreed = await send_application(focal_point, again, "submit", statements=STATEMENTS[:5], keep=kept)
    assert_whole(unagreed)
    assert unagreed.status == 422
    assert "Declaration: agree to every statement before you submit" in unagreed.text
    assert "The draft was saved, but not submitted" in unagreed.text
    assert "statutes ลง.pdf" in unagreed.text
    sent = await focal_point.follow(
        await send_application(focal_point, unagreed, "submit", statements=STATEMENTS, keep=kept)
    )
    assert_whole(sent)
    assert "The application was submitted." in sent.text
    assert "Declaration 2026-11" in sent.text
    assert deeds_of(sent) == set()
    listed = await staff.open(VETTING)
    assert_whole(listed)
    assert "Waiting for you: take it up" in listed.text
    taken = await staff.follow(await staff.send(form_of(await staff.open(address), "start")))
    assert_whole(taken)
    assert deeds_of(taken) == {"return"}, "who takes it up does not decide"
    (document,) = [link for link in taken.links if link.startswith("/files/")]
    assert (await staff.http.get(document, headers=staff.headers)).content == PDF
    deciding = await co_manager.open(address)
    assert deeds_of(deciding) == {"return", "decide"}
    empty = await co_manager.send(form_of(deciding, "decide"), decide__verdict="VETTED")
    assert_whole(empty)
    assert "Reason: fill this in" in empty.text
    assert form_of(empty, "decide").values["decide.verdict"] == "VETTED"
    typed = {"decide__verdict": "VETTED", "decide__reason": "Known and <trusted>."}
    decided = await co_manager.follow(await co_manager.send(form_of(empty, "decide"), **typed))
    assert_whole(decided)
    assert "The decision was recorded." in decided.text
    told = await focal_point.open(VETTING)
    assert_whole(told)
    assert "Known and <trusted>." in told.text
    late = await co_manager.send(form_of(empty, "decide"), **typed, idempotencyKey="another")
    assert_whole(late)
    assert late.status == 409
    assert "The application is ACCEPTED" in late.text


async def test_nothing_typed_is_lost_and_each_error_names_its_field(visit: Visit, place: Place) -> None:
    await set_vetting(place, "APPLIED")
    focal_point = await visit("focal-point")
    page = await focal_point.open(APPLY)
    for what, content in {"a page": BAD["HTML"][0], "too large": PDF + b"0" * LARGEST}.items():
        odd = await send_application(
            focal_point, page, "save", file=("a.pdf", content), statements=STATEMENTS[:1], typed=TYPED
        )
        assert_whole(odd)
        assert odd.status == 422, what
        assert "Add a document: choose a" in odd.text
        values = odd.form(APPLY).values
        assert {name: values[name] for name in TYPED} == TYPED
        assert values["statements"] == STATEMENTS[0]
    good = {**TYPED, "website": "javascript:alert(1)"}
    wrong = await send_application(focal_point, page, "submit", file=("a.pdf", PDF), typed=good)
    assert_whole(wrong)
    assert "Website: write the whole address, beginning with https:// or http://" in wrong.text
    assert "a.pdf" in wrong.text, "what was handed in is still there"
    (id,) = (wrong.form(APPLY).values["documentIds"],)
    mended = await send_application(
        focal_point, wrong, "save", keep=(id,), typed={**TYPED, "website": "https://example.org"}
    )
    draft = await focal_point.follow(mended)
    assert "a.pdf" in draft.text
    unticked = await send_application(focal_point, await focal_point.open(APPLY), "save")
    assert "a.pdf" not in (await focal_point.follow(unticked)).text


async def test_who_was_returned_writes_the_next_from_the_last(visit: Visit, place: Place) -> None:
    await set_vetting(place, "APPLIED")
    focal_point, staff = await visit("focal-point"), await visit("staff")
    page = await focal_point.open(APPLY)
    sent = await send_application(focal_point, page, "submit", statements=STATEMENTS, typed=TYPED)
    address = sent.response.headers["location"].partition("?")[0]
    taken = await staff.follow(await staff.send(form_of(await staff.open(address), "start")))
    returned = await staff.follow(
        await staff.send(form_of(taken, "return"), return__reasons="Name your directors.")
    )
    assert_whole(returned)
    assert "The application was returned." in returned.text
    again = await focal_point.open(APPLY)
    assert_whole(again)
    assert "Name your directors." in again.text
    assert {name: again.form(APPLY).values[name] for name in TYPED} == TYPED
    assert "statements" not in again.form(APPLY).values, "one declares anew"
    next_one = await send_application(focal_point, again, "submit", statements=STATEMENTS)
    assert next_one.response.headers["location"].partition("?")[0] != address


async def test_who_was_late_sees_the_conflict_keeps_the_text_and_decides(
    app: Starlette, visit: Visit, place: Place
) -> None:
    await set_vetting(place, "APPLIED")
    focal_point = await visit("focal-point")
    somebody = await employ(app, place, focal_point.http, "FOCAL_POINT")
    colleague = Visitor(focal_point.http, somebody.browser.cookie)
    mine, empty = {**TYPED, "purpose": "Mine."}, await focal_point.open(APPLY)
    begun = await send_application(colleague, await colleague.open(APPLY), "save", typed=TYPED)
    address = begun.response.headers["location"].partition("?")[0]
    late = empty
    for do in ("save", "save", "submit"):
        late = await send_application(focal_point, late, do, statements=STATEMENTS, typed=mine)
        assert_whole(late)
        assert late.status == 409, "saving again replaces nothing either"
        assert "Your organisation has a draft already" in late.text
        assert address in late.links, "theirs can be looked at"
        assert late.form(APPLY).values["purpose"] == "Mine."
    shown = await focal_point.open(address)
    assert "Two weeks." in shown.text
    wrong = await send_application(focal_point, late, "replace", typed={**mine, "website": "nonsense"})
    assert wrong.status == 422
    stale = await colleague.open(APPLY)
    done = await send_application(focal_point, wrong, "save", typed={**mine, "website": ""})
    assert "Mine." in (await focal_point.follow(done)).text, "what was decided need not be decided again"
    again = await send_application(colleague, stale, "save", typed=TYPED)
    assert again.status == 409
    assert "Somebody changed this application since you read it" in again.text


async def test_a_form_that_is_mended_still_rests_on_the_version_that_was_read(
    visit: Visit, place: Place
) -> None:
    await set_vetting(place, "APPLIED")
    focal_point = await visit("focal-point")
    await send_application(focal_point, await focal_point.open(APPLY), "save", typed=TYPED)
    mine, theirs = await focal_point.open(APPLY), await focal_point.open(APPLY)
    saved = await send_application(focal_point, theirs, "save", typed={**TYPED, "purpose": "Theirs."})
    assert saved.status == 303
    wrong = await send_application(focal_point, mine, "save", file=("a.pdf", b"x"), typed=TYPED)
    assert wrong.status == 422
    late = await send_application(focal_point, wrong, "save", typed=TYPED)
    assert late.status == 409
    unagreed = await send_application(focal_point, await focal_point.open(APPLY), "submit", typed=TYPED)
    assert unagreed.status == 422
    mended = await send_application(focal_point, unagreed, "submit", statements=STATEMENTS, typed=TYPED)
    assert mended.status == 303, "what one saved oneself is no conflict"


async def test_nothing_typed_is_lost_where_the_store_does_not_answer(
    visit: Visit, place: Place, tmp_path: Path
) -> None:
    await set_vetting(place, "APPLIED")
    focal_point = await visit("focal-point")
    page = await focal_point.open(APPLY)
    (tmp_path / "files").write_text("no folder")
    refused = await send_application(focal_point, page, "save", file=("statutes.pdf", PDF), typed=TYPED)
    assert refused.status == 503
    assert refused.form(APPLY).values["purpose"] == TYPED["purpose"]


@pytest.mark.parametrize("file", [None, ("statutes.pdf", PDF)], ids=["", "with a document"])
async def test_the_same_form_sent_twice_submits_once(
    file: tuple[str, bytes] | None, visit: Visit, place: Place
) -> None:
    await set_vetting(place, "APPLIED")
    focal_point = await visit("focal-point")
    page = await focal_point.open(APPLY)
    first, second = [
        await send_application(focal_point, page, "submit", file=file, statements=STATEMENTS, typed=TYPED)
        for _ in range(2)
    ]
    assert (first.status, second.status) == (303, 303)
    async with as_owner(place) as owner:
        assert await owner.scalar(text("select count(*) from hub.files")) == (0 if file is None else 1)
    assert first.response.headers["location"].partition("?")[0] in second.response.headers["location"]
    assert "The application was submitted." in (await focal_point.follow(second)).text


async def test_who_cannot_apply_is_told_why(visit: Visit, place: Place) -> None:
    focal_point = await visit("focal-point")
    said = {
        "VETTED": "Your organisation is vetted already: there is nothing to apply for.",
        "SUSPENDED": "Your organisation is suspended. It does not apply again",
        "UNDER_VETTING": "The application of your organisation is under vetting",
    }
    for state, words in said.items():
        await set_vetting(place, state)
        page = await focal_point.open(APPLY)
        assert_whole(page)
        assert words in page.text
        assert not [form for form in page.forms if form.action == APPLY]
        late = await focal_point.http.post(
            APPLY,
            data={"purpose": "Typed long ago."},
            files={"document": ("", b"")},
            headers=focal_point.headers,
        )
        assert late.status_code == 409
        assert "Typed long ago." in late.text
    for name in ("staff", "co-manager-au"):
        page = await (await visit(name)).open(APPLY)
        assert "Vetting does not apply to your organisation" in page.text, name
    await set_vetting(place, "APPLIED")
    assert "ask one of them" in (await (await visit("partner")).open(APPLY)).text
    sent_in = await send_application(
        focal_point, await focal_point.open(APPLY), "submit", statements=STATEMENTS, typed=TYPED
    )
    assert sent_in.status == 303
    assert "waits for the office, and cannot be changed now" in (await focal_point.open(APPLY)).text


# -- suspending ----------------------------------------------------------------------------------------


async def test_a_partner_is_suspended_and_reinstated_by_its_page(visit: Visit) -> None:
    staff = await visit("staff")
    found = await staff.open("/work/partners?search=Demonstration+Alliance")
    assert_whole(found)
    (link,) = {link for link in found.links if link.startswith("/work/partners/") and link != NEW}
    page = await staff.open(link)
    assert_whole(page)
    assert deeds_of(page) == {"suspend"}
    empty = await staff.send(form_of(page, "suspend"))
    assert_whole(empty)
    assert "Reason: fill this in" in empty.text
    co_manager = await visit("co-manager-au")
    opened = await co_manager.open(link)
    gone = await staff.follow(await staff.send(form_of(page, "suspend"), suspend__reason="A complaint."))
    assert_whole(gone)
    assert deeds_of(gone) == {"reinstate"}
    late = await co_manager.send(form_of(opened, "suspend"), suspend__reason="I was told <so>.")
    assert_whole(late)
    assert (late.status, deeds_of(late)) == (409, {"reinstate"})
    assert "You wrote under “Reason”: I was told <so>." in late.text, "nothing is lost"
    assert "A complaint." in gone.text
    assert (await (await visit()).open(link)).status == 404, "the public sees it no more"
    partner = await visit("partner")
    assert "A complaint." not in (await partner.open(link)).text, "the focal points and the office alone"
    assert "A complaint." in (await (await visit("focal-point")).open(link)).text
    back = await staff.follow(await staff.send(form_of(gone, "reinstate"), reinstate__reason="Settled."))
    assert_whole(back)
    assert deeds_of(back) == {"suspend"}


# -- who is shown what ---------------------------------------------------------------------------------

REACHING = {"focal-point", "co-manager-au", "co-manager-id", "co-chair", "staff"}


@pytest.mark.parametrize("name", IDENTITIES, ids=str)
async def test_the_navigation_leads_those_there_who_may_see_any(name: str | None, visit: Visit) -> None:
    visitor = await visit(name)
    assert (VETTING in (await visitor.open("/")).links) == (name in REACHING)


@pytest.mark.parametrize("name", IDENTITIES, ids=str)
async def test_the_pages_offer_what_one_may_do_and_nothing_else(
    name: str | None, visit: Visit, place: Place
) -> None:
    await set_vetting(place, "APPLIED")
    visitor = await visit(name)
    pages = {path: await visitor.open(path) for path in (VETTING, APPLY, NEW, "/work/partners")}
    for page in pages.values():
        assert page.status == 200
        assert_whole(page)
    posting = {
        path
        for path, page in pages.items()
        if any(form.action == path and form.method == "post" for form in page.forms)
    }
    assert posting == {"focal-point": {APPLY}, "staff": {NEW}}.get(name or "", set())


async def test_a_form_that_one_was_not_offered_is_refused_with_what_was_typed(
    visit: Visit, place: Place, tmp_path: Path
) -> None:
    await set_vetting(place, "APPLIED")
    page = await (await visit("focal-point")).open(APPLY)
    for name in ("analyst", "staff", None):
        refused = await send_application(await visit(name), page, "save", file=("a.pdf", PDF), typed=TYPED)
        assert_whole(refused)
        assert refused.status == 403, name
        assert refused.form(APPLY).values["description"] == TYPED["description"]
    large = ("a.pdf", PDF + b"0" * 1_000_000)
    assert (await send_application(await visit(), page, "save", file=large)).status == 413
    assert not kept(tmp_path), "no file was kept"


async def test_the_application_form_takes_no_other_kind_of_body(visit: Visit) -> None:
    focal_point = await visit("focal-point")
    for content_type in ("application/x-www-form-urlencoded", "text/plain"):
        answer = await focal_point.http.post(
            APPLY, content=b"do=save", headers=focal_point.headers | {"Content-Type": content_type}
        )
        assert answer.status_code == 415
    broken = {"Content-Type": "multipart/form-data; boundary=a"}
    answer = await focal_point.http.post(APPLY, content=b"x", headers=focal_point.headers | broken)
    assert answer.status_code == 400


async def test_what_is_not_there_and_what_is_not_to_be_seen_is_the_same(
    visit: Visit, people: Client, place: Place
) -> None:
    async with as_owner(place) as owner:
        parsed = parse(await Stage(owner).application("SUBMITTED"))
        assert parsed is not None
        statement = text("select reference from hub.vetting_applications where id = :id")
        hidden = await owner.scalar(statement, {"id": parsed[1]})
    for name in ("partner", "focal-point", "reviewer", "admin", None):
        visitor = await visit(name)
        for path in (f"{VETTING}/{hidden}", f"{VETTING}/VET-2097-0001", "/work/partners/nonsense"):
            assert (await visitor.open(path)).status == 404, (name, path)
    states = await (await people()).data("{ memberStates(first: 1) { nodes { id } } }")
    state = quote(states["memberStates"]["nodes"][0]["id"], safe="")
    staff = await visit("staff")
    assert (await staff.open(f"/work/partners/{state}")).status == 404
    assert (await staff.send(SentForm(f"{VETTING}/{hidden}", "post", {"do": "nothing"}))).status == 404
