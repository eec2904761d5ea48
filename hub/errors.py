"""What can go wrong in an action, as four errors that a client can act on.

Anything else that is raised is a bug: it is logged with a reference and masked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class HubError(Exception):
    """An answer to the person who asked, never a bug."""

    code = "ERROR"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(HubError):
    """The thing does not exist, or is not the actor's to see: the same words for both."""

    code = "NOT_FOUND"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} was not found. Check the id, or ask for access to it.")


class NotAllowed(HubError):
    """The actor sees the thing but may not do this to it."""

    code = "NOT_ALLOWED"


class Conflict(HubError):
    """The thing has changed, is in another state, or the request was already used for something else."""

    code = "CONFLICT"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input: where it is, a stable code, what to do about it."""

    path: tuple[str, ...]
    code: str
    message: str


class InvalidInput(HubError):
    """Something in the input cannot be used; every problem found is listed."""

    code = "INVALID_INPUT"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        said = (f"{'.'.join(p.path)}: {p.message}" if p.path else p.message for p in self.problems)
        super().__init__("; ".join(said))


class Unavailable(HubError):
    """The database cannot answer now; the same request may succeed later."""

    code = "UNAVAILABLE"


class SetUpError(HubError):
    """A setting, folder, port or server that the operator has to mend; exit code 2 on the command line."""

    code = "SET_UP"
