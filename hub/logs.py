"""Logs: one line an event, without the values of variables, which may be anybody's secrets."""

from __future__ import annotations

import asyncio
import atexit
import json
import logging
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from json.encoder import encode_basestring
from typing import Any, TextIO

_KNOWN = sys.modules.get("rich")
# structlog loads rich where it is installed, to draw tracebacks that nobody sees here: 4 MB of each worker.
sys.modules["rich"] = None  # type: ignore[assignment]
import structlog  # noqa: E402

if _KNOWN is None:
    del sys.modules["rich"]
else:
    sys.modules["rich"] = _KNOWN

LATEST_SECONDS = 0.1


class Gathered:
    """A stream that writes the lines of a tenth of a second together: a write for each costs half of a line.

    Where no loop runs, each is written at once; what is left is written when the process ends.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._is_due = stream, False
        self._texts: list[str | Callable[[], str]] = []
        atexit.register(self._put)

    def write(self, text: str | Callable[[], str]) -> None:
        """Keep the text, or what will write it, for the next time."""
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
        self._stream.write("".join(text if isinstance(text, str) else text() for text in texts))
        self._stream.flush()


class RequestLines:
    """The line of each request: as `log.info("request", ...)` writes it, put into words when written out.

    Many in a row then take a tenth of what each takes by itself, between other work (measured).
    """

    def __init__(self) -> None:
        self.stream: Gathered | None = None
        """Where the lines go once they are for machines."""
        self._log = structlog.get_logger("hub.request")

    def write(
        self, id: str, method: str, path: str, status: int, seconds: float, person: uuid.UUID | None
    ) -> None:
        """One line. `path` without what follows its question mark, which may be anybody's."""
        if self.stream is None:
            who, ms = str(person) if person else None, round(seconds * 1000, 1)
            self._log.info("request", id=id, method=method, path=path, status=status, ms=ms, person=who)
            return
        self.stream.write(partial(_line, id, method, path, status, seconds, person, time.time()))


def _line(
    id: str, method: str, path: str, status: int, seconds: float, person: uuid.UUID | None, at: float
) -> str:
    when = datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    whose = f'"{person}"' if person else "null"
    return (
        f'{{"id":"{id}","method":"{method}","path":{encode_basestring(path)},"status":{status},'
        f'"ms":{seconds * 1000:.1f},"person":{whose},"event":"request","level":"info",'
        f'"timestamp":"{when}"}}\n'
    )


REQUESTS = RequestLines()


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
    REQUESTS.stream = Gathered(sys.stderr) if as_json else None
    stream: Any = REQUESTS.stream or sys.stderr
    structlog.configure(
        processors=processors(as_json=as_json),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO if as_json else logging.WARNING),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
