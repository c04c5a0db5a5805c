"""A request's body: read whole, bounded, and parsed as JSON."""

from __future__ import annotations

from email.message import Message
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.types import Receive

from mockserver.domain.errors import ApiError


async def read_json(headers: Headers, receive: Receive, limit: int) -> Any:
    """The parsed body. Refused in this order: too large, not application/json in UTF-8, no JSON."""
    raw = await _read(receive, limit)
    _require_json(headers.get("content-type", ""), empty=not raw)
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as why:
        raise ApiError("MALFORMED_JSON", why=why.msg if raw else "it is empty") from None


async def _read(receive: Receive, limit: int) -> bytes:
    """All of it, whatever Content-Length says. The edge drains what is left of a body that is too large."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > limit:
            raise ApiError("PAYLOAD_TOO_LARGE", limit=limit)
        if not message.get("more_body", False):
            return bytes(body)


def _require_json(content_type: str, *, empty: bool) -> None:
    """RFC 9110 §8.3.1: type, subtype and charset are case-insensitive. A body that is empty is refused as no JSON."""
    if empty and not content_type:
        return
    parsed = Message()
    parsed["content-type"] = content_type or "none"
    charset = parsed.get_param("charset", "utf-8")
    if parsed.get_content_type() != "application/json" or str(charset).lower() != "utf-8":
        raise ApiError("UNSUPPORTED_MEDIA_TYPE", media_type=content_type[:100] or "a body without Content-Type")
