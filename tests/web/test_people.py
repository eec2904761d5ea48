"""People, roles and tokens by the portal's own pages, sent exactly as the pages offer them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from tests.conftest import Client, Person
from tests.identity.inviting import address
from tests.web.browsing import SentForm, Shown, Visitor, assert_whole
from tests.web.conftest import Visit

PEOPLE, TOKENS = "/account/people", "/account/tokens"


def form_of(page: Shown, do: str) -> SentForm:
    """The first form of the page that does it."""
    return next(form for form in page.forms if form.values.get("do") == do)


def deeds_of(page: Shown) -> list[str]:
    """What the page's forms do, in order."""
    return [form.values["do"] for form in page.forms if "do" in form.values]


async def person_page(visitor: Visitor, name: str) -> Shown:
    """The page of the first person of the name whom the visitor sees in the list."""
    page = await visitor.open(PEOPLE)
    (link,) = set(re.findall(rf'href="(/account/people/[^"]+)"><bdi>{re.escape(name)}<', page.html))
    return await visitor.open(link)


async def test_a_focal_point_invites_and_withdraws(visit: Visit) -> None:
    focal_point = await visit("focal-point")
    page = await focal_point.open(PEOPLE)
    assert_whole(page)
    assert page.headings == ["People of Demonstration Alliance for Safe Migration"]
    assert "Demo Officer, Demo Alliance" in page.text
    assert "Another organisation" not in page.text
    email = address()
    wrong = await focal_point.send(form_of(page, "invite"), invite__email="nobody")
    assert_whole(wrong)
    assert wrong.status == 422
    assert "E-mail address: write it as name@example.org" in wrong.text
    assert form_of(wrong, "invite").values["invite.email"] == "nobody"
    done = await focal_point.follow(await focal_point.send(form_of(wrong, "invite"), invite__email=email))
    assert_whole(done)
    assert "The invitation stands." in done.text
    assert email in done.text
    assert "sign in at http://hub.test with the address that was invited" in done.text
    gone = await focal_point.follow(await focal_point.send(form_of(done, "withdraw")))
    assert "The invitation was withdrawn." in gone.text
    assert email not in gone.text


async def test_a_person_is_granted_a_role_that_is_ended_and_then_removed(visit: Visit) -> None:
    admin = await visit("admin")
    search = await admin.open(f"{PEOPLE}?search=Demonstration+Alliance")
    (link,) = [link for link in search.links if link.startswith(f"{PEOPLE}?organisation=")]
    listed = await admin.open(link)
    assert_whole(listed)
    (path,) = re.findall(r'href="(/account/people/[^"]+)"><bdi>Demo Officer, Demo Alliance<', listed.html)
    page = await admin.open(path)
    assert_whole(page)
    assert deeds_of(page) == ["grant", "remove"]
    odd = await admin.send(form_of(page, "grant"), grant__role="ANALYST", grant__startsOn="2020-01-01")
    assert_whole(odd)
    assert odd.status == 422
    assert "First day: choose today or a later day" in odd.text
    odd = await admin.send(form_of(page, "grant"), grant__role="ANALYST", grant__startsOn="tomorrow")
    assert "First day: write the day as year, month, day" in odd.text
    granted = await admin.follow(await admin.send(form_of(page, "grant"), grant__role="ANALYST"))
    assert "The role was granted." in granted.text
    assert "Granted by Demo Administrator, RSO" in granted.text
    (role,) = re.findall(r'href="(/account/roles/[^"]+)">Analyst<', granted.html)
    held = await admin.open(role)
    assert_whole(held)
    assert deeds_of(held) == ["hand-over", "end"]
    ended = await admin.follow(await admin.send(form_of(held, "end")))
    assert_whole(ended)
    assert "The end of the role is set." in ended.text
    assert deeds_of(ended) == []
    again = await admin.send(form_of(held, "end"))
    assert again.status == 409
    assert "This role has ended already." in again.text
    removed = await admin.follow(await admin.send(form_of(page, "remove")))
    assert_whole(removed)
    assert "The person was removed, and is signed out everywhere." in removed.text
    assert deeds_of(removed) == []


