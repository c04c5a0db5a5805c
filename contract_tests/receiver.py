"""The receiver that the judge hosts: it keeps every request as it came, byte for byte, and answers as it was told to.

It takes whatever HTTP/1.1 allows a sender to do: kept connections, bodies in chunks, `Expect: 100-continue`.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

LARGEST = 1024 * 1024  # bytes of a body that are kept; a larger one is answered 413
ROOM = 64 * LARGEST  # bytes of all bodies together; what comes then is answered 503 and not kept
SHOWN = 600  # characters of a body in a report


class Reply(NamedTuple):
    """How a request is answered: at once, unless it says after how many seconds."""

    status: int = 204
    location: str | None = None
    after: float = 0.0

    def __str__(self) -> str:
        return f"{self.status}{f' after {self.after:g} s' if self.after else ''}"


@dataclass(frozen=True)
class Delivery:
    """One request as it came, and how it was answered. Header names are in lower case; `at` is of the monotonic clock."""

    at: float
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    reply: Reply

    def header(self, name: str) -> str | None:
        """A header's value; those of one that came several times, with commas."""
        return ", ".join(value for given, value in self.headers if given == name.lower()) or None

    @property
    def accepted(self) -> bool:
        """Whether it was answered with a 2xx at once."""
        return 200 <= self.reply.status < 300 and not self.reply.after

    @cached_property
    def event(self) -> dict[str, Any]:
        """The JSON object of the body; an empty one if it is none."""
        try:
            event = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return event if isinstance(event, dict) else {}

    @property
    def type(self) -> str:
        """What the event says that it is, and its id: as texts, whatever they are."""
        return str(self.event.get("type"))

    @property
    def id(self) -> str:
        return str(self.event.get("id"))

    @property
    def data(self) -> dict[str, Any]:
        data = self.event.get("data")
        return data if isinstance(data, dict) else {}

    def __str__(self) -> str:
        text = self.body.decode("utf-8", "backslashreplace")
        shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(self.body)} bytes)"
        headers = (f"{name}: {value[:200]}" for name, value in self.headers)
        return "\n    ".join([f"{self.method} {self.path} -> {self.reply}", *headers, shown])


class Receiver:
    """A running receiver. It is an ASGI application on a thread of its own; its methods are for other threads."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._arrived: list[Delivery] = []
        self._plans: list[tuple[tuple[bytes, ...], deque[Reply]]] = []
        self._kept = 0
        self._news = threading.Condition()

    def plan(self, marks: Iterable[str], replies: Iterable[Reply]) -> None:
        """Answer the requests whose body has all these texts with these replies in turn, and then as any other."""
        with self._news:
            self._plans.append((tuple(mark.encode() for mark in marks), deque(replies)))

    def arrived(self) -> list[Delivery]:
        """All that came, in the order in which it came."""
        with self._news:
            return list(self._arrived)

    def wait(self, number: int, seconds: float) -> None:
        """Until more than this number has come, or that time has passed."""
        with self._news:
            self._news.wait_for(lambda: len(self._arrived) > number, max(0.0, seconds))

    def rest(self, seconds: float) -> None:
        """Until nothing has come for so long, or three times that has passed."""
        until = time.monotonic() + 3 * seconds
        number = -1
        while number < len(self.arrived()) and time.monotonic() < until:
            number = len(self.arrived())
            self.wait(number, seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request, body = Request(scope, receive), b""
        try:
            async for chunk in request.stream():
                body += chunk[: LARGEST + 1 - len(body)]
        except ClientDisconnect:
            return  # the sender went away within its request, which has not arrived (RFC 9112 §8)
        path = scope.get("raw_path", b"").decode("ascii", "replace") or scope["path"]
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw)
        reply = self._take(request.method, path, headers, body)
        await asyncio.sleep(reply.after)
        location = {"Location": reply.location} if reply.location else None
        await Response(status_code=reply.status, headers=location)(scope, receive, send)

    def _take(self, method: str, path: str, headers: tuple[tuple[str, str], ...], body: bytes) -> Reply:
        """Keep the request, and say how to answer it."""
        with self._news:
            if self._kept > ROOM:
                return Reply(503)
            self._kept += len(body)
            reply = Reply(413) if len(body) > LARGEST else self._planned(body)
            self._arrived.append(Delivery(time.monotonic(), method, path, headers, body, reply))
            self._news.notify_all()
            return reply

    def _planned(self, body: bytes) -> Reply:
        for marks, replies in self._plans:
            if replies and all(mark in body for mark in marks):
                return replies.popleft()
        return Reply()


@contextmanager
def receiving(host: str, port: int) -> Iterator[Receiver]:
    """A receiver at this address while the block lasts; port 0 takes any free one. Raises OSError."""
    with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        receiver = Receiver(listener.getsockname()[1])
        quiet: dict[str, Any] = {"log_config": None, "log_level": "critical", "access_log": False, "server_header": False}
        bare: dict[str, Any] = {"loop": "asyncio", "http": "h11", "ws": "none", "lifespan": "off"}
        server = uvicorn.Server(uvicorn.Config(receiver, timeout_graceful_shutdown=1, **bare, **quiet))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="receiver", daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.should_exit = True
            thread.join(5)
