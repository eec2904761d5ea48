"""Partners apply, and two people of the office decide: what holds whoever asks, and when two ask at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette

from hub.database import Place
from hub.identity.actor import Role
from hub.organisations.declaration import Statement, whole
from schema.compiler.ids import parse
from tests.conftest import Client, Person
from tests.files.conftest import fetched, hand_in
from tests.files.samples import PDF
from tests.organisations.conftest import Employ
from tests.organisations.staffing import recorded
from tests.organisations.test_people import signs_in
from tests.policy.clones import IDENTITIES, as_owner
from tests.policy.stage import Stage

CONTENT = {"description": "We train coast guards.", "purpose": "A course."}
AGREED = [statement.value for statement in Statement]
FIELDS = "vettingApplication { id reference state version allowedActions documents { name } }"


async def set_vetting(place: Place, state: str) -> None:
    """Let the personas' partner be in the state."""
    async with as_owner(place) as owner:
        await Stage(owner).organisation(state)


async def saved(focal_point: Person, **given: Any) -> dict[str, Any]:
    """The draft after it was saved."""
    payload = await focal_point.do("saveVettingApplication", FIELDS, **given)
    assert payload["__typename"] == "SaveVettingApplicationSuccess", payload
    found: dict[str, Any] = payload["vettingApplication"]
    return found


async def submitted(people: Client, place: Place, **given: Any) -> str:
    """The id of a complete application of the personas' partner."""
    await set_vetting(place, "APPLIED")
    focal_point = await people("focal-point")
    draft = await saved(focal_point, **CONTENT, statements=AGREED, **given)
    payload = await focal_point.do("submitVettingApplication", id=draft["id"])
    assert payload["__typename"] == "SubmitVettingApplicationSuccess", payload
    return str(draft["id"])


async def under_vetting(people: Client, place: Place) -> str:
    """The id of an application that staff have taken up."""
    id = await submitted(people, place)
    payload = await (await people("staff")).do("startVetting", id=id)
    assert payload["__typename"] == "StartVettingSuccess", payload
    return id


async def state_of(place: Place) -> tuple[str | None, bool]:
    """How far the vetting of the personas' partner has come, and whether the public sees it."""
    async with as_owner(place) as owner:
        statement = (
            "select vetting_state, is_listed from hub.organisations where short_name = 'Demo Alliance'"
        )
        state, is_listed = (await owner.execute(text(statement))).one()
    return state, is_listed


def problems_of(payload: dict[str, Any]) -> list[tuple[str, str]]:
    """Where and what is wrong."""
    return [(".".join(p["path"]), p["code"]) for p in payload["problems"]]


# -- registering ---------------------------------------------------------------------------------------

PARTNER = {"name": "Harbour School", "shortName": "Harbour", "kind": "ACADEMIA", "email": "head@example.org"}


async def test_a_registered_partner_applies_and_is_not_listed(people: Client, place: Place) -> None:
    staff = await people("staff", in_person=True)
    fields = "partner { id vettingState isDemonstration allowedActions }"
    made = await staff.do("registerPartner", fields, **PARTNER, idempotencyKey="a")
    assert made == await staff.do("registerPartner", fields, **PARTNER, idempotencyKey="a")
    partner = made["partner"]
    assert partner == {
        "id": partner["id"],
        "vettingState": "APPLIED",
        "isDemonstration": True,
        "allowedActions": [],
    }
    node = "query($id: ID!) { organisation(id: $id) { id } }"
    assert await (await people()).data(node, id=partner["id"]) == {"organisation": None}
    invitations = await staff.data(
        "query($id: ID!) { invitations(filter: { organisation: $id }) { nodes { email role confirms } } }",
        id=partner["id"],
    )
    expected = {"email": "head@example.org", "role": "FOCAL_POINT", "confirms": True}
    assert invitations["invitations"]["nodes"] == [expected]


