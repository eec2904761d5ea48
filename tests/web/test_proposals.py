"""Proposing and deciding by the portal's own forms, sent exactly as the pages offer them."""

from __future__ import annotations

import re

import pytest

from tests.conftest import Client
from tests.web.browsing import Shown, Visitor, assert_whole
from tests.web.conftest import Visit

NEW = "/work/proposals/new"
DRAFT = {
    "title": "Study tour on identity documents",
    "summary": "Officers of ten states compare what they check.",
    "objectives": "Forged documents are found at the border.",
    "kind": "EVENT",
    "scope": "REGIONAL",
    "startsOn": "2027-03-01",
    "endsOn": "2027-03-05",
    "budget__amount": "120000.00",
    "budget__currency": "AUD",
}


async def drafted(partner: Visitor, **typed: str) -> tuple[str, Shown]:
    """The address of a new draft, and its page."""
    form = (await partner.open(NEW)).form(NEW)
    saved = await partner.send(form, **(DRAFT | typed))
    assert saved.status == 303, saved.text
    address = saved.response.headers["location"].partition("?")[0]
    return address, await partner.follow(saved)


async def acted(visitor: Visitor, address: str, slug: str, **typed: str) -> Shown:
    """The page after an action that must be done."""
    form = (await visitor.open(address)).form(f"{address}/{slug}")
    named = {f"{slug}__{name}": value for name, value in typed.items()}
    return await visitor.follow(await visitor.send(form, **named))


async def awaiting_decision(visit: Visit) -> str:
    """The address of a proposal that was drafted, submitted and screened by clicking."""
    address, _ = await drafted(await visit("partner"))
    await acted(await visit("partner"), address, "submit")
    staff = await visit("staff")
    await acted(staff, address, "start-screening")
    await acted(staff, address, "screen", finding="TO_DECISION", reasons="Within the core purposes.")
    return address


async def test_a_proposal_is_drafted_submitted_screened_and_endorsed_by_its_pages(visit: Visit) -> None:
    partner = await visit("partner")
    address, draft = await drafted(partner)
    assert_whole(draft)
    assert "The draft was saved." in draft.text
    assert "Draft PRO-" in draft.text
    assert "AUD 120,000.00" in draft.text
    assert "1 March 2027 to 5 March 2027" in draft.text
    submitted = await acted(partner, address, "submit")
    assert "The proposal was submitted." in submitted.text
    staff = await visit("staff")
    await acted(staff, address, "start-screening")
    await acted(staff, address, "screen", finding="TO_DECISION", reasons="Within the core purposes.")
    australia, indonesia = await visit("co-manager-au"), await visit("co-manager-id")
    first = await acted(australia, address, "vote", choice="ENDORSE", reasons="It meets a need.")
    assert "The vote was recorded." in first.text
    assert "Awaiting decision PRO-" in first.text
    assert "Australia : Endorse Counts" in first.text
    assert not [form for form in first.forms if form.action.endswith("/vote")], "one vote each"
    second = await acted(indonesia, address, "vote", choice="ENDORSE", reasons="It serves the region.")
    assert_whole(second)
    assert "Endorsed PRO-" in second.text
    assert "Endorsed on revision 1" in second.text
    await acted(staff, address, "issue-letter")
    await acted(await visit("focal-point"), address, "accept-endorsement")
    entered = await acted(staff, address, "enter-workplan")
    assert "In the work plan PRO-" in entered.text
    (initiative,) = [link for link in entered.links if link.startswith("/initiatives/RSO-")]
    assert (await staff.open(initiative)).headings == [DRAFT["title"]]


async def test_a_revision_is_asked_for_edited_and_resubmitted_by_the_pages(visit: Visit) -> None:
    address = await awaiting_decision(visit)
    australia, partner = await visit("co-manager-au"), await visit("partner")
    await acted(australia, address, "vote", choice="ENDORSE", reasons="It meets a need.")
    asked = await acted(australia, address, "request-revision", reasons="State the cost of travel.")
    assert "Revision requested PRO-" in asked.text
    page = await partner.open(address)
    assert "What should change State the cost of travel." in page.text
    form = (await partner.open(f"{address}/edit")).form(f"{address}/edit")
    assert form.values["title"] == DRAFT["title"], "the new revision begins as the last one"
    saved = await partner.follow(await partner.send(form, summary="With the cost of travel."))
    assert "The revision that you work on" in saved.text
    unseen = await australia.open(address)
    assert "With the cost of travel." not in unseen.html
    await acted(partner, address, "submit")
    await acted(await visit("staff"), address, "resume")
    voided = await australia.open(address)
    assert "With the cost of travel." in voided.text
    assert "Australia : Endorse Void" in voided.text
    assert voided.form(f"{address}/vote").values["revision"] == "2"


