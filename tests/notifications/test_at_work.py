"""A worker with a mail server: people invite and mail arrives; without one that answers, all else goes on."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from hub.database import Place
from hub.notifications import delivery, postman
from hub.notifications.server import MailServer
from tests.conftest import running
from tests.identity.inviting import address
from tests.notifications.conftest import Outbox
from tests.notifications.mail_server import SmtpServer
from tests.organisations.staffing import Somebody, employ
from tests.web.browsing import Visitor, assert_whole
from tests.web.test_people import PEOPLE, form_of

PROMPT = delivery.GRACE_SECONDS + 1


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A postman who looks more often than production's."""
    monkeypatch.setattr(postman, "POLL_SECONDS", 0.05)


@asynccontextmanager
async def production(
    place: Place, folder: Path, server: MailServer, **more: Any
) -> AsyncIterator[tuple[Starlette, httpx.AsyncClient]]:
    """A worker that is no demonstration, and a client of it."""
    given = {"is_demonstration": False, "mail_server": server, "pool_size": 2, **more}
    async with running(place, folder, **given) as app:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as http:
            yield app, http


async def real(app: Starlette, place: Place, http: httpx.AsyncClient, *roles: str) -> Somebody:
    """Somebody who is not invented."""
    return await employ(app, place, http, *roles, is_demonstration=False)


async def invited(somebody: Somebody, email: str) -> dict[str, Any]:
    """The answer to inviting the address as a partner of one's own organisation."""
    home = (await somebody.browser.data("{ viewer { organisation { id } } }"))["viewer"]["organisation"]["id"]
    payload = await somebody.browser.do(
        "invitePerson", "invitation { id mailState }", email=email, organisationId=home, role="PARTNER"
    )
    assert payload["__typename"] == "InvitePersonSuccess", payload
    invitation: dict[str, Any] = payload["invitation"]
    return invitation


async def until(what: str, is_so: Any) -> None:
    """Wait for something of the next seconds."""
    end = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < end, what
        await asyncio.sleep(0.02)


STATE = "query($id: ID!) { node(id: $id) { ... on Invitation { mailState mailStateAt } } }"


async def test_who_is_invited_by_a_person_gets_a_mail_that_names_both(
    place: Place, tmp_path: Path, smtp: SmtpServer, outbox: Outbox
) -> None:
    async with production(place, tmp_path, smtp.settings) as (app, http):
        focal_point = await real(app, place, http, "FOCAL_POINT")
        name = "Nguyễn\r\nBcc: everybody@example.org"
        await outbox.execute(
            "update hub.persons set name = :name where email = :email", name=name, email=focal_point.email
        )
        email = address()
        invitation = await invited(focal_point, email)
        assert invitation["mailState"] == "QUEUED"
        await until("the mail arrives", lambda: smtp.letters)
        (letter,) = smtp.letters
        assert letter.to == [email]
        text = letter.mail.get_content()
        alliance = "Demonstration Alliance for Safe Migration"
        assert text.startswith(f"Nguyễn Bcc: everybody@example.org ({alliance}) invites you")
        assert f"For:    {alliance}" in text
        assert "As:     Partner" in text
        assert re.search(r"^Until:  \d+ \w+ \d{4}, \d\d:\d\d UTC\r?$", text, re.MULTILINE)
        assert "    http://hub.test/auth/login" in text
        await asyncio.sleep(0.2)
        assert len(smtp.letters) == 1
        node = (await focal_point.browser.data(STATE, id=invitation["id"]))["node"]
        assert node["mailState"] == "SENT"
        assert node["mailStateAt"] is not None


async def test_a_page_says_what_becomes_of_the_mail_and_sends_it_again(
    place: Place, tmp_path: Path, smtp: SmtpServer, outbox: Outbox
) -> None:
    smtp.replies["RCPT"] = "550 5.1.1 no such user"
    async with production(place, tmp_path, smtp.settings) as (app, http):
        focal_point = await real(app, place, http, "FOCAL_POINT")
        visitor = Visitor(http, focal_point.browser.cookie)
        page = await visitor.open(PEOPLE)
        done = await visitor.follow(await visitor.send(form_of(page, "invite"), invite__email=address()))
        assert_whole(done)
        assert "What becomes of its mail is said under “Who was invited”." in done.text
        assert "Nothing is sent by the hub." not in done.text
        rows = await outbox.rows()
        while rows[0]["mail_state"] == "QUEUED":
            await asyncio.sleep(0.02)
            rows = await outbox.rows()
        failed = await visitor.open(PEOPLE)
        assert_whole(failed)
        assert "The mail could not be delivered : look at the address" in failed.text
        refused = await visitor.send(form_of(failed, "resend"))
        assert refused.status == 409
        assert "The last mail is not an hour old." in refused.text
        smtp.replies.clear()
        await outbox.execute("update hub.invitations set mail_state_at = now() - interval '61 minutes'")
        again = await visitor.follow(await visitor.send(form_of(failed, "resend")))
        assert_whole(again)
        assert "The mail is queued once more." in again.text
        await until("the mail arrives", lambda: smtp.letters)
        await asyncio.sleep(0.2)
        sent = await visitor.open(PEOPLE)
        assert_whole(sent)
        assert "Mailed " in sent.text


