"""Media types: which one the client takes the answer in, and whether the body is one that the hub reads.

What was decided about an Accept header is kept: clients send the same few.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from schema.http.refusals import BadRequest, Header, quoted

MOST_KEPT = 256
LONGEST_KEPT = 500
"""Bytes; about a longer value is decided each time, so that few clients cannot fill the memory."""
QUALITY = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
"""RFC 9110, section 12.4.2."""
UTF_8 = ("", "utf-8", "utf8")


@dataclass(frozen=True, slots=True)
class Media:
    """A media type of answers."""

    name: str
    request_error: int
    """The status of an answer without data: a client that takes plain JSON looks for errors in the body."""
    headers: tuple[Header, ...] = field(init=False)

    def __post_init__(self) -> None:
        kind = (b"content-type", f"{self.name}; charset=utf-8".encode())
        object.__setattr__(self, "headers", (kind, (b"cache-control", b"no-store")))


JSON = Media("application/json", request_error=200)
AS_MOST_SEND = (b"application/json", b"application/json; charset=utf-8")
GRAPHQL = Media("application/graphql-response+json", request_error=400)


def accepted(header: bytes) -> Media:
    """The media type that an Accept header prefers; BadRequest (406) where it takes neither.

    Of what is equally welcome: what is named before what a wildcard covers, then the first that is named,
    then plain JSON.
    """
    return _known(header) if len(header) <= LONGEST_KEPT else _accepted(header)


def _accepted(header: bytes) -> Media:
    ranges = list(_ranges(header))
    best: tuple[float, int, int] | None = None
    chosen = JSON
    for media in (JSON, GRAPHQL):
        matching = [
            (specific, -place, quality)
            for place, (name, quality) in enumerate(ranges)
            if (specific := _specific(name, media))
        ]
        if not matching:
            continue
        specific, place, quality = max(matching)
        rank = (quality, specific, place)
        if quality > 0 and (best is None or rank > best):
            best, chosen = rank, media
    if best is None:
        raise BadRequest(f"The hub answers in {GRAPHQL.name} or {JSON.name}: accept one of them.", 406)
    return chosen


_known = lru_cache(MOST_KEPT)(_accepted)


def _ranges(header: bytes) -> Iterator[tuple[str, float]]:
    """Each media range of the header with its quality; ranges in another encoding than UTF-8 are left out."""
    for part in header.decode("latin-1").lower().split(","):
        name, parameters = _parsed(part)
        if parameters.get("charset", "") in UTF_8:
            yield name, _quality(parameters.get("q", "1"))


def _quality(text: str) -> float:
    """The quality from 0 to 1; what is no quality is taken as not sent."""
    return float(text) if QUALITY.fullmatch(text) else 1.0


def _specific(name: str, media: Media) -> int:
    """How closely a range names the media type; 0 where it does not cover it."""
    return {media.name: 3, "application/*": 2, "*/*": 1}.get(name, 0)


def _parsed(value: str) -> tuple[str, dict[str, str]]:
    """A media type and its parameters."""
    name, *rest = value.split(";")
    pairs = (parameter.partition("=") for parameter in rest)
    return name.strip(), {key.strip(): text.strip().strip('"') for key, _, text in pairs}


def require_json(header: bytes) -> None:
    """BadRequest (415) where a Content-Type is not JSON in UTF-8."""
    if header not in AS_MOST_SEND:
        _require_json(header)


def _require_json(header: bytes) -> None:
    text = header.decode("latin-1")
    name, parameters = _parsed(text.lower())
    if name != JSON.name:
        sent = f", not as {quoted(text)}" if text else "; its Content-Type is missing"
        raise BadRequest(f"Send the body as {JSON.name}{sent}.", 415)
    if parameters.get("charset", "") not in UTF_8:
        raise BadRequest(f"Send the body in UTF-8, not in {quoted(parameters['charset'])}.", 415)


def require_plain(encoding: bytes) -> None:
    """BadRequest (415) where a Content-Encoding says that the body is compressed."""
    if encoding.strip().lower() not in (b"", b"identity"):
        message = "Send the body as it is, without Content-Encoding: the hub does not unpack bodies."
        raise BadRequest(message, 415, headers=[(b"accept-encoding", b"identity")])