async def test_a_refused_draft_keeps_everything_typed_and_names_each_problem(visit: Visit) -> None:
    partner = await visit("partner")
    form = (await partner.open(NEW)).form(NEW)
    typed = DRAFT | {
        "title": "",
        "summary": "Line one\r\nline <b>two</b> & 'three'",
        "endsOn": "2027-02-01",
        "budget__amount": "120000.005",
    }
    page = await partner.send(form, **typed)
    assert page.status == 422
    assert_whole(page)
    assert page.title.startswith("Error: Propose a project")
    assert "There is a problem Title: fill this in" in page.text
    assert "Last day: give a day on or after 2027-03-01" in page.text
    assert "Budget: AUD has 2 digits after the point; round it" in page.text
    targets = [link.removeprefix("#") for link in page.links if link.startswith("#field-")]
    assert targets == ["field-title", "field-endsOn", "field-budget-amount"]
    assert set(targets) <= set(page.ids)
    kept = page.form(NEW).values
    for name, value in typed.items():
        assert kept[name.replace("__", ".")] == value.replace("\r\n", "\n"), name
    assert kept["idempotencyKey"] != form.values["idempotencyKey"]
    mended = await partner.send(page.form(NEW), title="T", endsOn="2027-03-01", budget__amount="1.00")
    assert mended.status == 303


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("startsOn", "01/03/2027", "First day: write the day as year, month, day, such as 2027-03-01"),
        ("endsOn", "2027-13-45", "Last day: write the day as year, month, day, such as 2027-03-01"),
        ("budget__amount", "12 thousand", "Budget: write the digits with a point before the last ones"),
        ("budget__amount", "", "Budget: fill this in"),
        ("budget__currency", "", "Currency of the budget: fill this in"),
        ("budget__amount", "-5", "Budget: "),
        ("kind", "PARTY", "Kind: choose one of the list"),
        ("workingGroupId", "xyz", "Working group: this is not an id of the hub"),
        ("title", "T" * 201, "Title: shorten it to 200 characters"),
        ("summary", "a\x00b", "Summary: remove the control characters"),
    ],
)
async def test_what_cannot_be_read_is_said_at_its_field(
    visit: Visit, field: str, value: str, message: str
) -> None:
    partner = await visit("partner")
    page = await partner.send((await partner.open(NEW)).form(NEW), **(DRAFT | {field: value}))
    assert page.status == 422, page.text
    assert_whole(page)
    assert message in page.text
    kept = page.form(NEW).values
    if field != "kind":
        assert kept.get(field.replace("__", "."), "") == ("" if field == "workingGroupId" else value)
    assert kept["objectives"] == DRAFT["objectives"]


async def test_the_same_form_sent_twice_makes_one_draft(visit: Visit) -> None:
    partner = await visit("partner")
    form = (await partner.open(NEW)).form(NEW)
    first, second = [await partner.send(form, **DRAFT) for _ in range(2)]
    assert first.response.headers["location"] == second.response.headers["location"]
    changed = await partner.send(form, **(DRAFT | {"title": "Another"}))
    assert changed.status == 409
    assert changed.form(NEW).values["title"] == "Another"
    assert (await partner.send(changed.form(NEW))).status == 303, "with the fresh key it is another draft"


async def test_who_may_not_propose_is_told_so_and_keeps_the_text(visit: Visit) -> None:
    form = (await (await visit("partner")).open(NEW)).form(NEW)
    for persona in ("co-manager-au", None):
        page = await (await visit(persona)).send(form, **DRAFT)
        assert page.status == 403
        assert_whole(page)
        assert "The draft was not saved" in page.text
        assert page.form(NEW).values["objectives"] == DRAFT["objectives"]
    public = await (await visit(None)).open(NEW)
    assert "/demo/sign-in?next=/work/proposals/new" in public.links
    assert not [form for form in public.forms if form.action == NEW], "nobody types in vain"


async def test_a_stale_edit_is_a_conflict_that_keeps_the_text(visit: Visit) -> None:
    partner, colleague = await visit("partner"), await visit("focal-point")
    address, _ = await drafted(partner)
    edit = f"{address}/edit"
    form = (await partner.open(edit)).form(edit)
    theirs = await colleague.send((await colleague.open(edit)).form(edit), summary="Theirs.")
    assert theirs.status == 303
    page = await partner.send(form, summary="Mine.")
    assert page.status == 409
    assert_whole(page)
    assert "Somebody changed this proposal since you read it" in page.text
    assert page.form(edit).values["summary"] == "Mine."
    assert "Theirs." in (await partner.open(address)).text, "nothing was overwritten"
    again = await partner.send(page.form(edit))
    assert again.status == 409, "saving again replaces nothing either"
    assert "Theirs." in (await partner.open(address)).text
    wrong = await partner.send(again.form(edit), do="replace", title="")
    assert wrong.status == 422
    done = await partner.send(wrong.form(edit), title="Mine too")
    assert done.status == 303, "what was decided need not be decided again"
    assert "Mine." in (await partner.follow(done)).text