async def test_who_was_invited_applies_for_the_new_partner(
    app: Starlette, people: Client, employed: Employ
) -> None:
    staff = await people("staff", in_person=True)
    made = await staff.do("registerPartner", "partner { id }", **PARTNER)
    actor = await signs_in(app, PARTNER["email"])
    assert actor is not None
    assert (actor.roles, str(actor.organisation_id)) == (
        frozenset({Role.FOCAL_POINT}),
        key_of(made["partner"]["id"]),
    )
    colleague = await employed("FOCAL_POINT", organisation="Harbour")
    found = await colleague.browser.data("{ viewer { allowedActions } }")
    begins = {"CREATE_PROPOSAL", "EXPRESS_INTEREST", "SAVE_VETTING_APPLICATION"}
    assert set(found["viewer"]["allowedActions"]) == begins
    draft = await saved(colleague.browser, **CONTENT, statements=AGREED)
    payload = await colleague.browser.do("submitVettingApplication", id=draft["id"])
    assert payload["__typename"] == "SubmitVettingApplicationSuccess"


def key_of(id: str) -> str:
    """The key in an id."""
    found = parse(id)
    assert found is not None
    return str(found[1])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"name": "demo alliance"}, [("name", "DUPLICATE")]),
        ({"shortName": "International Organization for Migration"}, [("shortName", "DUPLICATE")]),
        ({"kind": "MEMBER_STATE"}, [("kind", "NOT_A_PARTNER")]),
        ({"name": " ", "shortName": "x" * 61}, [("name", "REQUIRED"), ("shortName", "TOO_LONG")]),
        ({"email": "head"}, [("email", "MALFORMED")]),
    ],
)
async def test_a_partner_that_cannot_be_is_refused_by_name(
    given: dict[str, str], expected: list[tuple[str, str]], people: Client, place: Place
) -> None:
    staff = await people("staff", in_person=True)
    payload = await staff.do("registerPartner", **(PARTNER | given))
    assert problems_of(payload) == expected
    async with as_owner(place) as owner:
        found = "select count(*) from hub.invitations"
        assert await owner.scalar(text(found)) == 0


async def test_two_who_register_the_same_at_once_register_it_once(people: Client) -> None:
    staff = await people("staff", in_person=True)
    answers = await asyncio.gather(*(staff.do("registerPartner", **PARTNER) for _ in range(3)))
    outcomes = sorted(answer["__typename"] for answer in answers)
    assert outcomes == ["InvalidInput", "InvalidInput", "RegisterPartnerSuccess"]


# -- applying ------------------------------------------------------------------------------------------


async def test_a_draft_is_seen_by_its_focal_points_and_nobody_else(people: Client, place: Place) -> None:
    await set_vetting(place, "APPLIED")
    draft = await saved(await people("focal-point"), **CONTENT)
    assert (draft["state"], draft["allowedActions"]) == ("DRAFT", ["SAVE", "SUBMIT"])
    for name in IDENTITIES:
        found = await (await people(name)).data(
            "query($r: String!) { vettingApplication(reference: $r) { id }"
            " vettingApplications(filter: { state: [DRAFT] }) { totalCount } }",
            r=draft["reference"],
        )
        is_own = name == "focal-point"
        assert (found["vettingApplication"] is not None) == is_own, name
        assert found["vettingApplications"]["totalCount"] == int(is_own), name


async def test_a_draft_is_replaced_as_a_whole_by_whoever_read_it_last(people: Client, place: Place) -> None:
    await set_vetting(place, "APPLIED")
    focal_point = await people("focal-point")
    first = await saved(focal_point, **CONTENT, website="https://example.org", idempotencyKey="a")
    assert first == await saved(focal_point, **CONTENT, website="https://example.org", idempotencyKey="a")
    second = await saved(focal_point, purpose="Another.", expectedVersion=first["version"])
    assert second["id"] == first["id"]
    late = await focal_point.do("saveVettingApplication", purpose="x", expectedVersion=first["version"])
    assert late["__typename"] == "Conflict"
    fields = "description purpose website statements"
    node = f"query($id: ID!) {{ node(id: $id) {{ ... on VettingApplication {{ {fields} }} }} }}"
    found = (await focal_point.data(node, id=first["id"]))["node"]
    assert found == {"description": None, "purpose": "Another.", "website": None, "statements": []}


async def test_two_who_begin_at_once_begin_one_draft(people: Client, place: Place) -> None:
    await set_vetting(place, "APPLIED")
    focal_point = await people("focal-point")
    drafts = await asyncio.gather(*(saved(focal_point, **CONTENT) for _ in range(4)))
    assert len({draft["id"] for draft in drafts}) == 1


