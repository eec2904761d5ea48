"""The application of one's own organisation: filled in, saved as often as one likes, and submitted."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hub.errors import InvalidInput, NotAllowed
from hub.web.answering import REFUSAL_STATUS, go, show
from hub.web.forms import Form, ProblemRecord, Sent, posted_with_file
from hub.web.operations import Operation, Refused, ask, change
from hub.web.vetting_application.page import SUBMIT, address

APPLY: Final = Operation.beside(__file__)
SAVE: Final = Operation.beside(__file__, "save.graphql")
DOCUMENT: Final = Operation.beside(__file__, "document.graphql")
LABELS: Final = {
    "description": "What your organisation is and does",
    "purpose": "What you want to cooperate on",
    "registrationNumber": "Registration number",
    "website": "Website",
    "statements": "Declaration",
    "documentIds": "Documents handed in",
    "document": "Add a document",
}
FIELDS: Final = tuple(LABELS)
LISTS: Final = ("statements", "documentIds")
HIDDEN: Final = ("do", "expectedVersion", "idempotencyKey")
LARGEST_TYPED: Final = 1_000_000


class Draft(NamedTuple):
    """What the form begins with, and the names of its documents by id."""

    form: Form
    documents: dict[str, str]
    version: int | None


async def apply_for_vetting(request: Request) -> Response:
    """`/work/vetting/apply`."""
    if request.method != "POST":
        data = await ask(request, APPLY)
        draft = _draft(data)
        return _show(request, data, draft.form, draft.documents)
    if request.state.actor.is_public:
        _refuse_large(request)
    sent = await posted_with_file(request, (*HIDDEN, *FIELDS), "document")
    form = _visible(sent.form)
    try:
        form = await _attached(request, form, sent)
        result = await change(request, SAVE, _given(form, sent.form))
        saved = result["vettingApplication"]
        if sent.form.value("do") == "submit":
            await change(request, SUBMIT.operation, {"id": saved["id"], "expectedVersion": saved["version"]})
    except Refused as refused:
        return await _again(request, form, refused)
    finally:
        await request.close()
    done = "submit" if sent.form.value("do") == "submit" else "saved"
    return go(f"{address(saved['reference'])}?done={done}")


def _refuse_large(request: Request) -> None:
    """Who is not signed in, such as after a pause, keeps what was typed; but sends nobody a file."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > LARGEST_TYPED:
        raise HTTPException(413)


def _draft(data: Mapping[str, Any]) -> Draft:
    """The draft, or what the last application said where that was returned or rejected; one declares anew."""
    organisation = (data["viewer"] or {}).get("organisation") or {}
    applications = organisation.get("vettingApplications") or []
    if not applications:
        return Draft(Form(FIELDS), {}, None)
    last = applications[-1]
    documents = {document["id"]: document["name"] for document in last["documents"]}
    values = {name: last[name] for name in FIELDS if name in last} | {"documentIds": list(documents)}
    if last["state"] != "DRAFT":
        return Draft(Form.filled(FIELDS, values | {"statements": []}), documents, None)
    return Draft(Form.filled(FIELDS, values), documents, last["version"])


def _visible(form: Form) -> Form:
    """Without what the form carries unseen: a problem there stands at the whole form."""
    return Form(FIELDS, {name: form.chosen(name) for name in FIELDS if form.chosen(name)})


async def _attached(request: Request, form: Form, sent: Sent) -> Form:
    """The form with the document that came with it, which is handed in by itself; Refused where it is not."""
    if sent.file is None:
        return form
    try:
        made = await request.app.state.keep_file(
            request.state.actor, name=sent.file.filename, file=sent.file.file, field="document"
        )
    except InvalidInput as error:
        problems = [ProblemRecord(path=p.path, code=p.code, message=p.message) for p in error.problems]
        raise Refused("InvalidInput", error.message, problems) from None
    except NotAllowed as error:
        raise Refused("NotAllowed", error.message) from None
    documents = (*form.chosen("documentIds"), made["id"])
    return Form(FIELDS, {**form.values, "documentIds": documents})


def _given(form: Form, sent: Form) -> dict[str, Any]:
    given: dict[str, Any] = {
        name: form.given(name) for name in FIELDS if name not in (*LISTS, "document")
    } | {name: list(form.chosen(name)) for name in LISTS}
    return given | {
        "expectedVersion": sent.number("expectedVersion"),
        "idempotencyKey": sent.given("idempotencyKey"),
    }


async def _again(request: Request, form: Form, refused: Refused) -> Response:
    """The form with everything that was typed and handed in."""
    data = await ask(request, APPLY)
    documents = dict(_draft(data).documents)
    for id in form.chosen("documentIds"):
        if id not in documents:
            documents[id] = await _name_of(request, id)
    return _show(request, data, form.with_problems(refused.problems), documents, refused)


async def _name_of(request: Request, id: str) -> str:
    """What a document is called that was handed in before and is in no draft yet."""
    try:
        found = (await ask(request, DOCUMENT, {"id": id}))["node"]
    except Refused:
        found = None
    return found["name"] if found else "A document that cannot be found"


def _show(
    request: Request,
    data: Mapping[str, Any],
    form: Form,
    documents: Mapping[str, str],
    refused: Refused | None = None,
) -> Response:
    statements = [(value["name"], value["description"]) for value in data["statements"]["enumValues"]]
    chosen = [id for id in documents if id in form.chosen("documentIds")]
    others = [id for id in documents if id not in chosen]
    return show(
        request,
        "vetting_apply/template.html",
        data,
        status_code=REFUSAL_STATUS[refused.kind] if refused else 200,
        form=form,
        labels=LABELS,
        statements=statements,
        documents=[(id, documents[id]) for id in (*chosen, *others)],
        version=_draft(data).version,
        refused=refused,
        key=str(uuid.uuid4()),
    )
