"""Logs: one line an event, without the values of variables, which may be anybody's secrets."""

from __future__ import annotations

import json
import logging
import sys

import structlog


def configure(*, as_json: bool) -> None:
    """Log to standard error: JSON for machines; for a person at a terminal plain text, and what matters."""
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    rendering: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, lambda _, __, event: encode(event)] if as_json else [plain]
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *rendering,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO if as_json else logging.WARNING),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
