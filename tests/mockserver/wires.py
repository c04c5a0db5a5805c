"""Connections without a network: bytes in by pieces, bytes out, and whether it was closed; by either reading of HTTP."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import orjson
import uvicorn
from starlette.types import Receive
from uvicorn.server import ServerState

from mockserver.protocol import Protocol

_TURNS = 12  # of the event loop: more than the app below needs for an answer
_OWN = re.compile(rb"(?m)^(x-request-id: ).*\r$|^([-A-Za-z]+: )")  # of a header: what differs by chance, or by its case


class Alone(Protocol):
    """h11 alone, from the first byte."""

    by_h11 = True


class Seen(NamedTuple):
    """`short` is whether the connection is still read in the short way."""

    written: bytes
    closed: bool
    short: bool


class Pipe(asyncio.Transport):
    """A transport that keeps what is written, and is not read from while it is paused."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.closed = self.paused = False

    def write(self, data: Any) -> None:
        if not self.closed:
            self.written += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Echoes what it was asked, in the manner that the path's first word says."""
    word = scope["path"].lstrip("/").partition("/")[0]
    body = b"" if word == "early" else await _all(receive)
    for _ in range(3 if word == "slow" else 0):
        await asyncio.sleep(0)
    told = {name: scope[name] for name in ("method", "path", "http_version")}
    raw = [scope["raw_path"], scope["query_string"], body, *(part for header in scope["headers"] for part in header)]
    text = orjson.dumps(told | {"raw": [part.decode("latin-1") for part in raw]})
    if word == "none":
        await send({"type": "http.response.start", "status": 204, "headers": [(b"allow", b"GET")]})
        await send({"type": "http.response.body"})
        return
    headers = [] if word == "stream" else [(b"content-length", b"%d" % len(text))]
    headers += [(b"connection", b"close")] if word == "closes" else []
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text[:7], "more_body": True})
    await send({"type": "http.response.body", "body": text[7:]})


async def _all(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


@cache
def _config(keep_alive: int) -> uvicorn.Config:
    return uvicorn.Config(app, ws="none", proxy_headers=False, log_config=None, timeout_keep_alive=keep_alive)


def connected(kind: type[Protocol], *, keep_alive: int = 5) -> tuple[Protocol, Pipe]:
    """A fresh connection of this kind. `keep_alive`: seconds."""
    protocol, pipe = kind(_config(keep_alive), ServerState(), {}), Pipe()
    protocol.connection_made(pipe)
    return protocol, pipe


async def settled(protocol: Protocol) -> None:
    """Until nothing goes on, or what goes on waits for more."""
    for _ in range(_TURNS):
        if not protocol.tasks:
            return
        await asyncio.sleep(0)


async def told(kind: type[Protocol], pieces: Sequence[bytes], *, at_once: bool = False) -> Seen:
    """What comes of these pieces, each when the one before has had its effect (or `at_once`, as far as they are read)."""
    protocol, pipe = connected(kind)
    for piece in filter(None, pieces):  # no transport tells of nothing
        if pipe.paused:
            await settled(protocol)
        if pipe.closed or pipe.paused:
            break
        protocol.data_received(piece)
        if not at_once:
            await settled(protocol)
    await settled(protocol)
    seen = bytes(pipe.written), pipe.closed, not protocol.by_h11
    protocol.connection_lost(None)
    await settled(protocol)
    return Seen(_OWN.sub(lambda found: found[1] or found[2].lower(), seen[0]), *seen[1:])