async def test_a_page_says_when_the_mail_goes_that_corrects_the_last(
    place: Place, tmp_path: Path, smtp: SmtpServer
) -> None:
    async with production(place, tmp_path, smtp.settings) as (app, http):
        focal_point = await real(app, place, http, "FOCAL_POINT")
        visitor, email = Visitor(http, focal_point.browser.cookie), address()
        await visitor.send(form_of(await visitor.open(PEOPLE), "invite"), invite__email=email)
        await until("the mail arrives", lambda: smtp.letters)
        await asyncio.sleep(0.2)
        page = await visitor.open(PEOPLE)
        again = await visitor.follow(await visitor.send(form_of(page, "invite"), invite__email=email))
        assert_whole(again)
        said = r"The mail is queued, and goes out after \d+ \w+ \d{4}, \d\d:\d\d UTC ?: the last one to this"
        assert re.search(said, again.text)
        await asyncio.sleep(0.2)
        assert len(smtp.letters) == 1


@pytest.mark.parametrize("workers", [2])
async def test_two_workers_send_what_two_people_write_once(
    workers: int, place: Place, tmp_path: Path, smtp: SmtpServer
) -> None:
    smtp.seconds = 0.02
    async with production(place, tmp_path, smtp.settings) as one, production(place, tmp_path, smtp.settings):
        focal_point = await real(one[0], place, one[1], "FOCAL_POINT")
        emails = [address() for _ in range(10)]
        for email in emails:
            await invited(focal_point, email)
        await until("every mail arrives", lambda: len(smtp.letters) >= 10)
        await asyncio.sleep(0.3)
    assert sorted(smtp.recipients) == sorted(emails)


async def test_what_is_withdrawn_while_the_server_is_down_is_never_mailed(
    place: Place, tmp_path: Path, smtp: SmtpServer, outbox: Outbox
) -> None:
    smtp.stop()
    async with production(place, tmp_path, smtp.settings) as (app, http):
        focal_point = await real(app, place, http, "FOCAL_POINT")
        withdrawn = await invited(focal_point, address("withdrawn"))
        kept = address("kept")
        await invited(focal_point, kept)
        done = await focal_point.browser.do("withdrawInvitation", "invitation { id }", id=withdrawn["id"])
        assert done["__typename"] == "WithdrawInvitationSuccess"
    smtp.start()
    await outbox.hasten()
    async with production(place, tmp_path, smtp.settings):
        await until("the other arrives", lambda: smtp.letters)
        await asyncio.sleep(0.2)
    assert smtp.recipients == [kept]


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.mark.parametrize("kind", ["down", "silent"])
async def test_a_mail_server_that_fails_disturbs_nothing_and_holds_no_end_up(
    kind: str, silent: int, place: Place, tmp_path: Path, smtp: SmtpServer, outbox: Outbox
) -> None:
    server = replace(smtp.settings, port=silent) if kind == "silent" else smtp.settings
    smtp.stop()
    async with production(place, tmp_path, server, pool_size=1) as (app, http):
        focal_point = await real(app, place, http, "FOCAL_POINT")
        for _ in range(3):
            began = time.monotonic()
            assert (await invited(focal_point, address()))["mailState"] == "QUEUED"
            assert time.monotonic() - began < 2
            await asyncio.sleep(0.2)
        assert (await http.get("/readyz")).status_code == 200
        ending = time.monotonic()
    assert time.monotonic() - ending < PROMPT
    assert [row["is_waiting"] for row in await outbox.rows()] == [True] * 3
    smtp.start()


async def test_a_mail_that_is_being_sent_when_the_hub_stops_is_sent_and_noted(
    place: Place, tmp_path: Path, smtp: SmtpServer, outbox: Outbox
) -> None:
    smtp.seconds = 0.5
    async with production(place, tmp_path, smtp.settings) as (app, http):
        focal_point = await real(app, place, http, "FOCAL_POINT")
        for _ in range(2):
            await invited(focal_point, address())
        await until("the first is here", lambda: smtp.letters)
    assert [row["is_sent"] for row in await outbox.rows()] == [True, False]
    assert len(smtp.letters) == 1


async def test_a_demonstration_sends_nothing(place: Place, tmp_path: Path, smtp: SmtpServer) -> None:
    async with production(place, tmp_path, smtp.settings, is_demonstration=True) as (app, http):
        focal_point = await employ(app, place, http, "FOCAL_POINT")
        await invited(focal_point, address())
        visitor = Visitor(http, focal_point.browser.cookie)
        assert "Nothing is sent by the hub." in (await visitor.open(PEOPLE)).text
        await asyncio.sleep(0.3)
    assert smtp.letters == []
