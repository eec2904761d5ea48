"""The portal in a real browser: each page as public, partner and Co-Manager; the main job by clicking."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Meet, Somebody

pytestmark = pytest.mark.browser

NARROW, WIDE = {"width": 320, "height": 640}, {"width": 1280, "height": 900}
PAGES = {
    "home": "/",
    "initiatives": "/initiatives",
    "initiatives-none": "/initiatives?search=nothinghasthisword",
    "initiatives-wrong": "/initiatives?kind=FOO&workPlanYear=x",
    "contributions": "/contributions",
    "contributions-idr": "/contributions?currency=IDR&groupBy=STATE",
    "contributions-provider": "/contributions?groupBy=PROVIDER&currency=USD",
    "proposals": "/work/proposals",
    "proposal-new": "/work/proposals/new",
    "partners": "/work/partners",
    "partner-new": "/work/partners/new",
    "vetting": "/work/vetting",
    "vetting-apply": "/work/vetting/apply",
    "sign-in": "/demo/sign-in",
    "not-found": "/nowhere",
}


def shoot(person: Somebody, folder: Path, name: str) -> None:
    """Look at the page wide and narrow; it must fit both."""
    for label, size in (("narrow", NARROW), ("wide", WIDE)):
        person.page.set_viewport_size(size)  # type: ignore[arg-type]
        assert person.overflow == 0, f"{name} is {person.overflow} px too wide at {size['width']} px"
        person.page.screenshot(path=folder / f"{name}-{label}.png", full_page=True)


@pytest.mark.parametrize("persona", [None, "partner", "co-manager-au"])
def test_every_page_fits_and_is_without_complaint(meet: Meet, screenshots: Path, persona: str | None) -> None:
    person = meet(persona)
    for name, path in PAGES.items():
        response = person.visit(path)
        assert response.status == (404 if name == "not-found" else 200)
        expect(person.page.get_by_role("heading", level=1)).to_have_count(1)
        shoot(person, screenshots, f"{persona or 'public'}-{name}")
    first_of(person, "/initiatives")
    shoot(person, screenshots, f"{persona or 'public'}-initiative")
    if persona is not None:
        for state in ("AWAITING_DECISION", "UNDER_REVIEW", "IN_WORKPLAN", "REVISION_REQUESTED"):
            first_of(person, "/work/proposals", f"?state={state}")
            shoot(person, screenshots, f"{persona}-proposal-{state.lower().replace('_', '-')}")


def first_of(person: Somebody, path: str, query: str = "") -> None:
    """Open the first record of a list by clicking."""
    person.visit(path + query)
    person.page.locator(".result-list h3 a").first.click()
    person.page.wait_for_url(re.compile(rf"{path}/\w+-"))


def fill_draft(person: Somebody) -> None:
    page = person.page
    page.get_by_role("navigation").get_by_role("link", name="Proposals").click()
    page.get_by_role("link", name="Propose a project").click()
    page.get_by_label("Title").fill("Study tour on identity documents")
    page.get_by_label("Summary").fill("Officers of ten states compare what they check.")
    page.get_by_label("Objectives").fill("Forged documents are found at the border.")
    page.get_by_label("Kind").select_option(label="Event")
    page.get_by_label("Scope").select_option(label="Regional")
    page.get_by_label("First day").fill("2027-03-01")
    page.get_by_label("Last day").fill("2027-03-05")
    page.get_by_label("Budget (optional)", exact=True).fill("120000.00")
    page.get_by_label("Currency of the budget").fill("AUD")


def vote(person: Somebody, address: str, reasons: str) -> None:
    person.page.goto(address)
    person.page.get_by_label("Endorse", exact=True).check()
    person.page.locator("form[action$='/vote']").get_by_label("Reasons").fill(reasons)
    person.page.get_by_role("button", name="Cast the vote").click()
    expect(person.page.get_by_role("status")).to_contain_text("The vote was recorded.")


def test_a_proposal_is_drafted_screened_and_endorsed_by_clicking(meet: Meet, screenshots: Path) -> None:
    partner = meet("partner")
    fill_draft(partner)
    partner.page.get_by_label("Last day").fill("2027-02-01")
    partner.page.get_by_role("button", name="Save the draft").click()
    expect(partner.page.get_by_role("alert")).to_contain_text("Last day: give a day on or after 2027-03-01")
    expect(partner.page.get_by_role("alert")).to_be_focused()
    shoot(partner, screenshots, "partner-proposal-problem")
    partner.page.get_by_role("alert").get_by_role("link").click()
    expect(partner.page.get_by_label("Last day")).to_be_focused()
    partner.page.get_by_label("Last day").fill("2027-03-05")
    partner.page.get_by_role("button", name="Save the draft").click()
    expect(partner.page.get_by_role("status")).to_contain_text("The draft was saved.")
    shoot(partner, screenshots, "partner-proposal-draft")
    address = partner.page.url.partition("?")[0]
    partner.page.get_by_role("button", name="Submit the proposal").click()
    expect(partner.page.get_by_role("status")).to_contain_text("The proposal was submitted.")
    shoot(partner, screenshots, "partner-proposal-submitted")

    staff = meet("staff")
    staff.page.goto(address)
    staff.page.get_by_role("button", name="Start screening").click()
    shoot(staff, screenshots, "staff-proposal-screening")
    staff.page.get_by_label("Eligible, send to the Co-Managers").check()
    staff.page.locator("form[action$='/screen']").get_by_label("Reasons").fill("Within the core purposes.")
    staff.page.get_by_role("button", name="Record the finding").click()
    expect(staff.page.get_by_role("status")).to_contain_text("The finding was recorded.")

    australia, indonesia = meet("co-manager-au"), meet("co-manager-id")
    australia.page.goto(address)
    shoot(australia, screenshots, "co-manager-au-vote")
    vote(australia, address, "It meets a need.")
    expect(australia.page.locator(".tag", has_text="Awaiting decision")).to_be_visible()
    shoot(australia, screenshots, "co-manager-au-voted")
    vote(indonesia, address, "It serves the region.")
    expect(indonesia.page.locator("h1 + p .tag")).to_have_text("Endorsed")
    shoot(indonesia, screenshots, "co-manager-id-endorsed")
    partner.page.reload()
    expect(partner.page.locator("h1 + p .tag")).to_have_text("Endorsed")
    shoot(partner, screenshots, "partner-proposal-endorsed")


def test_one_votes_without_a_mouse(meet: Meet) -> None:
    person = meet("co-manager-au")
    person.visit("/work/proposals?state=AWAITING_DECISION&orderBy=CREATED_AT.ASC")
    open_vote = person.page.locator(".result-list li", has_text="Cast the vote").first.locator("h3 a")
    open_vote.focus()
    person.page.keyboard.press("Enter")
    expect(person.page.get_by_role("button", name="Cast the vote")).to_be_visible()
    person.page.keyboard.press("Tab")
    expect(person.page.get_by_role("link", name="Skip to main content")).to_be_focused()
    person.page.keyboard.press("Enter")
    for _ in range(60):
        person.page.keyboard.press("Tab")
        if person.page.evaluate("document.activeElement.name") == "vote.choice":
            break
    person.page.keyboard.press("Space")
    person.page.keyboard.press("Tab")
    person.page.keyboard.type("It meets a need.")
    person.page.keyboard.press("Tab")
    person.page.keyboard.press("Tab")
    expect(person.page.get_by_role("button", name="Cast the vote")).to_be_focused()
    person.page.keyboard.press("Enter")
    expect(person.page.get_by_role("status")).to_contain_text("The vote was recorded.")


def test_everything_works_without_scripts(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    person = Somebody(context, address)
    person.sign_in("partner")
    person.visit("/initiatives")
    person.page.get_by_label("State", exact=True).select_option(label="Closed")
    person.page.get_by_role("button", name="Apply").click()
    assert "state=CLOSED" in person.page.url
    expect(person.page.locator(".result-list .tag").first).to_have_text("Closed")
    person.page.get_by_role("link", name="Next page").click()
    expect(person.page.get_by_role("link", name="Previous page")).to_be_visible()
    person.page.get_by_role("button", name="Sign out").click()
    expect(person.page.get_by_role("link", name="Sign in as", exact=True)).to_be_visible()
    assert person.complaints == []
    context.close()


def test_the_csv_is_downloaded_by_clicking(meet: Meet) -> None:
    person = meet(None)
    person.visit("/contributions?groupBy=STATE&currency=AUD")
    with person.page.expect_download() as download:
        person.page.get_by_role("link", name="Download this table (CSV)").click()
    assert download.value.suggested_filename == "contributions-state-AUD.csv"
    text = download.value.path().read_bytes().decode("utf-8-sig")
    assert text.startswith("State,Currency,Contributions,Pledged,Committed,Received,Allocated\r\n")


def test_partners_are_registered_and_vetted_by_clicking(meet: Meet, screenshots: Path) -> None:
    staff = meet("staff")
    staff.page.get_by_role("navigation").get_by_role("link", name="Vetting").click()
    shoot(staff, screenshots, "staff-vetting")
    staff.page.get_by_role("link", name="Register a partner").click()
    staff.page.get_by_role("button", name="Register and invite").click()
    for missing in ("Official name", "Everyday name", "Kind", "E-mail address of the focal point"):
        expect(staff.page.get_by_role("alert")).to_contain_text(f"{missing}: ")
    shoot(staff, screenshots, "staff-register-problem")
    staff.page.get_by_label("Official name").fill("Harbour School for Safe Passage")
    staff.page.get_by_label("Everyday name").fill("Harbour School")
    staff.page.get_by_label("Kind").select_option(label="Academia")
    staff.page.get_by_label("E-mail address").fill("head@example.org")
    staff.page.get_by_role("button", name="Register and invite").click()
    expect(staff.page.get_by_role("status")).to_contain_text("Done")
    shoot(staff, screenshots, "staff-partner")
    co_manager = meet("co-manager-au")
    co_manager.visit("/work/vetting?state=UNDER_VETTING")
    co_manager.page.locator(".result-list h3 a").first.click()
    shoot(co_manager, screenshots, "co-manager-vetting")
    co_manager.page.get_by_label("Accept", exact=True).check()
    co_manager.page.get_by_label("Reason", exact=True).fill("Known and trusted.")
    co_manager.page.get_by_role("button", name="Record the decision").click()
    expect(co_manager.page.get_by_role("status")).to_contain_text("The decision was recorded.")


def test_a_rejected_or_suspended_partner_sees_why(meet: Meet, screenshots: Path) -> None:
    staff, focal_point = meet("staff"), meet("focal-point")
    staff.visit("/work/partners?search=Demonstration+Alliance")
    staff.page.locator(".result-list h3 a").first.click()
    address = staff.page.url
    staff.page.get_by_label("Reason", exact=True).fill("A complaint is looked into.")
    staff.page.get_by_role("button", name="Suspend the partner").click()
    expect(staff.page.get_by_role("status")).to_contain_text("The partner was suspended.")
    focal_point.visit("/work/vetting")
    expect(focal_point.page.locator("main")).to_contain_text("A complaint is looked into.")
    shoot(focal_point, screenshots, "focal-point-vetting")
    staff.page.goto(address)
    staff.page.get_by_label("Reason", exact=True).fill("Settled.")
    staff.page.get_by_role("button", name="Reinstate the partner").click()
    expect(staff.page.get_by_role("status")).to_contain_text("The partner is vetted again.")
