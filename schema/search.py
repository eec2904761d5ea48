"""Full-text search in a filter: a function of the database finds the ids, the policy filters the rows."""

from typing import Any

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy import Text as TextType

from hub.errors import InvalidInput, Problem
from schema.compiler.mapping import Condition

LONGEST = 200


def found_by(function: str) -> Condition:
    """Rows that the function finds for the words, as a web search would: "quotes", or, -not."""

    def condition(entity: Any, words: str) -> ColumnElement[bool]:
        if len(words) > LONGEST or "\x00" in words:
            message = f"give at most {LONGEST} characters, NUL not among them"
            raise InvalidInput([Problem(("filter", "search"), "TOO_LONG", message)])
        finds = getattr(func.hub, function)(literal(words, TextType))
        found: ColumnElement[bool] = entity.id.in_(select(finds))
        return found

    return condition
