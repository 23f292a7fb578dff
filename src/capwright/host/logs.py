"""Logs: one line for each thing that happened, as text for people or as JSON for machines.

As text, in a terminal, only what is amiss is said; as JSON, every request too. Lines written while a request
is answered carry its id. No line carries a query, a form, a header or a name: what somebody asked for stands
in the journal, and who asked for it is nobody's business but the journal's.
"""

from __future__ import annotations

import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

if TYPE_CHECKING:
    from typing import TextIO

__all__ = ["REQUEST_ID", "set_up"]

REQUEST_ID: Final[ContextVar[str]] = ContextVar("capwright_request_id", default="")
# Invitations and resets have keys in their addresses.
_SECRET: Final = re.compile(r"((?:/identity/[^/\s]+|/invitation)/)[^\s\"]+")
_OURS: Final = "fields"  # the attribute of a record that holds what else there is to say


def set_up(form: Literal["text", "json"], stream: TextIO | None = None) -> None:
    """Send the logs of this process to `stream`, the standard error output, in this form."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Text())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("capwright").setLevel(logging.INFO if form == "json" else logging.WARNING)
    logging.getLogger("django.request").setLevel(logging.ERROR)  # the rest is told for every request
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(logging.WARNING)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


class _Json(logging.Formatter):
    """A line is an object: `at`, `level`, `logger`, `message`, `request`, more by what it tells."""

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "at": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request := REQUEST_ID.get():
            said["request"] = request
        said |= getattr(record, _OURS, {})
        if record.exc_info:
            said["trace"] = self.formatException(record.exc_info)
        return _SECRET.sub(r"\1…", msgspec.json.encode(said).decode())


class _Text(logging.Formatter):
    """Time, level, message; then what else there is, as `name=value`."""

    def format(self, record: logging.LogRecord) -> str:
        more = "".join(f" {name}={value}" for name, value in getattr(record, _OURS, {}).items())
        request = f" [{REQUEST_ID.get()}]" if REQUEST_ID.get() else ""
        text = f"{_time(record)} {record.levelname} {record.getMessage()}{more}{request}"
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return _SECRET.sub(r"\1…", text)
