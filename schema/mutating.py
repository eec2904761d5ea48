"""How a mutation is declared: one function from an act and an input to the row that it made or changed.

The decorator gives it its name, its result union and its payload, runs it in one transaction, once for one
idempotency key, and reads the payload in the same transaction by one compiled statement.
"""

import dataclasses
import re
import types
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Protocol, Union

import strawberry
from graphql import GraphQLField, GraphQLObjectType, GraphQLResolveInfo
from graphql.execution.collect_fields import FieldDetails
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.field import StrawberryField

from hub.act import Act, acting, once
from hub.db.base import Base
from hub.db.engine import Database
from hub.errors import HubError
from hub.errors import NotFound as NotFoundError
from hub.identity.actor import Actor
from schema.base import Conflict, InvalidInput, NotAllowed, NotFound, user_error
from schema.compiler.emit import Emitter
from schema.compiler.ids import local_id
from schema.compiler.mapping import REGISTRY, Context
from schema.compiler.transport import decoded

Resolver = Callable[[Act, Any], Awaitable[Base]]

MUTATIONS: list[StrawberryField] = []
"""Every mutation declared, in the order of import."""


class Writer(Protocol):
    """What a request gives to a mutation."""

    actor: Actor
    database: Database

    def now(self) -> datetime: ...


@strawberry.input(description="A write.")
class Write:
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Up to 100 characters of your own, such as a UUID. The same key again does nothing more.",
    )


@strawberry.input(description="A write to an object that exists.")
class Versioned(Write):
    id: strawberry.ID = strawberry.field(description="The object to change.")
    expected_version: int | None = strawberry.field(
        default=None,
        description="The version that you read; where it is no longer that, the answer is Conflict.",
    )


def id_of(value: strawberry.ID, *path: str, types: tuple[str, ...]) -> uuid.UUID:
    """The key of an id in an input."""
    return local_id(str(value), *path, types=types)


def optional_id(value: strawberry.ID | None, *path: str, types: tuple[str, ...]) -> uuid.UUID | None:
    """The key of an id in an input, where one is given."""
    return None if value is None else id_of(value, *path, types=types)


def mutation(*, returns: type, tells: Mapping[str, str] | None = None) -> Callable[[Resolver], Resolver]:
    """Declare a mutation whose payload is one object of the type.

    `tells`: texts that the answer tells besides, by their names in `act.told_once`, with what they are.
    """

    def decorate(work: Resolver) -> Resolver:
        stem = "".join(part.capitalize() for part in work.__name__.split("_"))
        input_type = work.__annotations__["input"]
        payload = _payload(stem, returns, tells or {})
        union = Annotated[
            Union[payload, InvalidInput, NotAllowed, NotFound, Conflict],  # type: ignore[valid-type]  # noqa: UP007
            strawberry.union(f"{stem}Result", description=f"What `{_camel(stem)}` came to."),
        ]
        resolver = _resolver(work, stem, input_type, payload, returns)
        resolver.__annotations__ = {"info": strawberry.Info, "input": input_type, "return": union}
        field = strawberry.field(resolver=resolver, description=work.__doc__, name=_camel(stem))
        field.python_name = work.__name__
        MUTATIONS.append(field)
        return work

    return decorate


def _camel(stem: str) -> str:
    return stem[0].lower() + stem[1:]


def _payload(stem: str, returns: type, tells: Mapping[str, str]) -> type:
    """The success type: a field named after the type that it gives, and those of what is told besides."""
    type_name: str = returns.__strawberry_definition__.name  # type: ignore[attr-defined]
    name = _in_words(type_name).lower().replace(" ", "_")
    body = _body(name, returns) | {told: _told(told, says) for told, says in tells.items()}
    made = types.new_class(f"{stem}Success", (), {}, lambda given: given.update(body))
    made.__module__ = __name__
    decorated: type = strawberry.type(
        made, description=f"It was done; the {name.replace('_', ' ')} as it is now."
    )
    return decorated


def _in_words(type_name: str) -> str:
    """The type's name as people write it: `RoleGrant` is a Role grant."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", type_name).capitalize()


def _body(name: str, returns: type) -> dict[str, Any]:
    return {
        "__annotations__": {
            "data": strawberry.Private[dict[str, Any]],
            "told_once": strawberry.Private[dict[str, str]],
            name: returns,
        },
        name: StrawberryField(
            type_annotation=StrawberryAnnotation(returns),
            default=None,
            description="As it is after the change.",
        ),
    }


def _told(name: str, says: str) -> Any:
    """A field that says what was told to this answer alone; null where it was told before."""

    def told(root: Any) -> str | None:
        found: str | None = root.told_once.get(name)
        return found

    told.__annotations__ = {"return": str | None}
    return strawberry.field(resolver=told, description=says, name=name)


def _resolver(
    work: Resolver, stem: str, input_type: type, payload: type, returns: type
) -> Callable[..., Awaitable[Any]]:
    async def resolver(info: Any, input: Any) -> Any:
        context: Writer = info.context
        try:
            async with acting(context.database, context.actor, context.now()) as act:
                given = dataclasses.asdict(input) | {"idempotency_key": None}
                id = await once(act, input.idempotency_key, stem, given, lambda act: work(act, input))
                await act.session.flush()
                data = await _read(act, info._raw_info, payload, returns, id)
        except HubError as error:
            return user_error(error)
        return payload(data=data, told_once=act.told_once)

    return resolver


def _is_read(declared: GraphQLField) -> bool:
    """Whether the field of a payload comes from the database."""
    return declared.extensions["strawberry-definition"].base_resolver is None


async def _read(
    act: Act, info: GraphQLResolveInfo[Any], payload: type, returns: type, id: uuid.UUID
) -> dict[str, Any]:
    """The payload as selected, read in the transaction that wrote it.

    NotFound where the actor does not see the row, whatever is selected: a key that is used again may be of
    somebody who saw it the first time.
    """
    type_name: str = payload.__strawberry_definition__.name  # type: ignore[attr-defined]
    success = info.schema.type_map[type_name]
    assert isinstance(success, GraphQLObjectType)
    emitter = Emitter(
        info.schema,
        info.fragments,
        info.operation,
        info.variable_values,
        Context(actor=act.actor),
        marks_types=True,
    )
    details = [FieldDetails(node, None) for node in info.field_nodes]
    object_name: str = returns.__strawberry_definition__.name  # type: ignore[attr-defined]
    object_type = info.schema.type_map[object_name]
    assert isinstance(object_type, GraphQLObjectType)
    asked = {
        key: nodes
        for key, nodes in emitter.fields(success, details).items()
        if nodes[0].node.name.value != "__typename" and _is_read(success.fields[nodes[0].node.name.value])
    }
    model = REGISTRY.models[object_name]
    text: str | None = await act.session.scalar(emitter.payload(model, object_type, asked, id))
    if text is None:
        raise NotFoundError(_in_words(object_name))
    found: dict[str, Any] = decoded(text)
    return found
