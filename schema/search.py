"""Full-text search in a filter: a function of the database finds the ids, the policy filters the rows."""

from sqlalchemy import ColumnElement, Text, func, select

from hub.errors import InvalidInput, Problem
from hub.identity.scopes import found_once
from schema.compiler.mapping import Condition, Context
from schema.compiler.rows import Row
from schema.compiler.values import Value

LONGEST = 200


def found_by(function: str) -> Condition:
    """Rows that the function finds for the words, as a web search would: "quotes", or, -not."""

    def condition(row: Row, words: Value, _: Context) -> ColumnElement[bool]:
        finds = getattr(func.hub, function)(words.sql(Text(), checked))
        return row.column("id") == found_once(select(finds))

    return condition


def checked(words: str) -> str:
    """The words, if they are few enough to look for."""
    if len(words) > LONGEST:
        message = f"give at most {LONGEST} characters"
        raise InvalidInput([Problem(("filter", "search"), "TOO_LONG", message)])
    if "\x00" in words:
        message = "remove the NUL character"
        raise InvalidInput([Problem(("filter", "search"), "CONTROL_CHARACTER", message)])
    return words
