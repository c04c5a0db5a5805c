"""A request's body: read whole, bounded, and parsed as JSON."""

from __future__ import annotations

import asyncio
from email.message import Message
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.types import Message as ASGIMessage
from starlette.types import Receive

from mockserver.domain.errors import ApiError

DRAINED = 16 * 1024 * 1024  # bytes
DRAINING = 5.0  # seconds
KEPT = 64 * 1024  # bytes of a body that the request log has


class Aborted(Exception):
    """The client went away, or broke HTTP, before its body had come to its end: nothing may be done for it."""


class Body:
    """The way in. It remembers whether the body has been read to its end, so that nothing runs on half a request; and, for
    the log, the body's beginning (`kept`), and how much of it came (`length`)."""

    def __init__(self, receive: Receive, headers: Headers) -> None:
        self._receive = receive
        self._headers = headers
        self._left = any(
            name == b"transfer-encoding" or (name == b"content-length" and value != b"0") for name, value in headers.raw
        )
        self.kept = b""
        self.length = 0

    async def __call__(self) -> ASGIMessage:
        message = await self._receive()
        if message["type"] == "http.disconnect" and self._left:
            raise Aborted
        self._left = bool(message.get("more_body"))
        if body := message.get("body"):
            self.length += len(body)
            if len(self.kept) <= KEPT:
                self.kept = self.kept + body if self.kept else body
        return message

    async def json(self, limit: int) -> Any:
        """The parsed body. Refused in this order: too large, not application/json in UTF-8, no JSON."""
        raw = await self._read(limit)
        _require_json(self._headers.get("content-type", ""), empty=not raw)
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError as why:
            raise ApiError("MALFORMED_JSON", why=why.msg if raw else "it is empty") from None

    async def drain(self) -> None:
        """Read what nobody wants: an answer before the end of the body looks like a broken connection.

        Not from a client that waits to be asked for its body (RFC 9110 §10.1.1). Raises Aborted, or MALFORMED_REQUEST for
        a body that does not come to its end within DRAINED and DRAINING.
        """
        if not self._left or "expect" in self._headers:
            return
        size = 0
        try:
            async with asyncio.timeout(DRAINING):
                while self._left and size < DRAINED:
                    size += len((await self()).get("body", b""))
        except TimeoutError:
            self._left = False
            raise ApiError("MALFORMED_REQUEST") from None
        if self._left:
            raise ApiError("MALFORMED_REQUEST")

    async def _read(self, limit: int) -> bytes:
        """All of it, whatever Content-Length says."""
        body = bytearray()
        while self._left:
            body += (await self()).get("body", b"")
            if len(body) > limit:
                raise ApiError("PAYLOAD_TOO_LARGE", limit=limit)
        return bytes(body)


def _require_json(content_type: str, *, empty: bool) -> None:
    """RFC 9110 §8.3.1: type, subtype and charset are case-insensitive. A body that is empty is refused as no JSON."""
    if content_type == "application/json" or (empty and not content_type):
        return
    parsed = Message()
    parsed["content-type"] = content_type or "none"
    charset = parsed.get_param("charset", "utf-8")
    if parsed.get_content_type() != "application/json" or str(charset).lower() != "utf-8":
        raise ApiError("UNSUPPORTED_MEDIA_TYPE", media_type=content_type[:100] or "a body without Content-Type")
