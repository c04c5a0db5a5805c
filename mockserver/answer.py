"""The way out of every answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

from starlette.types import Message, Send

from mockserver.body import KEPT, Aborted
from mockserver.connection import Broken
from mockserver.domain.errors import ApiError
from mockserver.visit import Visit

RawHeaders = list[tuple[bytes, bytes]]
_NO_JSON = b"<"  # in place of the last byte: the length stays, and no parser accepts it


class Answer:
    """Adds the common headers to the start of an answer, leaves out the body of an answer to HEAD, and breaks what a fault
    wants broken. It remembers what was sent, for the log: of the body `kept`, and its whole `length`."""

    def __init__(self, send: Send, headers: Callable[[], Awaitable[RawHeaders]], visit: Visit) -> None:
        self._send = send
        self._more = headers
        self._visit = visit
        self.status = 0
        self.headers: RawHeaders = []
        self.kept = b""
        self.length = 0

    @property
    def started(self) -> bool:
        return self.status != 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            with suppress(Aborted, ApiError):
                await self._visit.body.drain()
            headers = self.headers = [*message["headers"], *await self._more()]
            self.status = message["status"]
            await self._send({**message, "headers": headers})
        elif message["type"] == "http.response.body":
            await self._pass(message)
        else:
            await self._send(message)

    async def _pass(self, message: Message) -> None:
        if self._visit.method == "HEAD":
            message = {**message, "body": b""}
        if self._visit.spoiled and message.get("body"):
            message = self._spoiled(message)
        body = message.get("body", b"")
        self.length += len(body)
        if len(self.kept) <= KEPT:
            self.kept = self.kept + body if self.kept else body
        await self._send(message)
        if self._visit.spoiled == "truncate" and body:
            await self._cut()

    def _spoiled(self, message: Message) -> Message:
        raw: bytes = message["body"]
        if self._visit.spoiled == "truncate":
            return {**message, "body": raw[: len(raw) // 2], "more_body": True}
        return {**message, "body": raw[:-1] + _NO_JSON}

    async def _cut(self) -> None:
        if self._visit.connection:
            await self._visit.connection.close(self._visit.body)
        raise Broken