async def test_a_draft_is_changed_and_submitted_at_once_by_one_after_the_other(
    people: Client, place: Place
) -> None:
    focal_point = await people("focal-point")
    for _ in range(3):
        await set_vetting(place, "APPLIED")
        draft = await saved(focal_point, **CONTENT, statements=AGREED)
        answers = await asyncio.gather(
            *(focal_point.do("saveVettingApplication", **CONTENT, statements=AGREED) for _ in range(2)),
            *(focal_point.do("submitVettingApplication", id=draft["id"]) for _ in range(2)),
        )
        outcomes = [answer["__typename"] for answer in answers]
        assert outcomes.count("SubmitVettingApplicationSuccess") == 1
        assert set(outcomes[:2]) <= {"SaveVettingApplicationSuccess", "Conflict"}
        async with as_owner(place) as owner:
            stage = Stage(owner)
            await stage.withdraw_drafts(await stage.organisation("APPLIED"))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"website": "example.org"}, [("website", "MALFORMED")]),
        ({"website": "javascript:alert(1)//a.b"}, [("website", "MALFORMED")]),
        ({"website": "https://user@example.org"}, [("website", "MALFORMED")]),
        ({"registrationNumber": "1" * 201}, [("registrationNumber", "TOO_LONG")]),
        ({"description": "a\x00"}, [("description", "CONTROL_CHARACTER")]),
    ],
)
async def test_what_cannot_be_kept_is_refused_by_name(
    given: dict[str, str], expected: list[tuple[str, str]], people: Client, place: Place
) -> None:
    await set_vetting(place, "APPLIED")
    payload = await (await people("focal-point")).do("saveVettingApplication", **given)
    assert problems_of(payload) == expected


async def test_what_is_incomplete_is_not_submitted(people: Client, place: Place) -> None:
    await set_vetting(place, "APPLIED")
    focal_point = await people("focal-point")
    draft = await saved(focal_point, statements=AGREED[:-1])
    payload = await focal_point.do("submitVettingApplication", id=draft["id"])
    assert problems_of(payload) == [
        ("description", "REQUIRED"),
        ("purpose", "REQUIRED"),
        ("statements", "REQUIRED"),
    ]


async def test_the_declaration_is_kept_with_who_made_it_and_when(people: Client, place: Place) -> None:
    id = await submitted(people, place)
    fields = "declaration submittedAt submittedBy { name } state allowedActions"
    node = f"query($id: ID!) {{ node(id: $id) {{ ... on VettingApplication {{ {fields} }} }} }}"
    found = (await (await people("staff")).data(node, id=id))["node"]
    assert found.pop("submittedAt") is not None
    assert found == {
        "declaration": whole(),
        "submittedBy": {"name": "Demo Focal Point, Demo Alliance"},
        "state": "SUBMITTED",
        "allowedActions": ["START"],
    }


async def test_what_was_submitted_does_not_change_even_for_its_owner(people: Client, place: Place) -> None:
    focal_point = await people("focal-point")
    await set_vetting(place, "APPLIED")
    file, _ = [(await hand_in(focal_point, PDF)).json()["id"] for _ in range(2)]
    id = await submitted(people, place, documentIds=[file])
    for mutation, given in (
        ("saveVettingApplication", CONTENT),
        ("submitVettingApplication", {"id": id}),
    ):
        assert (await focal_point.do(mutation, **given))["__typename"] == "Conflict", mutation
    changes = (
        "update hub.vetting_applications set purpose = 'x' where state = 'SUBMITTED'",
        "update hub.vetting_documents set removed_at = now()",
        "insert into hub.vetting_documents (application_id, file_id, organisation_id)"
        " select d.application_id, f.id, d.organisation_id from hub.vetting_documents d"
        " join hub.files f on f.organisation_id = d.organisation_id and f.id <> d.file_id",
    )
    for change in changes:
        async with as_owner(place) as owner:
            with pytest.raises(DBAPIError, match="was submitted"):
                await owner.execute(text(change))
            await owner.rollback()


