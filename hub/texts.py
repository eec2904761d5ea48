"""What a typed text must satisfy before it is kept."""

from __future__ import annotations

import re
from typing import Final

from hub.addresses import LONGEST_ADDRESS, mailable
from hub.errors import InvalidInput, Problem

SHORT, LONG = 200, 20_000
"""Characters in a title, and in a paragraph field."""
_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_NOT_MAILABLE: Final = (
    "no mail can be sent to this address: before the @, give at most 64 of the letters a to z, digits and"
    " signs such as . - _ +, without quotation marks, brackets, commas or accents; after it, a domain"
)


class Problems:
    """Collects everything wrong with one input, so that a person mends it in one go."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, *path: str, code: str, message: str) -> None:
        self.found.append(Problem(path, code, message))

    def text(self, value: str | None, *path: str, longest: int, required: bool = True) -> str | None:
        """The text without surrounding space; None where it is empty and may be."""
        if value is None or not value.strip():
            if required:
                self.add(*path, code="REQUIRED", message="fill this in")
            return None
        if any(ord(c) < 32 and c not in "\t\r\n" for c in value):
            self.add(*path, code="CONTROL_CHARACTER", message="remove the control characters, NUL among them")
            return None
        if any("\ud800" <= c <= "\udfff" for c in value):
            self.add(*path, code="NOT_UNICODE", message="remove the half character (an unpaired surrogate)")
            return None
        text = value.strip()
        if len(text) > longest:
            self.add(
                *path, code="TOO_LONG", message=f"shorten it to {longest:,} characters (it has {len(text):,})"
            )
        return text

    def address(self, value: str | None, *path: str) -> str | None:
        """The e-mail address without surrounding space; None where no mail can be sent to it."""
        before = len(self.found)
        address = self.text(value, *path, longest=LONGEST_ADDRESS)
        if address is None or len(self.found) > before:
            return None
        if not (address.isprintable() and _ADDRESS.fullmatch(address)):
            self.add(*path, code="MALFORMED", message="write it as name@example.org")
            return None
        try:
            mailable(address)
        except ValueError:
            self.add(*path, code="NOT_MAILABLE", message=_NOT_MAILABLE)
            return None
        return address

    def extend(self, problems: list[Problem]) -> None:
        self.found.extend(problems)

    def check(self) -> None:
        """Raise everything found; return where nothing was."""
        if self.found:
            raise InvalidInput(self.found)
