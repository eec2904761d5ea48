"""Which failures of the database a client can act on."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hub.errors import HubError, InvalidInput, Problem, Unavailable

QUERY_CANCELLED, NOT_TEXT = "57014", "22021"


def known_error(cause: BaseException) -> HubError | None:
    """The error as one that a client can act on; None where it is a bug."""
    if isinstance(cause, HubError):
        return cause
    if isinstance(cause, PoolTimeout | OSError) or _is_lost(cause):
        return Unavailable("The hub is busy or its database does not answer. Try again in a few seconds.")
    state = getattr(cause.orig, "sqlstate", None) if isinstance(cause, DBAPIError) else None
    if state == QUERY_CANCELLED:
        return Unavailable("This took too long and was stopped. Ask for less at once.")
    if state == NOT_TEXT:
        return InvalidInput(
            [Problem((), "CONTROL_CHARACTER", "remove the NUL character from what you ask for")]
        )
    return None


def _is_lost(cause: BaseException) -> bool:
    if not isinstance(cause, DBAPIError):
        return False
    state = str(getattr(cause.orig, "sqlstate", "") or "")
    return cause.connection_invalidated or (state[:2] in ("08", "53", "57") and state != QUERY_CANCELLED)