async def test_an_organisation_that_need_not_or_may_not_apply_is_told_so(
    employed: Employ, people: Client, place: Place
) -> None:
    focal_point = await people("focal-point")
    for state in ("VETTED", "SUSPENDED", "UNDER_VETTING"):
        await set_vetting(place, state)
        payload = await focal_point.do("saveVettingApplication", **CONTENT)
        assert payload["__typename"] == "Conflict", state
        assert f"Your organisation is {state}" in payload["message"]
    official = await employed("FOCAL_POINT", organisation="Fiji")
    payload = await official.browser.do("saveVettingApplication", **CONTENT)
    assert payload["message"].startswith("Vetting does not apply to your organisation")


# -- documents -----------------------------------------------------------------------------------------


async def test_documents_are_seen_with_the_application(people: Client, place: Place) -> None:
    await set_vetting(place, "APPLIED")
    partner, focal_point, staff = [await people(name) for name in ("partner", "focal-point", "staff")]
    kept = (await hand_in(partner, PDF, "kept.pdf")).json()
    gone = (await hand_in(partner, PDF, "gone.pdf")).json()
    draft = await saved(focal_point, **CONTENT, documentIds=[kept["id"], gone["id"], kept["id"]])
    assert [document["name"] for document in draft["documents"]] == ["kept.pdf", "gone.pdf"]
    assert (await fetched(staff, kept["path"])).status_code == 404, "a draft's document is nobody else's"
    id = await submitted(people, place, documentIds=[kept["id"]])
    allowed = {"partner", "focal-point", "co-manager-au", "co-manager-id", "co-chair", "staff"}
    for name in IDENTITIES:
        person = await people(name)
        assert (await fetched(person, kept["path"])).status_code == (200 if name in allowed else 404), name
        own = 200 if name in ("partner", "focal-point") else 404
        assert (await fetched(person, gone["path"])).status_code == own, (name, "what was taken out")
    node = "query($id: ID!) { node(id: $id) { ... on VettingApplication { documents { name } } } }"
    assert (await staff.data(node, id=id))["node"] == {"documents": [{"name": "kept.pdf"}]}


async def test_only_ones_own_files_are_attached_and_ten_at_most(
    employed: Employ, people: Client, place: Place
) -> None:
    await set_vetting(place, "APPLIED")
    focal_point = await people("focal-point")
    other = await employed("PARTNER", organisation="Demo Foundation")
    theirs = (await hand_in(other.browser, PDF)).json()["id"]
    own = [(await hand_in(focal_point, PDF)).json()["id"] for _ in range(11)]
    payload = await focal_point.do("saveVettingApplication", documentIds=[own[0], theirs])
    assert problems_of(payload) == [("documentIds.1", "UNKNOWN")]
    payload = await focal_point.do("saveVettingApplication", documentIds=own)
    assert problems_of(payload) == [("documentIds", "TOO_MANY")]
    payload = await focal_point.do("saveVettingApplication", documentIds=["x"])
    assert problems_of(payload) == [("documentIds.0", "MALFORMED_ID")]


# -- deciding ------------------------------------------------------------------------------------------

DECISION = {"verdict": "VETTED", "reason": "Known and trusted."}


async def test_who_took_it_up_does_not_decide(people: Client, place: Place) -> None:
    id = await under_vetting(people, place)
    staff, co_manager = await people("staff"), await people("co-manager-au")
    node = "query($id: ID!) { node(id: $id) { ... on VettingApplication { allowedActions } } }"
    assert (await staff.data(node, id=id))["node"] == {"allowedActions": ["RETURN"]}
    assert (await co_manager.data(node, id=id))["node"] == {"allowedActions": ["RETURN", "DECIDE"]}
    refused = await staff.do("decideVetting", id=id, **DECISION)
    assert refused["__typename"] == "NotAllowed"
    assert await state_of(place) == ("UNDER_VETTING", False)
    done = await co_manager.do("decideVetting", FIELDS, id=id, **DECISION)
    assert done["vettingApplication"]["state"] == "ACCEPTED"
    assert await state_of(place) == ("VETTED", True)


