"""What a typed text must satisfy before it is kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from hub.addresses import LONGEST_ADDRESS, mailable
from hub.errors import InvalidInput, Problem

SHORT, LONG = 200, 20_000
"""Characters in a title, and in a paragraph field."""
LONGEST_WEBSITE: Final = 500
_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_NOT_MAILABLE: Final = (
    "no mail can be sent to this address: before the @, give at most 64 of the letters a to z, digits and"
    " signs such as . - _ +, without quotation marks, brackets, commas or accents; after it, a domain"
)
_UNSEEN: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""What is not drawn by itself: Unicode's Default_Ignorable_Code_Point."""
_MEANINGLESS: Final = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0]"
)
"""Of these, what no name needs. The joiners U+200C and U+200D stay: Persian and Sinhala need them."""
_ALIKE: Final = str.maketrans("\u2018\u2019\u02bc", "'''")
"""Apostrophes."""


def likeness(name: str) -> str:
    """What names that look the same have in common: without case, width, spacing, and what is not seen."""
    folded = unicodedata.normalize("NFKC", _UNSEEN.sub("", name)).casefold().translate(_ALIKE)
    plain = ("-" if unicodedata.category(c) == "Pd" else c for c in unicodedata.normalize("NFKC", folded))
    return " ".join("".join(plain).split())


class Problems:
    """Collects everything wrong with one input, so that a person mends it in one go."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, *path: str, code: str, message: str) -> None:
        self.found.append(Problem(path, code, message))

    def text(self, value: str | None, *path: str, longest: int, required: bool = True) -> str | None:
        """The text without surrounding space; None where nothing in it can be seen, and that may be."""
        return self._kept(value, path, str.strip, longest=longest, required=required)

    def line(self, value: str | None, *path: str, longest: int, required: bool = True) -> str | None:
        """A text of one line, such as a name: composed, with single spaces, without what is not seen."""
        return self._kept(value, path, _on_one_line, longest=longest, required=required)

    def _kept(
        self,
        value: str | None,
        path: tuple[str, ...],
        tidy: Callable[[str], str],
        *,
        longest: int,
        required: bool,
    ) -> str | None:
        if value is None or not _UNSEEN.sub("", value).strip():
            if required:
                self.add(*path, code="REQUIRED", message="fill this in")
            return None
        if any(unicodedata.category(c) == "Cc" and c not in "\t\r\n" for c in value):
            self.add(*path, code="CONTROL_CHARACTER", message="remove the control characters, NUL among them")
            return None
        if any("\ud800" <= c <= "\udfff" for c in value):
            self.add(*path, code="NOT_UNICODE", message="remove the half character (an unpaired surrogate)")
            return None
        text = tidy(value)
        if len(text) > longest:
            self.add(
                *path, code="TOO_LONG", message=f"shorten it to {longest:,} characters (it has {len(text):,})"
            )
        return text

    def address(self, value: str | None, *path: str) -> str | None:
        """The e-mail address without surrounding space; None where no mail can be sent to it."""
        before = len(self.found)
        address = self.line(value, *path, longest=LONGEST_ADDRESS)
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

    def website(self, value: str | None, *path: str) -> str | None:
        """The address of a website, where there is one; None where no browser could ever open it."""
        address = self.line(value, *path, longest=LONGEST_WEBSITE, required=False)
        wrong = None if address is None else _wrong_with_website(address)
        if wrong is not None:
            self.add(*path, code="MALFORMED", message=wrong)
            return None
        return address

    def extend(self, problems: list[Problem]) -> None:
        self.found.extend(problems)

    def check(self) -> None:
        """Raise everything found; return where nothing was."""
        if self.found:
            raise InvalidInput(self.found)


def _on_one_line(value: str) -> str:
    return " ".join(unicodedata.normalize("NFC", _MEANINGLESS.sub("", value)).split())


def _wrong_with_website(address: str) -> str | None:
    """What to do about the address; None where it is one."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return WHOLE
    if parts.scheme not in ("http", "https") or not host or " " in address or not address.isprintable():
        return WHOLE
    if parts.username is not None or parts.password is not None:
        return "leave out the user name and password, such as https://example.org"
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        return "leave out the port after the colon, or give one from 1 to 65535"
    return None if _is_domain(host) else DOMAIN


WHOLE: Final = "write the whole address, beginning with https:// or http://, such as https://example.org"
DOMAIN: Final = (
    "write the domain name as in https://example.org: letters, digits and hyphens between single dots, "
    "and no number at the end"
)


def _is_domain(host: str) -> bool:
    """Whether it can be the name of a host on the Internet, in whatever script; IP addresses are none."""
    import idna  # its tables are half a megabyte of each worker, for an address now and then

    try:
        labels = idna.encode(host, uts46=True, std3_rules=True).decode("ascii").removesuffix(".").split(".")
    except UnicodeError:  # of which the library's own are
        return False
    top = labels[-1]
    return len(labels) > 1 and len(top) > 1 and (top.isalpha() or top.startswith("xn--"))
