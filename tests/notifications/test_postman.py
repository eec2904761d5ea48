"""Mail arrives at least once, whatever fails on the way, and nobody else can read what is in the outbox."""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hub.database import Place
from hub.db.engine import Database, identify
from hub.errors import Unavailable
from hub.notifications.postman import MOST_ATTEMPTS, Postman, delay
from hub.notifications.server import Encryption
from tests.notifications.certificates import certified
from tests.notifications.conftest import BASE_URL, Invite, Outbox
from tests.notifications.mail_server import SmtpServer
from tests.policy.clones import actor_of, as_owner

# -- what arrives --------------------------------------------------------------------------------------


async def test_an_invitation_of_the_operator_arrives_once(
    invite: Invite, postman: Postman, smtp: SmtpServer, outbox: Outbox
) -> None:
    email = await invite()
    await postman.send_due()
    await postman.send_due()
    (letter,) = smtp.letters
    row = await outbox.row()
    assert (letter.sender, letter.to) == ("hub@example.org", [email])
    assert letter.mail["Message-ID"] == f"<{row['id']}@example.org>"
    assert "For:    Regional Support Office of the Bali Process" in letter.mail.get_content()
    assert (row["is_sent"], row["is_waiting"], row["attempts"]) == (True, False, 1)
    assert (row["mail_state"], row["last_error"]) == ("SENT", None)


@pytest.mark.parametrize(
    "change",
    [
        "withdrawn_at = now()",
        "accepted_at = now(), accepted_by_id = (select id from hub.persons limit 1)",
        "expires_at = now()",
        "is_demonstration = true",
    ],
)
async def test_what_is_over_before_it_is_sent_is_not_sent(
    change: str, invite: Invite, postman: Postman, smtp: SmtpServer, outbox: Outbox
) -> None:
    over, open_ = await invite(), await invite()
    await outbox.execute(f"update hub.invitations set {change} where email = :email", email=over)
    await postman.send_due()
    assert smtp.recipients == [open_]
    assert [(row["is_sent"], row["is_waiting"]) for row in await outbox.rows()] == [
        (False, False),
        (True, False),
    ]


async def test_what_was_told_before_there_was_mail_is_not_mailed(
    invite: Invite, postman: Postman, smtp: SmtpServer, outbox: Outbox
) -> None:
    """As the migration leaves it: without a next attempt."""
    await invite()
    await outbox.execute("update hub.outbox_messages set next_attempt_at = null")
    await postman.send_due()
    assert smtp.letters == []


async def test_inviting_again_leaves_one_mail(
    invite: Invite, postman: Postman, smtp: SmtpServer, outbox: Outbox
) -> None:
    email = await invite()
    await invite(email.upper())
    await postman.send_due()
    assert smtp.recipients == [email.upper()]


NOT_BEFORE = (
    "select round(extract(epoch from i.mail_not_before - now()) / 60)::int from hub.invitations i"
    " where i.withdrawn_at is null"
)


@pytest.mark.parametrize("reply", [None, "550 5.1.1 no such user"])
@pytest.mark.parametrize("role", ["staff", "analyst"])
async def test_the_next_invitation_of_an_address_is_mailed_an_hour_after_the_last_mail(
    role: str,
    reply: str | None,
    place: Place,
    invite: Invite,
    postman: Postman,
    smtp: SmtpServer,
    outbox: Outbox,
) -> None:
    """Whoever made it, and whatever the next attempt says: the outbox itself waits."""
    if reply:
        smtp.replies["RCPT"] = reply
    email = await invite()
    await postman.send_due()
    smtp.replies.clear()
    first = len(smtp.letters)
    await outbox.execute("update hub.invitations set withdrawn_at = now()")  # by hand
    await invite(email.upper(), role=role)
    other = await invite(email, organisation="Demo Alliance")
    await postman.send_due()
    assert smtp.recipients[first:] == [other], "another organisation's goes"
    waiting = (await outbox.rows())[1]
    assert (waiting["attempts"], waiting["mail_state"]) == (0, "QUEUED")
    assert waiting["seconds"] == pytest.approx(3600, abs=20)
    await outbox.hasten()
    await postman.send_due()
    assert smtp.recipients[first:] == [other]
    async with as_owner(place) as owner:
        waits = (await owner.scalars(text(NOT_BEFORE))).all()
    assert sorted(waits, key=str) == [60, None]
    await outbox.execute("update hub.invitations set mail_state_at = now() - interval '61 minutes'")
    await outbox.hasten()
    await postman.send_due()
    assert smtp.recipients[first:] == [other, email.upper()]
    async with as_owner(place) as owner:
        assert set(await owner.scalars(text(NOT_BEFORE))) == {None}


