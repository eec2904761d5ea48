"""Forms that are posted, refused and shown again: what was typed is kept, each problem finds its field."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self, TypedDict

from starlette.datastructures import ImmutableMultiDict, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from hub.web.templating import field_id

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
MOST_FIELDS, LONGEST_PART = 100, 200_000
# Longer ones are beyond what the API takes for a number.
LONGEST_NUMBER = 9


class ProblemRecord(TypedDict):
    """An entry of GraphQL's `InvalidInput.problems`; its path may start with the argument's name, "input"."""

    path: Sequence[str]
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """A problem at one of the form's fields, or at the whole form where `field` is None."""

    field: str | None
    code: str
    message: str

    @property
    def href(self) -> str | None:
        """Where the error summary leads: the field's element, or nowhere."""
        return None if self.field is None else f"#{field_id(self.field)}"


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of one form in the order of the page, their kept values and their problems.

    Fields are named as GraphQL names the inputs, nested ones with a dot: "title", "budget.amount".
    """

    fields: tuple[str, ...]
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    problems: tuple[FieldProblem, ...] = ()

    @classmethod
    def read(cls, fields: Iterable[str], sent: ImmutableMultiDict[str, Any]) -> Self:
        """Keep every value of the named fields, from a posted form or a query string.

        Browsers send line ends as CR LF; they are kept as LF, which is what was typed.
        """
        names = tuple(fields)
        values = {name: tuple(_typed(value) for value in sent.getlist(name)) for name in names}
        return cls(names, {name: kept for name, kept in values.items() if kept})

    @classmethod
    def filled(cls, fields: Iterable[str], values: Mapping[str, str | Sequence[str] | None]) -> Self:
        """A form that opens with values, as when a draft is edited; KeyError for a value of no field."""
        names = tuple(fields)
        if unknown := sorted(set(values) - set(names)):
            raise KeyError(f"the form has no field {', '.join(unknown)}")
        kept = {
            name: (value,) if isinstance(value, str) else tuple(value)
            for name, value in values.items()
            if value is not None
        }
        return cls(names, kept)

    def value(self, name: str) -> str:
        """What the field shows: its first value exactly as typed, or an empty string."""
        return self.chosen(name)[0] if self.chosen(name) else ""

    def chosen(self, name: str) -> tuple[str, ...]:
        """Every value of a field, as with checkboxes. KeyError for a field that the form does not have."""
        if name not in self.fields:
            raise KeyError(f"the form has no field {name}")
        return self.values.get(name, ())

    def given(self, name: str) -> str | None:
        """What the field says to the API: without the space around it, None where nothing is left."""
        return self.value(name).strip() or None

    def number(self, name: str) -> int | str | None:
        """A whole number as the API wants it; anything else as it was typed, for the API to refuse."""
        text = self.given(name)
        return int(text) if text is not None and text.isdecimal() and len(text) <= LONGEST_NUMBER else text

    def version(self) -> int | str | None:
        """The version that what was typed rests on; where one chose to replace what is there, that one."""
        return self.number("presentVersion" if self.value("do") == "replace" else "expectedVersion")

    def errors(self, name: str) -> tuple[str, ...]:
        """The messages to show beside a field."""
        return tuple(problem.message for problem in self.problems if problem.field == name)

    @property
    def has_problems(self) -> bool:
        return bool(self.problems)

    def with_problems(
        self,
        problems: Iterable[ProblemRecord],
        *,
        names: Mapping[str, str] | None = None,
        malformed: Mapping[str, str] | None = None,
    ) -> Self:
        """The same form with the API's problems at its fields, in the order of the page.

        `names` gives the field of a dotted path where the two are not called the same, `malformed` the text
        for a field whose value cannot be read at all. A problem that belongs to no field stands at the whole
        form, first.
        """
        found = [self._problem(problem, names or {}, malformed or {}) for problem in problems]
        order = {name: place for place, name in enumerate(self.fields)}
        found.sort(key=lambda problem: -1 if problem.field is None else order[problem.field])
        return replace(self, problems=tuple(found))

    def _problem(
        self, problem: ProblemRecord, names: Mapping[str, str], malformed: Mapping[str, str]
    ) -> FieldProblem:
        field = self._field_of(problem["path"], names)
        is_malformed = problem["code"] == "MALFORMED"
        message = malformed.get(field or "", problem["message"]) if is_malformed else problem["message"]
        about = () if field else _own_path(problem["path"])
        return FieldProblem(field, problem["code"], f"{_words(about)}: {message}" if about else message)

    def _field_of(self, path: Sequence[str], names: Mapping[str, str]) -> str | None:
        """The field at the path, else the nearest field around it, else the first field inside it."""
        parts = _own_path(path)
        for length in range(len(parts), 0, -1):
            dotted = ".".join(parts[:length])
            name = names.get(dotted, dotted)
            if name in self.fields:
                return name
        inside = ".".join(parts) + "."
        return next((name for name in self.fields if parts and name.startswith(inside)), None)


async def posted_form(request: Request, fields: Iterable[str]) -> Form:
    """The form that a page posted. 415 for another kind of body, which would look like an empty form."""
    content_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type != URLENCODED:
        raise HTTPException(415, f"send the form as {URLENCODED}")
    return Form.read(fields, await request.form())


class Sent(NamedTuple):
    """A form, and the file that came with it, where one was chosen."""

    form: Form
    file: UploadFile | None


async def posted_with_file(request: Request, fields: Iterable[str], name: str) -> Sent:
    """The form that a page posted with one file. The caller closes the request, and the file with it.

    415 for another kind of body; 400 for one that is not well-formed, or has more files.
    """
    content_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type != MULTIPART:
        raise HTTPException(415, f"send the form as {MULTIPART}")
    sent = await request.form(max_files=1, max_fields=MOST_FIELDS, max_part_size=LONGEST_PART)
    file = sent.get(name)
    typed = ImmutableMultiDict([(key, value) for key, value in sent.multi_items() if isinstance(value, str)])
    is_chosen = isinstance(file, UploadFile) and bool(file.filename)
    return Sent(Form.read(fields, typed), file if is_chosen and isinstance(file, UploadFile) else None)


def _own_path(path: Sequence[str]) -> tuple[str, ...]:
    return tuple(path[1:] if path[:1] and path[0] == "input" else path)


def _words(path: Sequence[str]) -> str:
    """A path in words, where the page has no field of its own for it: `startsOn` is "Starts on"."""
    return re.sub(r"(?=[A-Z])", " ", " ".join(path)).capitalize()


def _typed(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a form of this portal carries no files")
    return value.replace("\r\n", "\n")