async def test_the_table_itself_wants_two_people(people: Client, place: Place) -> None:
    await under_vetting(people, place)
    change = "update hub.vetting_applications set state = 'ACCEPTED', decided_by_id = started_by_id"
    async with as_owner(place) as owner:
        with pytest.raises(DBAPIError, match="decided_by_another"):
            await owner.execute(text(f"{change} where state = 'UNDER_VETTING'"))
        await owner.rollback()


async def test_another_of_the_staff_decides_but_nobody_about_the_own_organisation(
    employed: Employ, people: Client, place: Place
) -> None:
    id = await under_vetting(people, place)
    insider = await employed("STAFF", organisation="Demo Alliance")
    for mutation, given in (
        ("decideVetting", {"id": id, **DECISION}),
        ("returnVettingApplication", {"id": id, "reasons": "x"}),
    ):
        payload = await insider.browser.do(mutation, **given)
        assert payload["__typename"] == "NotAllowed", mutation
    colleague = await employed("STAFF", organisation="RSO")
    payload = await colleague.program.do("decideVetting", id=id, **DECISION)
    assert payload["__typename"] == "DecideVettingSuccess"
    partner = (await insider.browser.data("{ viewer { organisation { id } } }"))["viewer"]["organisation"]
    payload = await insider.browser.do("suspendPartner", id=partner["id"], reason="x")
    assert payload["__typename"] == "NotAllowed"
    assert await state_of(place) == ("VETTED", True)


async def test_of_two_who_decide_at_once_one_decides(people: Client, place: Place) -> None:
    id = await under_vetting(people, place)
    clients = [await people(name) for name in ("co-manager-au", "co-manager-id")]
    given = ({"verdict": "VETTED", "reason": "Yes."}, {"verdict": "REJECTED", "reason": "No."})
    answers = await asyncio.gather(
        *(client.do("decideVetting", id=id, **one) for client, one in zip(clients, given, strict=True))
    )
    assert sorted(answer["__typename"] for answer in answers) == ["Conflict", "DecideVettingSuccess"]
    async with as_owner(place) as owner:
        key = parse(id)
        assert key is not None
        outcomes = await owner.scalars(
            text("select outcome from hub.vetting_decisions where application_id = :id"), {"id": key[1]}
        )
        assert [(await state_of(place))[0]] == outcomes.all()


async def test_a_decision_is_made_once_for_one_key(people: Client, place: Place) -> None:
    id = await under_vetting(people, place)
    co_manager = await people("co-manager-id")
    answers = await asyncio.gather(
        *(co_manager.do("decideVetting", FIELDS, id=id, **DECISION, idempotencyKey="a") for _ in range(3))
    )
    assert {answer["__typename"] for answer in answers} == {"DecideVettingSuccess"}
    assert [action for action, _ in await recorded(place, id)].count("vetting:decide") == 1


async def test_a_reason_is_wanted_and_read_by_the_applicant_and_the_office_alone(
    people: Client, place: Place
) -> None:
    id = await under_vetting(people, place)
    co_manager = await people("co-manager-au")
    for mutation, field, given in (
        ("decideVetting", "reason", {"verdict": "REJECTED", "reason": " "}),
        ("returnVettingApplication", "reasons", {"reasons": ""}),
    ):
        assert problems_of(await co_manager.do(mutation, id=id, **given)) == [(field, "REQUIRED")]
    await co_manager.do("decideVetting", id=id, verdict="REJECTED", reason="Secret reason.")
    reading = "{ partners(first: 100) { nodes { vettingDecisions { reason } } } }"
    readers = {"focal-point", "co-manager-au", "co-manager-id", "co-chair", "staff"}
    for name in IDENTITIES:
        answer = await (await people(name)).ask(reading)
        assert ("Secret reason." in str(answer)) == (name in readers), name
    record = await recorded(place, id)
    assert [action for action, _ in record][-1] == "vetting:decide"
    assert "Secret reason." not in str(record), "the record has other readers"
    async with as_owner(place) as owner:
        told = await owner.scalar(text("select string_agg(payload::text, '') from hub.outbox_messages"))
        assert "Secret reason." not in str(told)


