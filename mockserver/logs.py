"""One line per request, as text or as JSON. Never a query, a header or a body: a secret may stand there. One that stands in
the path or in the request's id is masked.

As JSON every line is one object, whoever writes it: the mock, a library, Python itself when it gives up. As text a line that
goes on is indented, so that none can look like another.
"""

from __future__ import annotations

import logging
import sys
import threading
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Any

import orjson

from mockserver.sandbox import masking

if TYPE_CHECKING:  # the command line imports this module, and is to start without the store
    from mockserver.visit import Visit

FORMATS = ("text", "json", "off")
request_id: ContextVar[str] = ContextVar("request_id", default="")  # of the request that this task answers

log = logging.getLogger("mockserver")
lifetime = logging.getLogger("mockserver.lifetime")  # starts and stops: for collectors, since people see the greeting


class JsonLines(logging.Formatter):
    """A JSON object per line, for log collectors."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {"at": record.created, "level": record.levelname, "message": record.getMessage()}
        line["pid"] = record.process
        if current := request_id.get():
            line["request_id"] = masking.text(current)
        line |= getattr(record, "visit", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _written(line)


class TextLines(logging.Formatter):
    """For people."""

    def format(self, record: logging.LogRecord) -> str:
        visit = getattr(record, "visit", None)
        if visit is None:
            return super().format(record).replace("\r", "\\r").replace("\n", "\n  ")
        line = "{status} {method} {path} {milliseconds} ms {caller} {request_id} {refusal}".format_map(visit)
        return line.rstrip()


def configure(log_format: str) -> None:
    """Set up this program's logging. `off` leaves errors alone."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if log_format == "json" else TextLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    log.setLevel(logging.ERROR if log_format == "off" else logging.INFO)
    lifetime.setLevel(logging.INFO if log_format == "json" else logging.WARNING)
    if log_format == "json":
        logging.captureWarnings(True)
        sys.excepthook = _told
        sys.unraisablehook = lambda what: _told(what.exc_type, what.exc_value, what.exc_traceback)
        threading.excepthook = lambda what: _told(what.exc_type, what.exc_value, what.exc_traceback)


def is_json() -> bool:
    """Whether whatever is told goes to a collector."""
    return any(isinstance(handler.formatter, JsonLines) for handler in logging.root.handlers)


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


def _written(line: dict[str, Any]) -> str:
    try:
        return orjson.dumps(line).decode()
    except TypeError:  # half a surrogate pair, which a message or an exception's text may hold
        clean = {name: str(value).encode("utf-8", "backslashreplace").decode() for name, value in line.items()}
        return orjson.dumps(clean).decode()


def _told(kind: type[BaseException], why: BaseException | None, where: TracebackType | None) -> None:
    """What nobody has caught."""
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("uncaught", exc_info=(kind, why or kind(), where))
