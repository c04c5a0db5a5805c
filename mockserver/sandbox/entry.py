"""One entry of the request log, as it is kept: what request and answer were made of, for as little work as can be."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from itertools import chain
from typing import NamedTuple

import orjson

from mockserver.answer import Answer
from mockserver.body import KEPT
from mockserver.visit import Visit

_ENTRY = 1_000  # bytes that Python 3.11 takes for an entry whose texts are short, rounded up


class Entry(NamedTuple):
    """A request that was answered, or was not (`status` 0). Headers are lines, a name and its value by turns, which hold no
    line feeds (RFC 9110 §5.5). Bodies may be cut; their whole lengths stand beside them."""

    number: int
    world: str
    request_id: str
    at: datetime
    method: str
    path: str
    query: bytes
    operation_id: str | None
    status: int
    code: str | None
    message: str | None
    seconds: float
    caller: str
    fault: str
    headers: bytes
    body: bytes
    length: int
    answer_headers: bytes
    answer_body: bytes
    answer_length: int
    size: int

    @property
    def refusal(self) -> tuple[str | None, str | None]:
        """error.code and error.message; of the login what its answer calls so."""
        if self.code is not None or self.status < 400:
            return self.code, self.message
        with suppress(orjson.JSONDecodeError, AttributeError):
            told = orjson.loads(self.answer_body)
            code, message = told.get("error_code") or told.get("code"), told.get("msg") or told.get("message")
            return code if isinstance(code, str) else None, message if isinstance(message, str) else None
        return None, None


def entry_of(number: int, visit: Visit, answer: Answer, seconds: float) -> Entry:
    """Of a request that has been answered. Headers are kept in one piece: of pairs the garbage collector would walk 20 more
    with every entry, again and again."""
    principal, operation, error = visit.principal, visit.operation, visit.error
    world, caller = (principal.tenant_id, principal.counter) if principal else ("", visit.address)
    code, message = (error.code, error.message) if error else (None, None)
    body, length, sent, answered = visit.body.kept, visit.body.length, answer.kept, answer.length
    body, sent = body if length <= KEPT else body[:KEPT], sent if answered <= KEPT else sent[:KEPT]
    headers = b"\n".join(chain.from_iterable(visit.headers.raw))
    sent_headers = b"\n".join(chain.from_iterable(answer.headers))
    path, query = visit.raw_path, visit.query
    size = _ENTRY + len(headers) + len(sent_headers) + len(body) + len(sent) + len(path) + len(query)
    # fmt: off
    return Entry(
        number, world, visit.request_id, visit.now, visit.method, path, query, operation.id if operation else None,
        answer.status, code, message, seconds, caller, visit.fault, headers, body, length, sent_headers, sent, answered,
        size,
    )
    # fmt: on