async def test_who_was_rejected_applies_again_and_the_history_stays(people: Client, place: Place) -> None:
    first = await under_vetting(people, place)
    co_manager, focal_point = await people("co-manager-au"), await people("focal-point")
    await co_manager.do("decideVetting", id=first, verdict="REJECTED", reason="Too new.")
    assert await state_of(place) == ("REJECTED", False)
    viewer = "{ viewer { allowedActions } }"
    assert "SAVE_VETTING_APPLICATION" in (await focal_point.data(viewer))["viewer"]["allowedActions"]
    draft = await saved(focal_point, **CONTENT, statements=AGREED)
    assert draft["id"] != first
    await focal_point.do("submitVettingApplication", id=draft["id"])
    assert await state_of(place) == ("REJECTED", False), "the office alone moves a partner"
    assert "SAVE_VETTING_APPLICATION" not in (await focal_point.data(viewer))["viewer"]["allowedActions"]
    await (await people("staff")).do("startVetting", id=draft["id"])
    await co_manager.do("decideVetting", id=draft["id"], **DECISION)
    assert await state_of(place) == ("VETTED", True)
    own = "{ viewer { organisation { ... on Partner { vettingApplications { state } } } } }"
    states = (await focal_point.data(own))["viewer"]["organisation"]["vettingApplications"]
    assert [one["state"] for one in states][-2:] == ["REJECTED", "ACCEPTED"]


async def test_who_is_returned_writes_another_application(people: Client, place: Place) -> None:
    first = await under_vetting(people, place)
    staff, focal_point = await people("staff"), await people("focal-point")
    payload = await staff.do("returnVettingApplication", FIELDS, id=first, reasons="Name your directors.")
    assert payload["vettingApplication"]["state"] == "RETURNED"
    assert await state_of(place) == ("APPLIED", False)
    assert (await staff.do("startVetting", id=first))["__typename"] == "Conflict"
    draft = await saved(focal_point, **CONTENT, statements=AGREED)
    assert draft["id"] != first


async def test_a_version_that_was_read_before_is_refused(people: Client, place: Place) -> None:
    id = await submitted(people, place)
    staff = await people("staff")
    payload = await staff.do("startVetting", id=id, expectedVersion=1)
    assert payload["__typename"] == "Conflict"
    assert await state_of(place) == ("APPLIED", False)


# -- suspending, and what needs vetting ----------------------------------------------------------------


async def partner_id(people: Client) -> str:
    """The personas' partner."""
    viewer = await (await people("partner")).data("{ viewer { organisation { id } } }")
    return str(viewer["viewer"]["organisation"]["id"])


async def test_a_suspended_partner_is_reinstated_and_told_both_times(people: Client, place: Place) -> None:
    staff, id = await people("staff"), await partner_id(people)
    for mutation in ("suspendPartner", "reinstatePartner"):
        assert problems_of(await staff.do(mutation, id=id, reason="")) == [("reason", "REQUIRED")]
    fields = "partner { vettingState allowedActions vettingDecisions { outcome } version }"
    gone = await staff.do("suspendPartner", fields, id=id, reason="A complaint.", expectedVersion=1)
    assert gone["partner"]["vettingState"] == "SUSPENDED"
    assert gone["partner"]["allowedActions"] == ["REINSTATE"]
    assert await state_of(place) == ("SUSPENDED", False)
    again = await staff.do("suspendPartner", id=id, reason="Again.")
    assert again["__typename"] == "Conflict"
    late = await staff.do("reinstatePartner", id=id, reason="Settled.", expectedVersion=1)
    assert late["__typename"] == "Conflict"
    back = await staff.do("reinstatePartner", fields, id=id, reason="Settled.")
    assert [one["outcome"] for one in back["partner"]["vettingDecisions"]][-2:] == ["SUSPENDED", "REINSTATED"]
    assert await state_of(place) == ("VETTED", True)
    async with as_owner(place) as owner:
        topics = await owner.scalars(text("select topic from hub.outbox_messages order by id"))
        assert topics.all() == ["PartnerSuspended", "PartnerReinstated"]


async def test_vetting_does_not_apply_to_everybody(people: Client) -> None:
    staff = await people("staff")
    found = await staff.data('{ partners(filter: { search: "UNHCR" }) { nodes { id vettingState } } }')
    (unhcr,) = found["partners"]["nodes"]
    assert unhcr["vettingState"] is None
    payload = await staff.do("suspendPartner", id=unhcr["id"], reason="x")
    assert payload["__typename"] == "NotAllowed"