async def test_a_focal_point_hands_the_role_over_by_the_pages(visit: Visit) -> None:
    focal_point = await visit("focal-point")
    page = await person_page(focal_point, "Demo Focal Point, Demo Alliance")
    assert deeds_of(page) == ["remove"], "nobody grants himself a role"
    (role,) = re.findall(r'href="(/account/roles/[^"]+)">Focal point<', page.html)
    held = await focal_point.open(role)
    assert deeds_of(held) == ["hand-over"]
    unchosen = await focal_point.send(form_of(held, "hand-over"))
    assert_whole(unchosen)
    assert "Successor: fill this in" in unchosen.text
    (id,) = re.findall(r'<option value="(\S+)">Demo Officer, Demo Alliance<', held.html)
    typed = {"hand-over__toPersonId": id, "hand-over__note": "On leave."}
    done = await focal_point.follow(await focal_point.send(form_of(held, "hand-over"), **typed))
    assert_whole(done)
    assert "The role was handed over." in done.text


async def test_the_last_focal_point_is_told_why_not(visit: Visit) -> None:
    focal_point = await visit("focal-point")
    page = await person_page(focal_point, "Demo Focal Point, Demo Alliance")
    refused = await focal_point.send(form_of(page, "remove"))
    assert_whole(refused)
    assert refused.status == 409
    assert "You are the last focal point of your organisation." in refused.text


async def test_who_may_do_nothing_is_offered_nothing(visit: Visit) -> None:
    partner = await visit("partner")
    page = await partner.open(PEOPLE)
    assert_whole(page)
    assert deeds_of(page) == []
    one = await person_page(partner, "Demo Focal Point, Demo Alliance")
    assert_whole(one)
    assert deeds_of(one) == []
    public = await visit()
    for path in (PEOPLE, TOKENS):
        shown = await public.open(path)
        assert_whole(shown)
        assert "You are not signed in." in shown.text


async def test_what_is_not_there_and_what_is_not_to_be_seen_is_the_same(visit: Visit, people: Client) -> None:
    data = await (await people("admin")).data(
        "{ people(first: 100) { nodes { id name grants { id } } } initiatives(first: 1) { nodes { id } } }"
    )
    other = next(node for node in data["people"]["nodes"] if "Demo Foundation" in node["name"])
    partner = await visit("partner")
    hidden = (
        f"/account/people/{quote(other['id'])}",
        f"/account/people/{quote(data['initiatives']['nodes'][0]['id'])}",
        "/account/people/nonsense",
        f"/account/roles/{quote(other['grants'][0]['id'])}",
        "/account/roles/nonsense",
        "/account/people?organisation=nonsense",
    )
    for path in hidden:
        assert (await partner.open(path)).status == 404, path
    public = await visit()
    assert (await public.open(hidden[0])).status == 404
    odd = await partner.send(SentForm(PEOPLE, "post", {"do": "nothing", "id": "x"}))
    assert odd.status == 404


# -- tokens --------------------------------------------------------------------------------------------


async def test_a_token_is_shown_once_and_then_revoked(visit: Visit) -> None:
    analyst = await visit("analyst")
    page = await analyst.open(TOKENS)
    assert_whole(page)
    form = form_of(page, "create")
    last = (datetime.now(UTC).date() + timedelta(days=90)).isoformat()
    assert (form.values["expiresOn"], form.values["access"]) == (last, "READ")
    empty = await analyst.send(form)
    assert_whole(empty)
    assert empty.status == 422
    assert "What the token is for: fill this in" in empty.text
    made = await analyst.send(form, label="Weekly <figures>")
    assert_whole(made)
    assert made.response.headers["cache-control"] == "private, no-store"
    (secret,) = re.findall(r"<code>(hub_\S+)</code>", made.html)
    program = Person(analyst.http, secret)
    assert (await program.data("{ viewer { roles } }"))["viewer"]["roles"] == ["ANALYST"]
    again = await analyst.send(form, label="Weekly <figures>")
    assert_whole(again)
    assert "hub_" not in again.text
    assert "The token was made before" in again.text
    listed = await analyst.open(TOKENS)
    assert "hub_" not in listed.text
    assert "Weekly <figures>" in listed.text
    gone = await analyst.follow(await analyst.send(form_of(listed, "revoke")))
    assert_whole(gone)
    assert "The token was revoked" in gone.text
    assert "Revoked" in gone.text


async def test_a_program_is_told_that_it_makes_no_token(visit: Visit, people: Client) -> None:
    form = form_of(await (await visit("staff")).open(TOKENS), "create")
    program = await people("staff")
    answer = await program.http.post(TOKENS, data=form.values | {"label": "x"}, headers=program.headers)
    assert answer.status_code == 403
    assert "A token cannot do this." in Shown(answer).text
