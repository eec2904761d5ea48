"""The exported contract: up to date, described, and broken only aloud."""

from __future__ import annotations

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
)

from hub import maintenance
from hub.db.base import Base
from hub.errors import SetUpError
from hub.policy import unguarded_models
from schema.api import schema
from schema.compiler.mapping import REGISTRY, mapping_of
from schema.compiler.resolve import install

NAMES = {
    "viewer",
    "node",
    "memberStates",
    "partners",
    "organisation",
    "initiatives",
    "initiative",
    "proposals",
    "proposal",
    "contributions",
    "contribution",
    "contributionSummary",
    "secondments",
}


def test_the_exported_file_is_what_the_code_exports() -> None:
    assert "all announced" in maintenance.check_sdl()


def test_queries_have_the_agreed_names() -> None:
    query = schema._schema.query_type
    assert query is not None
    assert set(query.fields) >= NAMES


def test_a_breaking_change_that_nobody_announced_is_refused(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported = maintenance.exported_sdl()
    broken = exported.replace('"""The everyday name."""\n  shortName: String!\n', "")
    assert broken != exported
    monkeypatch.setattr(maintenance, "exported_sdl", lambda: broken)
    monkeypatch.setattr(maintenance, "_read", lambda name: broken if name == "hub.graphql" else exported)
    with pytest.raises(SetUpError, match=r"MemberState\.shortName was removed"):
        maintenance.check_sdl()


def test_a_stale_export_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maintenance, "exported_sdl", lambda: "type Query { nothing: Int }")
    with pytest.raises(SetUpError, match="hub sdl --write"):
        maintenance.check_sdl()


def test_every_type_and_every_root_field_is_described() -> None:
    built = build_schema(schema.as_str())
    named = [
        type_
        for name, type_ in built.type_map.items()
        if not name.startswith("__")
        and isinstance(
            type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType | GraphQLEnumType
        )
    ]
    assert [type_.name for type_ in named if not type_.description] == []
    for root in (built.query_type, built.mutation_type):
        assert root is not None
        assert [name for name, field in root.fields.items() if not field.description] == []


def test_a_field_that_nothing_answers_stops_the_start() -> None:
    broken = schema._schema.type_map["Initiative"]
    assert isinstance(broken, GraphQLObjectType)
    definition = broken.fields["title"].extensions["strawberry-definition"]
    assert mapping_of(definition, REGISTRY.models["Initiative"], "Initiative", False) is not None
    field = broken.fields["title"]
    kept = dict(field.extensions)
    field.extensions["hub.mapping"] = None
    python_name = definition.python_name
    try:
        definition.python_name = "no_such_column"
        with pytest.raises(TypeError, match=r"Initiative\.title"):
            install(schema._schema)
    finally:
        definition.python_name = python_name
        field.extensions = kept
        install(schema._schema)


def test_every_table_has_a_policy() -> None:
    assert unguarded_models() == []
    assert len(list(Base.registry.mappers)) > 25