async def test_the_next_waits_while_the_last_may_be_on_its_way(
    place: Place, invite: Invite, postman: Postman, smtp: SmtpServer, outbox: Outbox
) -> None:
    """Taken, and replaced before it was noted as sent; the worker dies."""
    email = await invite()
    async with as_owner(place) as owner:
        assert len((await owner.execute(text(DEEDS[0]))).all()) == 1
    await invite(email)
    await postman.send_due()
    assert smtp.letters == []
    _, second = await outbox.rows()
    assert second["seconds"] == pytest.approx(60, abs=10), "as long as the lease"
    await outbox.execute("update hub.outbox_messages set updated_at = now() - interval '6 minutes'")
    await outbox.hasten()
    await postman.send_due()
    assert smtp.recipients == [email]


async def test_two_workers_are_not_given_two_mails_to_one_address(
    place: Place, invite: Invite, outbox: Outbox
) -> None:
    email = await invite()
    await invite(email, role="analyst")

    async def taken() -> int:
        async with as_owner(place) as owner:
            return len((await owner.execute(text(DEEDS[0]))).all())

    async with as_owner(place) as owner:
        assert len((await owner.execute(text(DEEDS[0]))).all()) == 1
        other = asyncio.create_task(taken())
        await asyncio.sleep(0.3)
        assert not other.done()
    assert await other == 0
    assert sorted(row["attempts"] for row in await outbox.rows()) == [0, 1]


# -- what fails ----------------------------------------------------------------------------------------


async def test_a_server_that_is_down_costs_no_attempt_and_gets_the_mail_when_it_is_up(
    invite: Invite, postman: Postman, smtp: SmtpServer, outbox: Outbox
) -> None:
    email = await invite()
    smtp.stop()
    for _ in range(MOST_ATTEMPTS + 1):
        with pytest.raises(Unavailable, match="Error connecting to 127"):
            await postman.send_due()
    row = await outbox.row()
    assert (row["attempts"], row["is_waiting"], row["mail_state"]) == (0, True, "QUEUED")
    assert row["last_error"].startswith("Error connecting")
    smtp.start()
    await postman.send_due()
    assert smtp.recipients == [email]
    assert (await outbox.row())["last_error"] is None


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("RCPT", "450 4.2.1 busy"),
        ("RCPT", "554 5.7.1 Relay access denied"),
        ("MAIL", "550 5.1.8 the sender's domain is unknown"),
        ("DATA", "451 4.7.1 greylisted"),
    ],
)
async def test_what_is_refused_for_now_is_tried_again_later_and_then_given_up(
    command: str, reply: str, invite: Invite, postman: Postman, smtp: SmtpServer, outbox: Outbox
) -> None:
    await invite()
    smtp.replies[command] = reply
    for attempt in range(1, MOST_ATTEMPTS + 1):
        await postman.send_due()
        row = await outbox.row()
        assert (row["attempts"], row["last_error"], row["is_sent"]) == (attempt, reply, False)
        wait = delay(attempt)
        if wait is None:
            break
        assert row["seconds"] == pytest.approx(wait.total_seconds(), abs=5)
        await postman.send_due()  # before that is over, nothing
        assert (await outbox.row())["attempts"] == attempt
        await outbox.hasten()
    assert attempt == MOST_ATTEMPTS
    assert (row["is_waiting"], row["mail_state"]) == (False, "FAILED")
    smtp.replies.clear()
    await postman.send_due()
    assert smtp.letters == []


def test_the_pauses_between_attempts_outlast_a_night() -> None:
    pauses = [delay(attempt) for attempt in range(1, MOST_ATTEMPTS + 1)]
    assert pauses[-1] is None
    known = [pause for pause in pauses if pause is not None]
    assert known == sorted(known)
    assert known[0] == timedelta(minutes=1)
    assert timedelta(hours=16) < sum(known, timedelta()) < timedelta(days=2)


