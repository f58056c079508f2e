"""Logs: one JSON object a line for machines, readable lines on a terminal; both to standard error."""

from __future__ import annotations

import sys

import structlog


def configure() -> None:
    """Set the form of all logs of this process. Secrets are never among the fields that are logged."""
    shown: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer()]
        if sys.stderr.isatty()
        else [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *shown,
        ],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # whatever it is when a line is written
        cache_logger_on_first_use=False,
    )
