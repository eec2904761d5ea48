"""What a page lets one do with what it shows: several forms, each posted to the page's own address."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hub.web.answering import REFUSAL_STATUS, show
from hub.web.done import done_here, go_done
from hub.web.forms import Form, posted_form
from hub.web.operations import Operation, Refused, ask, change

# What a form carries without showing it: which form it is, whom it is about, and the key against repetition.
HIDDEN: Final = ("do", "id", "idempotencyKey")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One form: its mutation, the inputs that it asks for with their labels, what to say when it is done."""

    slug: str
    operation: Operation
    done: str
    labels: Mapping[str, str] = field(default_factory=dict)
    id_name: str = "id"
    """What the mutation calls the id that the form carries."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the form's fields: "grant.role"."""
        return tuple(f"{self.slug}.{name}" for name in self.labels)

    def given(self, form: Form) -> dict[str, Any]:
        """The input of the mutation; what is empty is null."""
        hidden = {self.id_name: form.given("id"), "idempotencyKey": form.given("idempotencyKey")}
        return hidden | {name: form.given(f"{self.slug}.{name}") for name in self.labels}


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of a posted form: which it was, what was typed, and why it was refused, where it was."""

    deed: Deed
    form: Form
    refused: Refused | None = None

    @property
    def labels(self) -> dict[str, str]:
        """The labels by field, for the summary of problems."""
        return {f"{self.deed.slug}.{name}": label for name, label in self.deed.labels.items()}


async def attempt(request: Request, deeds: Sequence[Deed]) -> Attempt:
    """Do what the posted form asks; 404 where the page has no such form."""
    names = [name for deed in deeds for name in deed.fields]
    form = await posted_form(request, (*HIDDEN, *names))
    deed = next((deed for deed in deeds if deed.slug == form.value("do")), None)
    if deed is None:
        raise HTTPException(404)
    kept = Form(deed.fields, {name: form.chosen(name) for name in deed.fields if form.chosen(name)})
    try:
        await change(request, deed.operation, deed.given(form))
    except Refused as refused:
        paths = {name: f"{deed.slug}.{name}" for name in deed.labels}
        return Attempt(
            deed, kept.with_problems(refused.problems, names=paths, malformed=_days(deed)), refused
        )
    return Attempt(deed, kept)


def _days(deed: Deed) -> dict[str, str]:
    """What to say of a day that cannot be read."""
    said = "write the day as year, month, day, such as 2027-03-01"
    return {f"{deed.slug}.{name}": said for name in deed.labels if name in ("startsOn", "endsOn", "on")}


def forms_of(deeds: Sequence[Deed], tried: Attempt | None) -> dict[str, Form]:
    """A form for each deed, with what was typed into the one that was refused."""
    forms = {deed.slug: Form(deed.fields) for deed in deeds}
    if tried is not None:
        forms[tried.deed.slug] = tried.form
    return forms


def done_by(deeds: Sequence[Deed], slug: str | None) -> str | None:
    """What to say of the deed that was done."""
    return next((deed.done for deed in deeds if deed.slug == slug), None)


Show = Callable[[Request, Attempt | None], Awaitable[Response]]


async def answer(
    request: Request, deeds: Sequence[Deed], address: Callable[[str], str], shown: Show
) -> Response:
    """The page of the object whose id is in the path: shown, or shown again with why a form was refused.

    What was done leads back to the page, which says so.
    """
    if request.method != "POST":
        return await shown(request, None)
    tried = await attempt(request, deeds)
    if tried.refused is not None:
        return await shown(request, tried)
    return go_done(request, address(request.path_params["id"]), tried.deed.slug)


async def subject(
    request: Request, operation: Operation, type_name: str, *, of: str = "node"
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The operation's data, and the object in its field; 404 where there is none, or none of the type."""
    try:
        data = await ask(request, operation, {"id": request.path_params["id"]})
    except Refused:
        raise HTTPException(404) from None
    found = data[of]
    if found is None or found["__typename"] != type_name:
        raise HTTPException(404)
    return data, found


def show_with(
    request: Request,
    template: str,
    data: Mapping[str, Any],
    deeds: Sequence[Deed],
    tried: Attempt | None,
    *,
    said: Mapping[str, str] | None = None,
    **context: Any,
) -> Response:
    """The template with a form for each deed. `said`: what else may have been done before it is shown."""
    refused = tried.refused if tried else None
    done = done_here(request)
    return show(
        request,
        template,
        data,
        status_code=REFUSAL_STATUS[refused.kind] if refused else 200,
        tried=tried,
        forms=forms_of(deeds, tried),
        done=((said or {}).get(done or "") or done_by(deeds, done)) if tried is None else None,
        new_key=lambda: str(uuid.uuid4()),
        **context,
    )
