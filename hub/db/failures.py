"""Which failures of the database a client can act on."""

from __future__ import annotations

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hub.errors import HubError, InvalidInput, Problem, Unavailable

QUERY_CANCELLED, NOT_TEXT = "57014", "22021"


def known_error(cause: BaseException) -> HubError | None:
    """The error as one that a client can act on; None where it is a bug."""
    if isinstance(cause, HubError):
        return cause
    if isinstance(cause, PoolTimeout | OSError | TimeoutError) or _is_lost(cause):
        return Unavailable("The hub is busy or its database does not answer. Try again in a few seconds.")
    if isinstance(cause, UnicodeEncodeError) or isinstance(cause.__cause__, UnicodeEncodeError):
        message = "remove the half character (an unpaired surrogate) from what you ask for"
        return InvalidInput([Problem((), "NOT_UNICODE", message)])
    state = _state(cause)
    if state == QUERY_CANCELLED:
        return Unavailable("This took too long and was stopped. Ask for less at once.")
    if state == NOT_TEXT:
        return InvalidInput(
            [Problem((), "CONTROL_CHARACTER", "remove the NUL character from what you ask for")]
        )
    return None


def _state(cause: BaseException) -> str:
    """The SQLSTATE, whether the driver raised or SQLAlchemy for it."""
    raised = cause.orig if isinstance(cause, DBAPIError) else cause
    return str(getattr(raised, "sqlstate", "") or "")


def _is_lost(cause: BaseException) -> bool:
    if isinstance(cause, asyncpg.InterfaceError) or getattr(cause, "connection_invalidated", False):
        return True
    state = _state(cause)
    return state[:2] in ("08", "28", "3D", "53", "57") and state != QUERY_CANCELLED
