"""An entry of the request log as it is read: secrets masked, and with a line that sends the request again."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

from mockserver.domain import instants
from mockserver.domain.credentials import key_id
from mockserver.sandbox import masking
from mockserver.sandbox.entry import Entry

HEADER = 20_000  # characters of a header, a path or a query
HEADERS = 200

_TOKEN = "Authorization"  # noqa: S105  the name of a header
# What curl says of itself, or what belongs to that one connection.
_NOT_SENT_AGAIN = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "expect", "cookie", "te", "accept-encoding"}
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,20}(?= )")


def summary(entry: Entry, entry_id: str) -> dict[str, Any]:
    """As RequestSummary of sandbox.yaml."""
    code, message = entry.refusal
    return {
        "id": entry_id,
        "request_id": masking.text(entry.request_id),
        "world_id": entry.world or None,
        "at": instants.text(entry.at),
        "method": entry.method[:100],
        "path": masking.path(entry.path)[:HEADER],
        "query": masking.query(entry.query.decode("latin-1"))[:HEADER],
        "operation_id": entry.operation_id,
        "status": entry.status or None,
        "error_code": code and code[:60],
        "message": message and masking.text(message)[:500],
        "duration_ms": round(entry.seconds * 1000, 3),
        "caller": _caller(entry.caller)[:200],
        "fault": entry.fault or None,
    }


def whole(entry: Entry, entry_id: str, origin: str) -> dict[str, Any]:
    """As Request of sandbox.yaml. `origin` is where curl finds the mock."""
    return {
        **summary(entry, entry_id),
        "request": _message(entry.headers, entry.body, entry.length),
        "response": _message(entry.answer_headers, entry.answer_body, entry.answer_length),
        "curl": _curl(entry, origin),
    }


def _caller(counter: str) -> str:
    """From the name of a rate-limit counter: the key by its id, the user, or else the address as it is."""
    kind, _, name = counter.partition(":")
    if kind == "key":
        return key_id(name)
    return f"user {name.partition(':')[2]}" if kind == "user" else counter


def _message(headers: bytes, body: bytes, length: int) -> dict[str, Any]:
    shown = [[name, masking.header(name, value)[:HEADER]] for name, value in _pairs(headers)]
    return {"headers": shown[:HEADERS], "body": _body(headers, body), "truncated": length > len(body)}


def _pairs(headers: bytes) -> Iterator[tuple[str, str]]:
    lines = headers.decode("latin-1").split("\n")
    return zip(lines[::2], lines[1::2], strict=False)


def _body(headers: bytes, body: bytes) -> str | None:
    if not body:
        return None
    media_type = dict(_pairs(headers)).get("content-type", "")
    return masking.body(body.decode("utf-8", "replace"), media_type)


def _curl(entry: Entry, origin: str) -> str:
    query = masking.query(entry.query.decode("latin-1"))
    url = origin + masking.path(entry.path) + (f"?{query}" if query else "")
    parts = ["curl", *_as_it_is(url), *_method(entry.method, has_body=bool(entry.body)), shlex.quote(url)]
    for name, value in _pairs(entry.headers):
        if name == _TOKEN.lower():
            scheme = _SCHEME.match(value)
            parts += ["-H", f'"{_TOKEN}: {scheme[0] + " " if scheme else ""}$NEXUS_TOKEN"']
        elif name not in _NOT_SENT_AGAIN:
            parts += ["-H", shlex.quote(f"{name}: {masking.header(name, value)}")]
    if entry.length > len(entry.body):
        parts += ["--data-binary", "@body", "# the log has only the beginning of the body"]
    elif entry.body:
        # Not --data-binary: what begins with @ would be the name of a file of whoever pastes the line.
        parts += ["--data-raw", shlex.quote(_body(entry.headers, entry.body) or "")]
    return " ".join(parts)


def _as_it_is(url: str) -> list[str]:
    """What keeps curl from taking brackets for a pattern of several URLs, and from shortening a path with dots."""
    globbed = ["--globoff"] if re.search(r"[][{}]", url) else []
    return globbed + (["--path-as-is"] if "/." in url else [])


def _method(method: str, *, has_body: bool) -> list[str]:
    if method == "HEAD":
        return ["--head"]
    return [] if method == "GET" and not has_body else ["-X", shlex.quote(method)]
