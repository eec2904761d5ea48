"""Why a file cannot be taken."""

from __future__ import annotations


class Unusable(Exception):
    """A stable code, and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def broken(kind: str) -> Unusable:
    """It is not whole, or not as it was written."""
    return Unusable("BROKEN", f"this {kind} file is damaged or not whole; save it again and hand that in")


def mixed(kind: str) -> Unusable:
    """It is something else besides."""
    return Unusable("MIXED", f"there is more in this {kind} file than that; save it again and hand that in")
