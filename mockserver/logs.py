"""One line per request, as text or as JSON. Never a query, a header or a body: a secret may stand there."""

from __future__ import annotations

import logging
from typing import Any

import orjson

FORMATS = ("text", "json", "off")


class JsonLines(logging.Formatter):
    """A JSON object per line, for log collectors."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {"at": record.created, "level": record.levelname, "message": record.getMessage()}
        line |= getattr(record, "visit", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line).decode()


class TextLines(logging.Formatter):
    """For people."""

    def format(self, record: logging.LogRecord) -> str:
        visit = getattr(record, "visit", None)
        if visit is None:
            return super().format(record)
        line = "{status} {method} {path} {milliseconds} ms {caller} {request_id} {refusal}".format_map(visit)
        return line.rstrip()


def configure(log_format: str) -> None:
    """Set up this program's logging. `off` leaves errors alone."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if log_format == "json" else TextLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("mockserver").setLevel(logging.ERROR if log_format == "off" else logging.INFO)
