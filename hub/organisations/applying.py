"""Applying to be vetted: what a partner's focal point drafts, and submits with a declaration."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from sqlalchemy import select, text

from hub import policy
from hub.act import Act
from hub.errors import Conflict, NotAllowed, NotFound
from hub.files.models import StoredFile
from hub.organisations import declaration
from hub.organisations.declaration import Statement
from hub.organisations.models import Organisation, VettingApplication, VettingDocument
from hub.organisations.workflow import (
    MAY_APPLY,
    OPEN,
    ApplicationState,
    VettingEvent,
    VettingState,
    next_of_application,
)
from hub.policy import STAFF, Action
from hub.texts import LONG, SHORT, Problems

MOST_DOCUMENTS: Final = 10
REQUIRED: Final = {"description": "description", "purpose": "purpose"}
"""What must be filled in before an application is submitted, with the names that the API gives them."""
APPLIES_NOT: Final = {
    VettingState.UNDER_VETTING: "Your organisation's application is under vetting; it cannot be changed now.",
    VettingState.VETTED: "Your organisation is vetted already; there is nothing to apply for.",
    VettingState.SUSPENDED: "Your organisation is suspended, and is not vetted anew. Ask the RSO what "
    "it takes to be reinstated.",
}
"""Why an organisation in a state does not apply."""
_LOCK: Final = text("select pg_advisory_xact_lock(hashtextextended('vetting of ' || :organisation, 0))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What an application says, its documents apart."""

    description: str | None
    purpose: str | None
    registration_number: str | None
    website: str | None
    statements: Sequence[str]
    """Of the declaration those that are agreed to."""


async def save(
    act: Act, *, content: Content, document_ids: Sequence[uuid.UUID], version: int | None
) -> VettingApplication:
    """Begin the draft of the actor's organisation, or put this in its place. Nobody else sees it.

    `version` is of the draft that was read; None says that there was none.
    """
    if act.actor.organisation_id is None:
        raise NotAllowed("Only somebody who acts for an organisation can apply.")
    begun = VettingApplication(organisation_id=act.actor.organisation_id, created_by_id=act.person_id)
    policy.require(act.actor, Action.VETTING_SAVE, begun)
    await _alone(act)
    await _require_applicant(act)
    application = await _open_of(act)
    _require_read(application, version)
    checked = _checked(content)
    await _check_documents(act, document_ids)
    if application is None:
        application = begun
        application.reference = await act.reference("VET")
        application.state = ApplicationState.DRAFT
        application.is_demonstration = await act.is_demonstration()
        await act.add(application)
    else:
        act.changed(application)
    for field in fields(checked):
        setattr(application, field.name, getattr(checked, field.name))
    await _attach(act, application, document_ids)
    act.record(Action.VETTING_SAVE, application, reference=application.reference)
    return application


async def submit(act: Act, *, application_id: uuid.UUID, version: int | None) -> VettingApplication:
    """Submit the draft with the whole declaration. From then on it does not change."""
    await _alone(act)
    application = await act.take(
        VettingApplication, application_id, Action.VETTING_SUBMIT, what="Application", version=version
    )
    state = next_of_application(ApplicationState(application.state), VettingEvent.SUBMIT)
    await _require_applicant(act)
    problems = Problems()
    for column, name in REQUIRED.items():
        if getattr(application, column) is None:
            problems.add(name, code="REQUIRED", message="fill this in before you submit")
    if set(application.statements) != set(Statement):
        message = "agree to every statement before you submit; if you cannot, ask the RSO"
        problems.add("statements", code="REQUIRED", message=message)
    problems.check()
    application.state, application.declaration = state, declaration.whole()
    application.submitted_at, application.submitted_by_id = act.now, act.person_id
    act.changed(application)
    act.record(Action.VETTING_SUBMIT, application, declaration=declaration.VERSION)
    act.tell("VettingSubmitted", application, role=STAFF, reference=application.reference)
    return application


async def _alone(act: Act) -> None:
    """Let nobody else draft or submit for the actor's organisation, until the act ends."""
    await act.session.execute(_LOCK, {"organisation": str(act.actor.organisation_id)})


async def _require_applicant(act: Act) -> None:
    """Only a partner that is not vetted yet applies."""
    own = await act.see(Organisation, act.actor.organisation_id or uuid.UUID(int=0), "Organisation")
    if own.vetting_state is None:
        raise Conflict("Vetting does not apply to your organisation; there is nothing to apply for.")
    state = VettingState(own.vetting_state)
    if state not in MAY_APPLY:
        raise Conflict(APPLIES_NOT[state])


async def _open_of(act: Act) -> VettingApplication | None:
    """The one application of the actor's organisation that is not decided or returned."""
    found: VettingApplication | None = await act.session.scalar(
        select(VettingApplication).where(
            VettingApplication.organisation_id == act.actor.organisation_id,
            VettingApplication.state.in_(OPEN),
        )
    )
    return found


def _require_read(application: VettingApplication | None, version: int | None) -> None:
    """Nobody writes over what he or she has not read: another's draft, or the end of one's own."""
    if application is None:
        if version is not None:
            raise Conflict(
                "The draft that you read is a draft no more: it was submitted, and came back. Reload."
            )
    elif application.state != ApplicationState.DRAFT:
        raise Conflict(f"Your application is {application.state}; it cannot be changed now.")
    elif version is None:
        raise Conflict(
            f"Your organisation has a draft already, {application.reference}, that you have not read (it is "
            f"version {application.version}). Read it before yours takes its place."
        )
    elif version != application.version:
        raise Conflict(
            f"Somebody changed this application since you read it (yours is version {version}, "
            f"it is now {application.version}). Reload it and try again."
        )


def _checked(content: Content) -> Content:
    problems = Problems()
    checked = Content(
        description=problems.text(content.description, "description", longest=LONG, required=False),
        purpose=problems.text(content.purpose, "purpose", longest=LONG, required=False),
        registration_number=problems.line(
            content.registration_number, "registrationNumber", longest=SHORT, required=False
        ),
        website=problems.website(content.website, "website"),
        statements=[statement.value for statement in Statement if statement in content.statements],
    )
    problems.check()
    return checked


async def _check_documents(act: Act, ids: Sequence[uuid.UUID]) -> None:
    """Files of the actor's own organisation, and not too many."""
    problems = Problems()
    if len(ids) > MOST_DOCUMENTS:
        problems.add("documentIds", code="TOO_MANY", message=f"attach at most {MOST_DOCUMENTS} documents")
        problems.check()
    for place, id in enumerate(ids):
        try:
            file = await act.see(StoredFile, id, "File")
        except NotFound:
            file = None
        if file is None or file.organisation_id != act.actor.organisation_id:
            message = "no such file of your organisation; upload it first"
            problems.add("documentIds", str(place), code="UNKNOWN", message=message)
    problems.check()


async def _attach(act: Act, application: VettingApplication, ids: Sequence[uuid.UUID]) -> None:
    """Let the application have these documents and no others."""
    found = await act.session.scalars(
        select(VettingDocument).where(VettingDocument.application_id == application.id)
    )
    known = {document.file_id: document for document in found}
    for id, document in known.items():
        if id in ids:
            document.removed_at = None
        elif document.removed_at is None:
            document.removed_at = act.now
    for id in dict.fromkeys(ids):
        if id not in known:
            values: dict[str, Any] = {"file_id": id, "organisation_id": application.organisation_id}
            act.session.add(VettingDocument(application_id=application.id, **values))
    await act.session.flush()
