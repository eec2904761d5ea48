"""A request's variables, coerced as GraphQL says, by what was found out once about their definitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    coerce_input_value,
    type_from_ast,
)
from graphql.execution.values import VariableValues, get_variable_values

PLAIN: Mapping[str, type] = {"String": str, "ID": str, "Boolean": bool}
"""Scalars of which a JSON value of the type is the coerced value."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of an operation."""

    name: str
    type: Any
    """A GraphQLInputType."""
    plain: type | None
    """The Python type whose values need no coercion."""
    default: Any
    """Coerced; Undefined where there is none."""

    def value(self, inputs: Mapping[str, Any]) -> Any:
        """The coerced value; Undefined where it is left out. ValueError where it is not of its type."""
        given = inputs.get(self.name, Undefined)
        if type(given) is self.plain:
            return given
        if given is Undefined:
            given = self.default
            if given is Undefined and isinstance(self.type, GraphQLNonNull):
                raise ValueError(self.name)
            return given
        found = coerce_input_value(given, self.type)
        if found is Undefined:
            raise ValueError(self.name)
        return found


def variables_of(schema: GraphQLSchema, operation: OperationDefinitionNode) -> tuple[Variable, ...]:
    """The variables of an operation that is valid."""
    definitions = operation.variable_definitions or ()
    with_default = [defined for defined in definitions if defined.default_value is not None]
    defaults = get_variable_values(schema, with_default, {})
    assert isinstance(defaults, VariableValues), "validation refuses a default of another type"
    found = []
    for defined in definitions:
        name, type_ = defined.variable.name.value, type_from_ast(schema, defined.type)
        inner: Any = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        plain = PLAIN.get(inner.name) if isinstance(inner, GraphQLScalarType) else None
        found.append(Variable(name, type_, plain, defaults.coerced.get(name, Undefined)))
    return tuple(found)


def coerced(variables: tuple[Variable, ...], inputs: Mapping[str, Any]) -> dict[str, Any] | None:
    """The values by name; None where one is not of its type, which the normal executor puts into words."""
    found = {}
    try:
        for variable in variables:
            value = variable.value(inputs)
            if value is not Undefined:
                found[variable.name] = value
    except (ValueError, RecursionError):
        return None
    return found
