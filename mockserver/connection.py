"""The connection that a request came by, as far as a fault breaks it and an endless answer ends with it."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress

from starlette.types import Scope

from mockserver.body import Aborted, Body

_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset, and throw away what was not yet sent


class Broken(Exception):
    """A fault has broken the connection: nothing more can be answered."""


class Connection:
    """Made by the server for each connection. `stopping` is set when the server is about to stop."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.stopping = asyncio.Event()

    async def close(self, body: Body) -> None:
        """Send what was written, and close. Returns when the connection is gone."""
        self._transport.close()
        await _gone(body)

    async def wait(self, seconds: float) -> None:
        """So long, or until the server is about to stop."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.stopping.wait()

    async def reset(self, body: Body) -> None:
        """Close with a TCP reset."""
        connection: socket.socket = self._transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self._transport.abort()
        await _gone(body)


def connection_of(scope: Scope) -> Connection | None:
    """None where another server than ours has taken the request."""
    found: Connection | None = scope.get("state", {}).get("connection")
    return found


async def _gone(body: Body) -> None:
    """uvicorn 0.54 takes an app that returns without an answer for a mistake, unless the client is known to have gone."""
    with suppress(Aborted):
        while (await body())["type"] != "http.disconnect":
            pass
