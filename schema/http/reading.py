"""What a request asks for, from its address or its body, checked in form."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from schema.http.media import require_json, require_plain
from schema.http.refusals import BadRequest, Header, quoted

LARGEST_BODY = 1_000_000
LONGEST_DOCUMENT = 120_000
"""Characters. To read more would take longer than anybody may make the others wait (about 0.1 s)."""
LARGE_BODY = 50_000
"""Bytes; a smaller one holds too few values to count them."""
MOST_VALUES = 10_000
"""In variables, of which each is checked, and may be told to be wrong, by itself."""
LONGEST_QUERY = 50_000
"""Bytes of an address after its question mark; few proxies let as much through."""
MOST_PARAMETERS = 50
"""Of an address; GraphQL has five."""

DOCUMENT_ID = re.compile(r"sha256:([0-9a-f]{64})")
DIGEST = re.compile(r"[0-9a-f]{64}")

Headers = Mapping[bytes, bytes]


class Asked(NamedTuple):
    """One operation to run. `document` or `digest` is there."""

    document: str | None
    digest: str | None
    """SHA-256 of the document, where it was persisted or is to be."""
    variables: Mapping[str, Any] | None
    operation_name: str | None


def read_headers(raw: Iterable[Header]) -> Headers:
    """The headers by name; one that was sent several times is one list."""
    pairs = list(raw)
    found = dict(pairs)
    if len(found) < len(pairs):
        for name in found:
            found[name] = b", ".join(value for key, value in pairs if key == name)
    return found


async def from_body(headers: Headers, receive: Receive) -> Asked:
    """What the body of a POST asks for."""
    require_json(headers.get(b"content-type", b""))
    if b"content-encoding" in headers:
        require_plain(headers[b"content-encoding"])
    length = headers.get(b"content-length", b"")
    if length.isdigit() and int(length) > LARGEST_BODY:
        raise _too_large()
    body = await _body(receive)
    asked = asked_of(decoded(body, "The body"))
    if len(body) > LARGE_BODY:
        _require_few(asked.variables)
    return asked


def from_address(query: bytes) -> Asked:
    """What the address of a GET asks for."""
    if len(query) > LONGEST_QUERY:
        raise BadRequest(f"The address is longer than {LONGEST_QUERY:,} bytes; send this by POST.", 414)
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS
        )
    except UnicodeDecodeError:
        raise BadRequest("The address is not UTF-8, percent-encoded.") from None
    except ValueError:
        message = f"The address has more than {MOST_PARAMETERS} parameters; send query and variables only."
        raise BadRequest(message) from None
    given: dict[str, Any] = _object(pairs)
    for name in ("variables", "extensions"):
        if name in given:
            given[name] = decoded(given[name], f"In the address, {name}")
    return asked_of(given)


async def _body(receive: Receive) -> bytes:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    body: bytes = message.get("body", b"")
    if message.get("more_body", False):
        parts = bytearray(body)
        while message.get("more_body", False) and len(parts) <= LARGEST_BODY:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            parts += message.get("body", b"")
        body = bytes(parts)
    if len(body) > LARGEST_BODY:
        raise _too_large()
    return body


def _require_few(variables: Mapping[str, Any] | None) -> None:
    waiting, count = [variables], 0
    while waiting:
        value: Any = waiting.pop()
        held = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        count += len(held)
        if count > MOST_VALUES:
            message = f"variables hold more than {MOST_VALUES:,} values; send fewer at once."
            raise BadRequest(message, 413)
        waiting += held


def _too_large() -> BadRequest:
    return BadRequest(f"The body is larger than {LARGEST_BODY:,} bytes; send less at once.", 413)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise BadRequest(f"{quoted(twice)} stands there twice; which one counts is not clear. Send it once.")
    return found


def _number(text: str) -> float:
    found = float(text)
    if math.isinf(found):
        raise BadRequest(f"The number {quoted(text)} is too large; send exact amounts as text.")
    return found


def _no_number(text: str) -> float:
    raise BadRequest(f"{text} is not JSON; send a number, or null.")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_number, parse_constant=_no_number)


def decoded(sent: bytes | str, what: str) -> Any:
    """The JSON that was sent; BadRequest where it is none, or cannot be used."""
    try:
        return _DECODER.decode(sent if isinstance(sent, str) else sent.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadRequest(f"{what} is not UTF-8: look at byte {error.start + 1:,}.") from None
    except json.JSONDecodeError as error:
        if error.doc.startswith("\ufeff"):
            raise BadRequest(f"{what} begins with a byte order mark; send it without.") from None
        where = f"line {error.lineno:,}, column {error.colno:,}"
        raise BadRequest(f"{what} cannot be read as JSON: {error.msg} at {where}.") from None
    except RecursionError:
        raise BadRequest(f"{what} cannot be read as JSON: it is nested too deeply.") from None
    except ValueError:
        message = f"{what} holds a number of several thousand digits; send long numbers as text."
        raise BadRequest(message) from None


def asked_of(given: Any) -> Asked:
    """What a JSON object asks for; BadRequest names what is wrong with it."""
    if type(given) is not dict:
        if isinstance(given, list):
            raise BadRequest("Batches are not taken: send each operation as a request of its own.")
        raise BadRequest("Send one JSON object with query, and optionally variables and operationName.")
    document, variables = given.get("query"), given.get("variables")
    name, extensions = given.get("operationName"), given.get("extensions")
    if document is not None and type(document) is not str:
        raise BadRequest("query must be text: the GraphQL document.")
    if variables is not None and type(variables) is not dict:
        raise BadRequest("variables must be a JSON object.")
    if name is not None and type(name) is not str:
        raise BadRequest("operationName must be text.")
    if extensions is not None and type(extensions) is not dict:
        raise BadRequest("extensions must be a JSON object.")
    digest = _digest(given.get("documentId"), extensions)
    if digest is None and (document is None or not document.strip()):
        raise BadRequest("query is missing: send the GraphQL document as text.")
    if document is not None and len(document) > LONGEST_DOCUMENT:
        message = f"query is longer than {LONGEST_DOCUMENT:,} characters; send long values as variables."
        raise BadRequest(message, 413)
    return Asked(document, digest, variables, name or None)


def _digest(identifier: Any, extensions: Mapping[str, Any] | None) -> str | None:
    """By which hash the document is named, in either of the two ways to name it."""
    if identifier is not None:
        found = DOCUMENT_ID.fullmatch(identifier) if isinstance(identifier, str) else None
        if found is None:
            message = "documentId must be sha256: and the 64 lower-case hexadecimal digits of the document."
            raise BadRequest(message)
        return found[1]
    persisted = extensions.get("persistedQuery") if extensions else None
    if persisted is None:
        return None
    digest = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    if not isinstance(digest, str) or not DIGEST.fullmatch(digest):
        message = (
            "extensions.persistedQuery.sha256Hash must be the document's 64 lower-case hexadecimal digits."
        )
        raise BadRequest(message)
    if persisted.get("version") != 1:
        raise BadRequest("extensions.persistedQuery.version must be 1.")
    return digest
