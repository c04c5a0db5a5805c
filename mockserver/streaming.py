"""An answer without end: it lasts until the client leaves, or the server is about to stop."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import Receive, Send

from mockserver.envelope import Stream
from mockserver.visit import Visit

FAREWELL = 1.0  # seconds in which a client may take the end of the answer


async def stream(answer: Stream, visit: Visit, receive: Receive, send: Send) -> None:
    """Send it, piece by piece. That the client has left is told by nothing but a disconnect; HEAD has no pieces."""
    headers = [(b"content-type", answer.media_type.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if visit.method != "HEAD":
        await _first_of(*_while(answer, visit, receive, send))
    await _end(visit, send)


def _while(answer: Stream, visit: Visit, receive: Receive, send: Send) -> list[asyncio.Task[Any]]:
    """What lasts as long as the answer does."""

    async def left() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async def pieces() -> None:
        async for piece in answer.chunks:
            await send({"type": "http.response.body", "body": piece, "more_body": True})

    stopping = [visit.connection.stopping.wait()] if visit.connection else []
    return [asyncio.create_task(each) for each in (left(), pieces(), *stopping)]


async def _first_of(*tasks: asyncio.Task[Any]) -> None:
    """Until one of them ends; then none goes on."""
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _end(visit: Visit, send: Send) -> None:
    """Whoever does not read is not waited for."""
    try:
        async with asyncio.timeout(FAREWELL):
            await send({"type": "http.response.body", "body": b""})
    except TimeoutError:
        if visit.connection is None:
            raise
        await visit.connection.reset(visit.body)
