"""The application of one's own organisation: filled in, saved as often as one likes, and submitted."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hub.errors import Conflict, InvalidInput, NotAllowed, Unavailable
from hub.web.answering import REFUSAL_STATUS, show
from hub.web.done import go_done
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
HIDDEN: Final = ("do", "expectedVersion", "presentVersion", "idempotencyKey")
APPLIES_NOT: Final[Mapping[str | None, str]] = {
    None: "Vetting does not apply to your organisation: there is nothing that it has to apply for.",
    "UNDER_VETTING": "The application of your organisation is under vetting, and cannot be changed now.",
    "VETTED": "Your organisation is vetted already: there is nothing to apply for.",
    "SUSPENDED": "Your organisation is suspended. It does not apply again; ask the RSO what it takes to be "
    "reinstated.",
}
"""What to say to whoever cannot apply, by how far the vetting of the organisation has come."""
WAITS: Final = "The application of your organisation waits for the office, and cannot be changed now."
NOT_A_FOCAL_POINT: Final = "The focal points of your organisation apply for it; ask one of them."
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
        return _show(request, data, draft.form, draft.documents, draft.version)
    if request.state.actor.is_public:
        _refuse_large(request)
    sent = await posted_with_file(request, (*HIDDEN, *FIELDS), "document")
    form, version, saved = _visible(sent.form), sent.form.version(), None
    try:
        form = await _attached(request, form, sent)
        result = await change(request, SAVE, _given(form, sent.form))
        saved = result["vettingApplication"]
        version = saved["version"]
        # A form that is sent twice saves once; then the application may be submitted already.
        if sent.form.value("do") == "submit" and saved["state"] == "DRAFT":
            await change(request, SUBMIT.operation, {"id": saved["id"], "expectedVersion": saved["version"]})
    except Refused as refused:
        return await _again(request, form, version, refused, is_saved=saved is not None)
    finally:
        await request.close()
    done = "submit" if sent.form.value("do") == "submit" else "saved"
    return go_done(request, address(saved["reference"]), done)


def _refuse_large(request: Request) -> None:
    """Who is not signed in, such as after a pause, keeps what was typed; but sends nobody a file."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > LARGEST_TYPED:
        raise HTTPException(413)


def _draft(data: Mapping[str, Any]) -> Draft:
    """The draft, or what the last application said where that was returned or rejected; one declares anew."""
    applications = _applications(data)
    if not applications:
        return Draft(Form(FIELDS), {}, None)
    last = applications[-1]
    documents = {document["id"]: document["name"] for document in last["documents"]}
    values = {name: last[name] for name in FIELDS if name in last} | {"documentIds": list(documents)}
    if last["state"] != "DRAFT":
        return Draft(Form.filled(FIELDS, values | {"statements": []}), documents, None)
    return Draft(Form.filled(FIELDS, values), documents, last["version"])


def _applications(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Those of the viewer's organisation that the viewer sees, in the order in which they were begun."""
    organisation = (data["viewer"] or {}).get("organisation") or {}
    return organisation.get("vettingApplications") or []


def _applies_not(data: Mapping[str, Any]) -> str | None:
    """Why the viewer cannot apply; None where he or she can, or is not signed in."""
    viewer = data["viewer"]
    if viewer is None or "SAVE_VETTING_APPLICATION" in viewer["allowedActions"]:
        return None
    state = (viewer["organisation"] or {}).get("vettingState")
    if state in APPLIES_NOT:
        return APPLIES_NOT[state]
    return WAITS if "FOCAL_POINT" in viewer["roles"] else NOT_A_FOCAL_POINT


def _visible(form: Form) -> Form:
    """Without what the form carries unseen: a problem there stands at the whole form."""
    return Form(FIELDS, {name: form.chosen(name) for name in FIELDS if form.chosen(name)})


def _key(of_form: str | None, file: UploadFile) -> str | None:
    """The same for the same file in the same form: when that is sent twice, the file is handed in once."""
    if of_form is None:
        return None
    file.file.seek(0)
    content = hashlib.file_digest(file.file, "sha256").hexdigest()  # type: ignore[arg-type]
    file.file.seek(0)
    return hashlib.sha256(f"{of_form}\n{file.filename}\n{content}".encode()).hexdigest()


async def _attached(request: Request, form: Form, sent: Sent) -> Form:
    """The form with the document that came with it, which is handed in by itself; Refused where it is not."""
    if sent.file is None:
        return form
    try:
        made = await request.app.state.keep_file(
            request.state.actor,
            name=sent.file.filename,
            file=sent.file.file,
            field="document",
            key=await asyncio.to_thread(_key, sent.form.given("idempotencyKey"), sent.file),
        )
    except InvalidInput as error:
        problems = [ProblemRecord(path=p.path, code=p.code, message=p.message) for p in error.problems]
        raise Refused("InvalidInput", error.message, problems) from None
    except (NotAllowed, Conflict, Unavailable) as error:
        raise Refused(type(error).__name__, error.message) from None
    documents = (*form.chosen("documentIds"), made["id"])
    return Form(FIELDS, {**form.values, "documentIds": documents})


def _given(form: Form, sent: Form) -> dict[str, Any]:
    given: dict[str, Any] = {
        name: form.given(name) for name in FIELDS if name not in (*LISTS, "document")
    } | {name: list(form.chosen(name)) for name in LISTS}
    return given | {
        "expectedVersion": sent.version(),
        "idempotencyKey": sent.given("idempotencyKey"),
    }


async def _again(
    request: Request, form: Form, version: int | str | None, refused: Refused, *, is_saved: bool
) -> Response:
    """The form with everything that was typed and handed in, and the version that it rests on.

    `is_saved`: as a draft; it was the submission that was refused.
    """
    data = await ask(request, APPLY)
    documents = dict(_draft(data).documents)
    for id in form.chosen("documentIds"):
        if id not in documents:
            documents[id] = await _name_of(request, id)
    form = form.with_problems(refused.problems)
    return _show(request, data, form, documents, version, refused, is_saved=is_saved)


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
    version: int | str | None,
    refused: Refused | None = None,
    *,
    is_saved: bool = False,
) -> Response:
    statements = [(value["name"], value["description"]) for value in data["statements"]["enumValues"]]
    applies_not, present = _applies_not(data), _draft(data).version
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
        version=version,
        present=present,
        is_stale=refused is not None
        and refused.kind == "Conflict"
        and applies_not is None
        and version != present,
        last=next(iter(_applications(data)[::-1]), None),
        applies_not=applies_not,
        refused=refused,
        is_saved=is_saved,
        key=str(uuid.uuid4()),
    )