async def test_it_goes_on_with_the_next_after_one_that_was_refused_for_now(
    invite: Invite, postman: Postman, smtp: SmtpServer, outbox: Outbox
) -> None:
    await invite()
    smtp.replies["RCPT"] = "450 4.2.1 busy"
    await postman.send_due()
    smtp.replies.clear()
    second = await invite()
    await postman.send_due()
    assert smtp.recipients == [second]
    await outbox.hasten()
    await postman.send_due()
    assert len(smtp.letters) == 2


@pytest.mark.parametrize(
    ("command", "reply"), [("RCPT", "550 5.1.1 no such user"), ("DATA", "554 5.6.0 not like this")]
)
async def test_what_is_refused_for_good_is_given_up_and_the_invitation_says_so(
    command: str, reply: str, invite: Invite, postman: Postman, smtp: SmtpServer, outbox: Outbox
) -> None:
    await invite()
    smtp.replies[command] = reply
    await postman.send_due()
    row = await outbox.row()
    assert (row["is_sent"], row["is_waiting"], row["last_error"]) == (False, False, reply)
    assert row["mail_state"] == "FAILED"


async def test_an_address_that_is_none_is_given_up_and_reaches_no_server(
    invite: Invite, postman: Postman, smtp: SmtpServer, outbox: Outbox
) -> None:
    """As one may stand from before it was refused."""
    email = await invite()
    await outbox.execute(
        "update hub.invitations set email = 'a,b@example.org' where email = :email", email=email
    )
    good = await invite()
    await postman.send_due()
    assert smtp.recipients == [good]
    first, _ = await outbox.rows()
    assert (first["mail_state"], first["last_error"]) == ("FAILED", "no mail can be sent to the address")


async def test_what_a_server_says_is_kept_short_and_in_one_line(
    invite: Invite, postman: Postman, smtp: SmtpServer, outbox: Outbox
) -> None:
    await invite()
    smtp.replies["RCPT"] = "550-" + "no\x1b[31m " * 40 + "\r\n550 \xff" + "x" * 300
    await postman.send_due()
    said = (await outbox.row())["last_error"]
    assert said.startswith("550 no [31m no")
    assert len(said) == 200
    assert said.isprintable()


async def test_a_server_that_hangs_up_is_tried_again_and_counts(
    invite: Invite, postman: Postman, smtp: SmtpServer, outbox: Outbox
) -> None:
    await invite()
    smtp.replies["RCPT"] = "421 4.3.2 going down"
    with pytest.raises(Unavailable, match="going down"):
        await postman.send_due()
    row = await outbox.row()
    assert (row["attempts"], row["is_waiting"], row["mail_state"]) == (1, True, "QUEUED")


# -- twice at the most ---------------------------------------------------------------------------------


async def test_workers_that_race_send_each_message_once(
    place: Place, invite: Invite, smtp: SmtpServer, outbox: Outbox
) -> None:
    invited = {await invite() for _ in range(12)}
    smtp.seconds = 0.02
    databases = [Database(place.login, pool_size=1) for _ in range(3)]
    await asyncio.gather(*(Postman(each, smtp.settings, BASE_URL).send_due() for each in databases))
    for each in databases:
        await each.dispose()
    assert len(smtp.recipients) == 12
    assert set(smtp.recipients) == invited
    assert {row["attempts"] for row in await outbox.rows()} == {1}


async def test_a_worker_that_dies_between_sending_and_noting_loses_nothing(
    invite: Invite, postman: Postman, smtp: SmtpServer, outbox: Outbox
) -> None:
    email = await invite()
    sending = asyncio.create_task(postman.send_due())
    loop = asyncio.get_running_loop()
    smtp.on_letter = lambda: loop.call_soon_threadsafe(sending.cancel)
    smtp.seconds = 0.1
    with pytest.raises(asyncio.CancelledError):
        await sending
    smtp.on_letter = lambda: None
    row = await outbox.row()
    assert (row["is_sent"], row["is_waiting"], row["attempts"]) == (False, True, 1)
    assert row["seconds"] == pytest.approx(300, abs=10)
    await postman.send_due()
    assert len(smtp.letters) == 1, "the lease has not ended"
    await outbox.hasten()
    await postman.send_due()
    assert smtp.recipients == [email, email]
    first, second = (letter.mail for letter in smtp.letters)
    assert first["Message-ID"] == second["Message-ID"]
    assert (await outbox.row())["mail_state"] == "SENT"