PLEDGE: dict[str, Any] = {
    "title": "Support",
    "kind": "DIRECT_FUNDING",
    "year": 2027,
    "valueOn": "2026-11-02",
    "amount": {"amount": "100.00", "currency": "USD"},
}
OFFER = {
    "title": "Adviser",
    "expertise": "Law",
    "secondeeKind": "GOVERNMENT_OFFICIAL",
    "startsOn": "2027-03-01",
    "endsOn": "2027-06-30",
}
PROPOSALS = "proposals(first: 50, filter: { state: [DRAFT] }) { nodes { id allowedActions } }"


@pytest.mark.parametrize("state", ["APPLIED", "UNDER_VETTING", "REJECTED", "SUSPENDED", "VETTED"])
async def test_who_is_not_vetted_drafts_and_does_no_more(state: str, people: Client, place: Place) -> None:
    async with as_owner(place) as owner:
        stage = Stage(owner)
        draft, contribution = await stage.proposal("DRAFT"), await stage.contribution("PLEDGED", committed=0)
        endorsed = await stage.proposal("LETTER_ISSUED")
    await set_vetting(place, state)
    partner, focal_point = await people("partner"), await people("focal-point")
    assert (await partner.do("createProposal", title="A draft"))["__typename"] == "CreateProposalSuccess"
    entry = {"amount": PLEDGE["amount"], "valueOn": "2026-11-02"}
    attempts = {
        "submitProposal": await partner.do("submitProposal", id=draft),
        "pledgeContribution": await partner.do("pledgeContribution", **PLEDGE),
        "offerSecondment": await partner.do("offerSecondment", **OFFER),
        "commitContribution": await focal_point.do("commitContribution", id=contribution, **entry),
        "acceptEndorsement": await focal_point.do("acceptEndorsement", id=endorsed),
    }
    for mutation, payload in attempts.items():
        if state == "VETTED":
            assert payload["__typename"] == f"{mutation[0].upper()}{mutation[1:]}Success", payload
        else:
            assert payload["__typename"] == "NotAllowed", mutation
            assert "vett" in payload["message"]


@pytest.mark.parametrize("state", ["APPLIED", "VETTED"])
async def test_what_is_allowed_says_so(state: str, people: Client, place: Place) -> None:
    async with as_owner(place) as owner:
        draft = await Stage(owner).proposal("DRAFT")
    await set_vetting(place, state)
    partner = await people("partner")
    query = f"{{ viewer {{ allowedActions }} {PROPOSALS} }}"
    found = await partner.data(query)
    (actions,) = [one["allowedActions"] for one in found["proposals"]["nodes"] if one["id"] == draft]
    assert ("SUBMIT" in actions) == (state == "VETTED")
    begins = set(found["viewer"]["allowedActions"])
    needing = {"PLEDGE_CONTRIBUTION", "OFFER_SECONDMENT"}
    assert begins == {"CREATE_PROPOSAL", "EXPRESS_INTEREST"} | (needing if state == "VETTED" else set())


async def test_every_filter_and_order_of_the_list_gives_what_it_says(people: Client, place: Place) -> None:
    id = await under_vetting(people, place)
    staff, partner = await people("staff"), await partner_id(people)
    listed = "query($f: VettingApplicationFilter, $o: VettingApplicationOrder) {"
    listed += " vettingApplications(filter: $f, orderBy: $o, first: 50) { nodes { id reference state } } }"

    async def found(filter: dict[str, Any], order: dict[str, Any]) -> list[dict[str, Any]]:
        nodes: list[dict[str, Any]] = (await staff.data(listed, f=filter, o=order))["vettingApplications"][
            "nodes"
        ]
        return nodes

    newest = {"field": "CREATED_AT", "direction": "DESC"}
    assert (await found({"organisation": partner}, newest))[0]["id"] == id
    states = {one["state"] for one in await found({"state": ["UNDER_VETTING"]}, newest)}
    assert states == {"UNDER_VETTING"}
    references = [one["reference"] for one in await found({}, {"field": "REFERENCE"})]
    assert references == sorted(references)
    assert len(references) >= 5
