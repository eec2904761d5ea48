"""How a page asks: one operation file, run in process as the viewer, under the rules of the API."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, cast

from starlette.requests import Request

from hub.errors import Unavailable
from hub.web.forms import ProblemRecord

_NAME: Final = re.compile(r"^(?:query|mutation)\s+(\w+)", re.MULTILINE)
# As graphql-core words what it finds in a variable before anything is run.
_VARIABLE: Final = re.compile(r"^Variable '\$(\w+)' has invalid value(?: at ([^:]+))?:")
_STEP: Final = re.compile(r"\.(\w+)")


class Refused(Exception):
    """The API understood and did not do it. `kind` is InvalidInput, NotAllowed, NotFound or Conflict.

    Unavailable, where something else than the database does not answer now.
    """

    def __init__(self, kind: str, message: str, problems: Sequence[ProblemRecord] = ()) -> None:
        super().__init__(message)
        self.kind, self.message, self.problems = kind, message, tuple(problems)


class Broken(Exception):
    """A bug, which the API has logged under the reference and masked."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self.reference = reference


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation file of a page. A mutation's field has the alias `result`."""

    document: str
    name: str

    @classmethod
    def beside(cls, module: str, file: str = "operation.graphql") -> Self:
        """The file in the folder of the module; ValueError unless it holds exactly one named operation."""
        path = Path(module).with_name(file)
        document = path.read_text(encoding="utf-8")
        names = _NAME.findall(document)
        if len(names) != 1:
            raise ValueError(f"{path} holds {len(names)} named operations, not one")
        return cls(document, names[0])


def documents() -> list[str]:
    """The text of every operation file of the portal."""
    return [file.read_text(encoding="utf-8") for file in sorted(Path(__file__).parent.glob("*/*.graphql"))]


async def ask(
    request: Request, operation: Operation, variables: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The data of the operation for the viewer.

    Refused (InvalidInput) where a variable cannot be used, Unavailable where the database does not answer,
    Broken where there is a bug.
    """
    answer = await request.app.state.execute(
        request.state.actor, operation.document, variables, operation.name
    )
    if "errors" in answer:
        raise _failure(answer["errors"])
    return cast(dict[str, Any], answer["data"])


async def change(request: Request, operation: Operation, given: Mapping[str, Any]) -> dict[str, Any]:
    """The payload of a mutation that was done; Refused with the API's own words where it was not."""
    result: dict[str, Any] = (await ask(request, operation, {"input": given}))["result"]
    if "message" in result:
        raise Refused(result["__typename"], result["message"], result.get("problems", ()))
    return result


def _failure(errors: Sequence[Mapping[str, Any]]) -> Exception:
    extensions = [error.get("extensions", {}) for error in errors]
    for error, more in zip(errors, extensions, strict=True):
        if more.get("code") == "UNAVAILABLE":
            return Unavailable(error["message"])
        if more.get("code") == "INTERNAL":
            return Broken(more["reference"])
    problems: list[ProblemRecord] = []
    for error, more in zip(errors, extensions, strict=True):
        problems += more.get("problems") or [_problem(error["message"])]
    return Refused("InvalidInput", errors[0]["message"], problems)


def _problem(message: str) -> ProblemRecord:
    """What is wrong with a variable, at its path; at the whole form where the message names none."""
    found = _VARIABLE.match(message)
    if found is None:
        return {"path": [], "code": "BAD_REQUEST", "message": message}
    path = [found[1], *_STEP.findall(found[2] or "")]
    if "non-null type" in message:
        return {"path": path, "code": "REQUIRED", "message": "fill this in"}
    return {"path": path, "code": "MALFORMED", "message": "this cannot be read; choose or type it again"}