async def test_an_edit_of_somebody_who_is_signed_out_meanwhile_is_kept(visit: Visit) -> None:
    partner, nobody = await visit("partner"), await visit()
    address, _ = await drafted(partner)
    edit = f"{address}/edit"
    form = (await partner.open(edit)).form(edit)
    page = await nobody.send(form, title="Mine, <typed>", summary="At length.")
    assert_whole(page)
    assert page.status == 403
    kept = page.form(edit).values
    assert (kept["title"], kept["summary"]) == ("Mine, <typed>", "At length.")
    done = await partner.send(page.form(edit))
    assert done.status == 303, "once one is signed in again"


async def test_an_edit_that_is_mended_still_rests_on_the_version_that_was_read(visit: Visit) -> None:
    partner, colleague = await visit("partner"), await visit("focal-point")
    address, _ = await drafted(partner)
    edit = f"{address}/edit"
    form = (await partner.open(edit)).form(edit)
    theirs = await colleague.send((await colleague.open(edit)).form(edit), summary="Theirs.")
    assert theirs.status == 303
    wrong = await partner.send(form, summary="Mine.", budget__amount="plenty")
    assert wrong.status == 422
    mended = await partner.send(wrong.form(edit), budget__amount="1.00")
    assert mended.status == 409
    assert "Theirs." in (await partner.open(address)).text, "nothing was overwritten"


async def test_a_stale_vote_is_a_conflict_that_keeps_the_reasons(visit: Visit) -> None:
    address = await awaiting_decision(visit)
    australia, indonesia = await visit("co-manager-au"), await visit("co-manager-id")
    form = (await australia.open(address)).form(f"{address}/vote")
    await acted(indonesia, address, "vote", choice="ENDORSE", reasons="It serves the region.")
    page = await australia.send(form, vote__choice="DEFER", vote__reasons="Mine, not yet.")
    assert page.status == 409
    assert_whole(page)
    assert page.title.startswith("Error: ")
    assert "Vote: not done Somebody changed this proposal since you read it" in page.text
    kept = page.form(f"{address}/vote").values
    assert (kept["vote.choice"], kept["vote.reasons"]) == ("DEFER", "Mine, not yet.")
    done = await australia.follow(await australia.send(page.form(f"{address}/vote"), vote__choice="ENDORSE"))
    assert "Endorsed PRO-" in done.text


async def test_an_action_that_is_over_shows_what_was_typed(visit: Visit) -> None:
    address = await awaiting_decision(visit)
    australia, partner = await visit("co-manager-au"), await visit("partner")
    form = (await australia.open(address)).form(f"{address}/vote")
    await acted(partner, address, "withdraw", reason="We found another way.")
    page = await australia.send(form, vote__choice="ENDORSE", vote__reasons="A long and careful text.")
    assert page.status == 409
    assert "You had typed: Your government’s vote: ENDORSE Reasons: A long and careful text." in page.text
    assert_whole(page)


@pytest.mark.parametrize(
    ("typed", "message", "target"),
    [
        ({"vote__reasons": "Yes."}, "Your government’s vote: fill this in", "field-vote-choice"),
        ({"vote__choice": "ENDORSE"}, "Reasons: fill this in", "field-vote-reasons"),
        (
            {"vote__choice": "ENDORSE_WITH_CONDITIONS", "vote__reasons": "Yes."},
            "Conditions: ",
            "field-vote-conditions",
        ),
        (
            {"vote__choice": "PERHAPS", "vote__reasons": "Yes."},
            "Your government’s vote: this cannot be read",
            "field-vote-choice",
        ),
    ],
)
async def test_an_incomplete_vote_is_shown_again(
    visit: Visit, typed: dict[str, str], message: str, target: str
) -> None:
    address = await awaiting_decision(visit)
    australia = await visit("co-manager-au")
    page = await australia.send((await australia.open(address)).form(f"{address}/vote"), **typed)
    assert page.status == 422
    assert_whole(page)
    assert f"There is a problem {message}" in page.text
    assert f"#{target}" in page.links
    assert target in page.ids
    assert page.form(f"{address}/vote").values["vote.reasons"] == typed.get("vote__reasons", "")
    assert "Nobody has voted on it yet." in page.text


