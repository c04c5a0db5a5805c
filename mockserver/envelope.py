"""The three envelopes, as bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from mockserver.domain.errors import ApiError

JSON = (b"content-type", b"application/json")


class Answer(NamedTuple):
    """What a handler answers: a body that becomes JSON (None: no body at all) and headers of its own."""

    body: Any
    headers: Mapping[str, str] = {}


def one(resource: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Answer:
    return Answer({"data": resource}, headers or {})


def page(rows: Sequence[Mapping[str, Any]], *, total: int, number: int, limit: int, next_cursor: str | None) -> Answer:
    return Answer({"data": rows, "meta": {"total": total, "page": number, "limit": limit, "nextCursor": next_cursor}})


def error(refusal: ApiError) -> bytes:
    return orjson.dumps({"error": {"code": refusal.code, "message": refusal.message, "details": refusal.details}})
