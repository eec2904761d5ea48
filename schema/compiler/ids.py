"""Relay global ids: `base64("Proposal:<uuid>")`, opaque to clients."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Callable

from hub.errors import InvalidInput, Problem


def global_id(type_name: str, id: uuid.UUID) -> str:
    """The id that clients know."""
    return base64.b64encode(f"{type_name}:{id}".encode()).decode("ascii")


def parse(value: str) -> tuple[str, uuid.UUID] | None:
    """Type name and key; None where the value is no id of ours."""
    try:
        name, _, key = base64.b64decode(value, validate=True).decode("ascii").partition(":")
        return name, uuid.UUID(key)
    except (binascii.Error, ValueError):
        return None


def reader(*path: str, types: tuple[str, ...]) -> Callable[[str], uuid.UUID]:
    """What makes a bind of an id that a client gave."""
    return lambda value: local_id(value, *path, types=types)


def local_id(value: str, *path: str, types: tuple[str, ...]) -> uuid.UUID:
    """The key of an id that must be of one of the types; InvalidInput at the path where it is not."""
    found = parse(value)
    if found is None or found[0] not in types:
        raise unusable(found and found[0], *path, types=types)
    return found[1]


LONGEST_NAME = 40


def type_name(value: str) -> str | None:
    """The type that an id names, cut short where it can be none of ours; None where it is no id."""
    found = parse(value)
    return found and found[0][:LONGEST_NAME]


def unusable(name: str | None, *path: str, types: tuple[str, ...]) -> InvalidInput:
    """What is wrong with an id that names no type (None) or this one."""
    if name is None:
        message = "this is not an id of the hub; send one that the API gave you, unchanged"
        return InvalidInput([Problem(path, "MALFORMED_ID", message)])
    message = f"this is the id of a {name[:LONGEST_NAME]}; send that of a {' or '.join(types)}"
    return InvalidInput([Problem(path, "WRONG_TYPE", message)])
