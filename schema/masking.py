"""Errors at the top level: what a client can act on passes, a bug is masked and logged under a reference."""

import secrets
from typing import Any

import strawberry
import structlog
from graphql import GraphQLError

from hub.db.failures import known_error
from hub.errors import InvalidInput

log = structlog.get_logger("hub.graphql")


class MaskingSchema(strawberry.Schema):
    """A schema whose unexpected errors tell a client a reference, and the log everything."""

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Rewrite each error in place, as the client will see it."""
        for error in errors:
            _rewrite(error)


def refusal(error: GraphQLError) -> dict[str, Any]:
    """A document that cannot be run, as the client is told."""
    _rewrite(error)
    return dict(error.formatted)


def _rewrite(error: GraphQLError) -> None:
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if cause is None or isinstance(cause, GraphQLError):
        error.extensions = {"code": "BAD_REQUEST", **(error.extensions or {})}
        return
    known = known_error(cause)
    if known is not None:
        error.message = known.message
        error.extensions = {"code": known.code}
        if isinstance(known, InvalidInput):
            error.extensions["problems"] = [
                {"path": list(p.path), "code": p.code, "message": p.message} for p in known.problems
            ]
        return
    reference = secrets.token_hex(4)
    log.error("unexpected error", reference=reference, path=error.path, exc_info=cause)
    error.message = f"Something went wrong on our side. Please tell us the reference {reference}."
    error.extensions = {"code": "INTERNAL", "reference": reference}
