"""Chromium signs in at the provider and out again: no policy of pages or cookies stands in the way."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import async_playwright, expect
from starlette.applications import Starlette

from hub.database import Place
from tests.browser.conftest import CHROMIUM_ARGUMENTS, chromium
from tests.identity.inviting import address, invited
from tests.identity.provider_process import ProviderProcess


@pytest.mark.browser
async def test_a_browser_signs_in_at_the_provider_and_out_again(
    hub: Starlette, hub_address: str, provider: ProviderProcess, place: Place
) -> None:
    email = address()
    complaints: list[tuple[str, str]] = []
    await invited(place, email)
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium(), args=list(CHROMIUM_ARGUMENTS))
        page = await started.new_page()
        await page.route(re.compile("^https:"), lambda route: route.abort())  # fonts of the provider's pages
        page.on("console", lambda said: complaints.append((said.location["url"], said.text)))
        await page.goto(f"{hub_address}/work/proposals")
        await page.get_by_role("link", name="Sign in", exact=True).first.click()
        await page.locator("input[name=login]").fill(email)
        await page.locator("input[name=password]").fill("any")
        await page.get_by_role("button", name="Sign-in").click()
        await page.get_by_role("button", name="Continue").click()
        await expect(page).to_have_url(f"{hub_address}/work/proposals")
        await expect(page.get_by_text(f"Owner of {email}")).to_be_visible()
        (kept,) = [c for c in await page.context.cookies() if c["name"] == "hub_session"]
        assert (kept["httpOnly"], kept["sameSite"], kept["path"]) == (True, "Lax", "/")
        await page.get_by_role("button", name="Sign out").click()
        await expect(page).to_have_url(re.compile(f"^{provider.issuer}/session/end"))
        await page.get_by_role("button", name="Yes, sign me out").click()
        await expect(page).to_have_url(f"{hub_address}/")
        await expect(page.get_by_role("link", name="Sign in", exact=True)).to_be_visible()
        assert "hub_session" not in {c["name"] for c in await page.context.cookies()}
        await started.close()
    assert [text for url, text in complaints if url.startswith(hub_address)] == []