async def test_a_worker_that_dies_of_it_every_time_stops_at_last(
    invite: Invite, postman: Postman, smtp: SmtpServer, outbox: Outbox
) -> None:
    await invite()
    await outbox.execute("update hub.outbox_messages set attempts = :all", all=MOST_ATTEMPTS)
    await postman.send_due()
    row = await outbox.row()
    assert smtp.letters == []
    assert (row["is_waiting"], row["mail_state"]) == (False, "FAILED")
    assert row["last_error"] == "every attempt was broken off"


# -- encryption and login ------------------------------------------------------------------------------


@pytest.mark.parametrize("encryption", [Encryption.STARTTLS, Encryption.TLS])
async def test_login_over_an_encrypted_way(
    encryption: Encryption,
    invite: Invite,
    database: Database,
    outbox: Outbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tls, authority = certified("localhost", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    password = secrets.token_urlsafe(24)
    smtp = SmtpServer(user="hub", password=password, tls=tls, encryption=encryption).start()
    try:
        email = await invite()
        await Postman(database, smtp.settings, BASE_URL).send_due()
        assert smtp.recipients == [email]
        assert smtp.logins
        assert "refused" not in smtp.logins
        smtp.password = f"another {password}"  # the server's, after the hub has read its settings
        known = smtp.settings
        smtp.password = password
        await invite()
        with pytest.raises(Unavailable, match=r"^the server refused the login \(535\)$"):
            await Postman(database, known, BASE_URL).send_due()
    finally:
        smtp.stop()
    assert [row["attempts"] for row in await outbox.rows()] == [1, 0]


async def test_a_server_that_cannot_prove_who_it_is_gets_neither_mail_nor_password(
    invite: Invite, database: Database, tmp_path: Path
) -> None:
    tls, _ = certified("localhost", tmp_path)
    for encryption in (Encryption.STARTTLS, Encryption.TLS):
        given = {"user": "hub", "password": secrets.token_urlsafe(24)}
        smtp = SmtpServer(tls=tls, encryption=encryption, **given).start()  # type: ignore[arg-type]
        await invite()
        with pytest.raises(Unavailable, match="certificate verify failed"):
            await Postman(database, smtp.settings, BASE_URL).send_due()
        smtp.stop()
        assert (smtp.letters, smtp.logins) == ([], [])


async def test_a_server_without_starttls_gets_nothing_where_it_is_asked_for(
    invite: Invite, database: Database, smtp: SmtpServer
) -> None:
    await invite()
    smtp.encryption = Encryption.STARTTLS
    with pytest.raises(Unavailable, match="STARTTLS"):
        await Postman(database, smtp.settings, BASE_URL).send_due()
    assert smtp.letters == []


# -- who may ask the database --------------------------------------------------------------------------

DEEDS = (
    "select * from hub.take_mail(interval '1 minute')",
    "select hub.mail_sent(uuidv7())",
    "select hub.mail_not_sent(uuidv7(), 'a', null, true)",
)


@pytest.mark.parametrize("persona", ["admin", "staff", "partner"])
@pytest.mark.parametrize("deed", DEEDS)
async def test_nobody_who_is_somebody_empties_the_outbox(
    deed: str, persona: str, place: Place, invite: Invite, database: Database, outbox: Outbox
) -> None:
    await invite()
    async with as_owner(place) as owner:
        actor = await actor_of(owner, persona)
    async with database.app.begin() as connection:
        await identify(connection, actor)
        seen = await connection.scalar(text("select count(*) from hub.outbox_messages"))
        assert seen == 0
        with pytest.raises(DBAPIError, match="the outbox is emptied by nobody"):
            await connection.execute(text(deed))
    assert (await outbox.row())["is_waiting"]


async def test_looking_for_what_is_due_reads_the_index_of_what_waits(
    place: Place, invite: Invite, outbox: Outbox
) -> None:
    """Topics without a text pile up in the outbox, and cost the postman nothing."""
    await outbox.execute(
        "insert into hub.outbox_messages (topic, subject_type, subject_id)"
        " select 'VoteCast', 'Proposal', uuidv7() from generate_series(1, 20000)"
    )
    await invite()
    await outbox.execute("analyze hub.outbox_messages")
    async with as_owner(place) as owner:
        assert len((await owner.execute(text(DEEDS[0]))).all()) == 1
        read = text(
            "select seq_tup_read, idx_scan > 0 from pg_stat_xact_user_tables"
            " where relname = 'outbox_messages'"
        )
        assert tuple((await owner.execute(read)).one()) == (0, True)
