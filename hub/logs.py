"""Logs: one line an event, without the values of variables, which may be anybody's secrets."""

from __future__ import annotations

import asyncio
import atexit
import json
import logging
import sys
from typing import Any, TextIO

import structlog

LATEST_SECONDS = 0.1


class Gathered:
    """A stream that writes the lines of a tenth of a second together: a write for each costs half of a line.

    Where no loop runs, each is written at once; what is left is written when the process ends.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._is_due = stream, False
        self._texts: list[str] = []
        atexit.register(self._put)

    def write(self, text: str) -> None:
        """Keep the text for the next write."""
        self._texts.append(text)
        if self._is_due:
            return
        try:
            asyncio.get_running_loop().call_later(LATEST_SECONDS, self._put)
            self._is_due = True
        except RuntimeError:
            self._put()

    def flush(self) -> None:
        """Nothing: what is kept is written soon."""

    def _put(self) -> None:
        texts, self._texts, self._is_due = self._texts, [], False
        self._stream.write("".join(texts))
        self._stream.flush()


def processors(*, as_json: bool) -> list[structlog.typing.Processor]:
    """What makes a line of an event: JSON for machines, text for a person. Tracebacks show no variables."""
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    rendering: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, lambda _, __, event: encode(event)] if as_json else [plain]
    )
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *rendering,
    ]


def configure(*, as_json: bool) -> None:
    """Log to standard error: JSON for machines; for a person at a terminal plain text, and what matters."""
    stream: Any = Gathered(sys.stderr) if as_json else sys.stderr
    structlog.configure(
        processors=processors(as_json=as_json),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO if as_json else logging.WARNING),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