async def test_an_incomplete_draft_is_not_submitted(visit: Visit) -> None:
    partner = await visit("partner")
    form = (await partner.open(NEW)).form(NEW)
    saved = await partner.follow(await partner.send(form, title="Only a title"))
    (action,) = [form.action for form in saved.forms if form.action.endswith("/submit")]
    page = await partner.send(saved.form(action))
    assert page.status == 422
    assert_whole(page)
    for name in ("Summary", "Objectives", "Kind", "Scope", "Starts on", "Ends on"):
        assert f"{name}: fill this in before you submit" in page.text
    assert "Draft PRO-" in page.text


@pytest.mark.parametrize("hidden", ["id", "expectedVersion", "idempotencyKey", "revision"])
async def test_a_form_that_was_tampered_with_changes_nothing(visit: Visit, hidden: str) -> None:
    address = await awaiting_decision(visit)
    australia = await visit("co-manager-au")
    form = (await australia.open(address)).form(f"{address}/vote")
    page = await australia.send(
        form, **{hidden: "\x00<b>", "vote__choice": "ENDORSE", "vote__reasons": "Kept."}
    )
    assert page.status == 422, page.text
    assert_whole(page)
    assert "There is a problem" in page.text
    assert "Nobody has voted on it yet." in page.text


async def test_whose_session_ended_keeps_what_was_typed(visit: Visit) -> None:
    address = await awaiting_decision(visit)
    australia = await visit("co-manager-au")
    form = (await australia.open(address)).form(f"{address}/vote")
    australia.secret = "hubs_ended"
    page = await australia.send(form, vote__choice="ENDORSE", vote__reasons="A long and careful text.")
    assert page.status == 403
    assert_whole(page)
    assert "Sign in first." in page.text
    assert "A long and careful text." in page.text
    assert DRAFT["title"] not in page.html
    assert f"/demo/sign-in?next={address}" in page.links


async def test_an_action_of_another_organisation_is_not_found(visit: Visit, people: Client) -> None:
    address, page = await drafted(await visit("partner"))
    stranger = await visit("stakeholder")
    answer = await stranger.send(page.form(f"{address}/withdraw"), withdraw__reason="Mine now.")
    assert answer.status == 404
    assert DRAFT["title"] not in answer.html
    assert "Draft PRO-" in (await (await visit("partner")).open(address)).text


async def test_a_form_from_another_site_is_refused(visit: Visit) -> None:
    partner = await visit("partner")
    address, page = await drafted(partner)
    form = page.form(f"{address}/submit")
    for header in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        response = await partner.http.post(form.action, data=form.values, headers=partner.headers | header)
        assert response.status_code == 403
    assert "Draft PRO-" in (await partner.open(address)).text


async def test_an_unknown_action_is_no_page_and_a_reloaded_one_leads_back(visit: Visit) -> None:
    partner = await visit("partner")
    address, _ = await drafted(partner)
    assert (await partner.open(f"{address}/explode")).status == 404
    back = await partner.open(f"{address}/submit")
    assert (back.status, back.response.headers["location"]) == (303, address)


async def test_a_form_that_is_too_large_is_refused(visit: Visit) -> None:
    partner = await visit("partner")
    form = (await partner.open(NEW)).form(NEW)
    page = await partner.send(form, title="Large", summary="x" * 10_000_000)
    assert page.status == 413


async def test_a_json_body_is_no_form(visit: Visit) -> None:
    partner = await visit("partner")
    response = await partner.http.post(NEW, json={"title": "x"}, headers=partner.headers)
    assert response.status_code == 415
    assert_whole(Shown(response))


async def test_what_people_write_is_never_markup(visit: Visit) -> None:
    partner = await visit("partner")
    hostile = "<script>alert(1)</script><img src=x onerror=alert(2)>'\"{{ 7 * 7 }}"
    address, page = await drafted(partner, title=hostile, summary=hostile, objectives=hostile)
    pages = [
        page,
        await partner.open("/work/proposals"),
        await partner.open(f"{address}/edit"),
    ]
    assert pages[2].form(f"{address}/edit").values["summary"] == hostile
    for shown in pages:
        assert_whole(shown)
        assert "<script" not in shown.html
        assert "<img src=x" not in shown.html
        assert "{{ 7 * 7 }}" in shown.html
    assert hostile in page.title


async def test_the_list_says_what_waits_for_whom(visit: Visit) -> None:
    address = await awaiting_decision(visit)
    reference = address.rpartition("/")[2]
    for persona, waits in (("co-manager-au", True), ("partner", False)):
        page = await (await visit(persona)).open(f"/work/proposals?search={reference}")
        assert re.search(r"\b1 proposal\b", page.text)
        assert ("Waiting for you: Cast the vote" in page.text) is waits


async def test_only_who_can_propose_is_invited_to(visit: Visit) -> None:
    for persona, is_invited in (("partner", True), ("staff", False), ("co-manager-au", False), (None, False)):
        page = await (await visit(persona)).open("/work/proposals")
        assert ("Propose a project" in page.text) is is_invited, persona
