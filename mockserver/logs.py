"""One line per request, as text or as JSON. Never a query, a header or a body: a secret may stand there. One that stands in
the path or in the request's id is masked."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import orjson

from mockserver.sandbox import masking

if TYPE_CHECKING:  # the command line imports this module, and is to start without the store
    from mockserver.visit import Visit

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


def line(visit: Visit, status: int, seconds: float, *, aborted: bool) -> dict[str, Any]:
    """What a line says of a request. The path is as it was sent, still encoded: decoded it could write lines of its own."""
    path = visit.raw_path
    return {
        "request_id": masking.text(visit.request_id),
        "method": visit.method,
        "path": masking.path(path) if "%" in path else masking.text(path),
        "status": status,
        "refusal": "ABORTED" if aborted else visit.error.code if visit.error else "",
        "milliseconds": round(seconds * 1000, 2),
        "caller": visit.principal.name if visit.principal else visit.address,
        "tenant": visit.tenant,
    }
