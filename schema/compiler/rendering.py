"""A statement -> its SQL text and the values of its parameters."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, Select
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.sql.compiler import SQLCompiler

_Compiler: Any = asyncpg.dialect.statement_compiler


class _Renderer(_Compiler):  # type: ignore[misc]
    """Writes the code's own constants into the statement, and leaves what anybody gave to parameters.

    PostgreSQL then knows them when it plans, and need not be told them with each request. What is given has a
    name of its own (`schema.compiler.values`, `hub.identity.scopes`); only the code's constants have none.
    """

    def visit_bindparam(self, bindparam: BindParameter[Any], **options: Any) -> Any:
        value = bindparam.value
        members = value if bindparam.expanding and isinstance(value, list | tuple) else [value]
        if bindparam.unique and all(isinstance(member, str | int) for member in members):
            options["literal_binds"] = True
        return super().visit_bindparam(bindparam, **options)


def _dialect() -> Any:
    made = asyncpg.dialect()  # type: ignore[no-untyped-call]
    made.statement_compiler = _Renderer
    return made


_DIALECT = _dialect()


def rendered(statement: Select[Any]) -> SQLCompiler:
    """The statement for the driver: `str()` of it, `positiontup` and `params`."""
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    assert isinstance(compiled, SQLCompiler)
    return compiled
