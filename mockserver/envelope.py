"""The three envelopes, as bytes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from mockserver.domain.errors import ApiError

JSON = (b"content-type", b"application/json")


class Answer(NamedTuple):
    """What a handler answers: a body that becomes JSON (None: no body at all) and headers of its own."""

    body: Any
    headers: Mapping[str, str] = {}


class Stream(NamedTuple):
    """An answer without end, for as long as the client stays."""

    media_type: str
    chunks: AsyncIterator[bytes]


def one(resource: Mapping[str, Any] | str, headers: Mapping[str, str] | None = None) -> Answer:
    """A resource, as a mapping or as JSON text."""
    return Answer({"data": orjson.Fragment(resource) if isinstance(resource, str) else resource}, headers or {})


def page(rows: Sequence[str], *, total: int, number: int, limit: int, next_cursor: str | None) -> Answer:
    """Rows as JSON texts, and where their page stands."""
    meta = {"total": total, "page": number, "limit": limit, "nextCursor": next_cursor}
    return Answer({"data": orjson.Fragment(f"[{','.join(rows)}]"), "meta": meta})


def error(refusal: ApiError) -> bytes:
    return orjson.dumps({"error": {"code": refusal.code, "message": refusal.message, "details": refusal.details}})


def refusal(why: ApiError) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """The headers of a refusal, with its challenge, and its body."""
    raw = error(why)
    challenge = _CHALLENGES.get(why.code)
    own = {**({"WWW-Authenticate": challenge} if challenge else {}), **why.headers}
    extra = [(name.lower().encode(), value.encode()) for name, value in own.items()]
    return [JSON, (b"content-length", b"%d" % len(raw)), *extra], raw


# RFC 6750 §3: no error code for a caller who sent no credentials.
_CHALLENGES = {
    "UNAUTHENTICATED": "Bearer",
    "TOKEN_INVALID": 'Bearer error="invalid_token"',
    "TOKEN_EXPIRED": 'Bearer error="invalid_token"',
    "INSUFFICIENT_SCOPE": 'Bearer error="insufficient_scope"',
}
