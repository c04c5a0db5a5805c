"""The request log as server-sent events (WHATWG HTML §9.2)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator

import orjson

from mockserver.sandbox.entry import Entry
from mockserver.sandbox.selection import Selection
from mockserver.sandbox.shown import summary

WAITING = 1_000  # entries that one reader may be behind
HEARTBEAT = 15.0  # seconds


class Subscription:
    """What one reader has still to read: numbers of entries, so that nothing is held for it. What it is too slow for is
    counted, in `lost`."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._waiting: deque[int] = deque()
        self._lost = 0
        self._woken = asyncio.Event()

    @property
    def world(self) -> str | None:
        return self._selection.world

    def offer(self, entry: Entry) -> None:
        if not self._selection.takes(entry):
            return
        if len(self._waiting) < WAITING:
            self._waiting.append(entry.number)
        else:
            self._lost += 1
        self._woken.set()

    def missed(self) -> None:
        """An entry was gone when its turn came."""
        self._lost += 1

    def lost(self) -> int:
        """How many since it was asked last."""
        lost, self._lost = self._lost, 0
        return lost

    def numbers(self) -> Iterator[int]:
        """Those that wait now."""
        self._woken.clear()
        while self._waiting:
            yield self._waiting.popleft()

    async def wait(self) -> None:
        await self._woken.wait()


async def events(
    subscription: Subscription, find: Callable[[int], Entry | None], name: Callable[[Entry], str]
) -> AsyncIterator[bytes]:
    """For as long as it is read: a `request` for each entry, `lost` with a number, and a comment when nothing happens."""
    yield b": the request log, as it is written\n\n"
    while True:
        for number in subscription.numbers():
            if entry := find(number):
                yield _event("request", summary(entry, name(entry)), name(entry))
            else:
                subscription.missed()
        if lost := subscription.lost():
            yield _event("lost", {"lost": lost})
        try:
            async with asyncio.timeout(HEARTBEAT):
                await subscription.wait()
        except TimeoutError:
            yield b":\n\n"


def _event(kind: str, data: object, entry_id: str = "") -> bytes:
    named = f"id: {entry_id}\n" if entry_id else ""
    return f"{named}event: {kind}\ndata: ".encode() + orjson.dumps(data) + b"\n\n"
