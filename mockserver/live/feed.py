"""The one stream of messages that all processes of a mock write to and read, so that all know the same in the same order.

What a process tells it writes in the background, many at a time; it is heard by all, itself included. `settle` returns when
every process has told what it had to tell before, and heard what was told before.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import chain, islice
from typing import Protocol

from redis.asyncio import Redis
from redis.asyncio.client import PubSub

from mockserver.ending import end
from mockserver.live.link import KEPT, LOST, Command, Link
from mockserver.live.wire import Fields, packed
from mockserver.sandbox.entry import Entry
from mockserver.stores import Gone

log = logging.getLogger("mockserver")

WAITING_BYTES = 16 * 1024 * 1024  # of what one process has still to tell
AT_ONCE, BYTES_AT_ONCE = 200, 2 * 1024 * 1024  # messages of one exchange with Redis
IDLE = 1.0  # seconds between looks at what else may have happened to Redis
PATIENCE = 1.0  # seconds that anybody waits for the other processes
ASK, ACK = b"?", b"!"  # fields: every process answers the first with the second


class Hearer(Protocol):
    """Who is told of the beginning of another life, and of each message, in order. `count`: what Redis
    is to count of a batch of entries that is sent."""

    async def begin(self, life: str) -> None: ...
    async def hear(self, number: int, fields: Fields) -> None: ...
    def count(self, entries: list[Entry]) -> list[Command]: ...


class Feed:
    """Entries of the request log, and other messages, of one field each."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._stream, self._life_key, self._room = link.name("stream"), link.name("life"), link.name("here")
        self._life, self._position = "", 0
        self.keep_from = 0  # the stream keeps no messages before this number
        self._waiting: deque[Entry | Fields] = deque()
        self._bytes = 0
        self._missed = 0
        self._woken = asyncio.Event()
        self._is_there = asyncio.Event()  # this process has heard what there is, and is counted on
        self._asked: dict[bytes, tuple[list[int], asyncio.Event]] = {}

    @asynccontextmanager
    async def running(self, hearer: Hearer) -> AsyncIterator[None]:
        """Tell and hear while the block lasts; what was told before it ends is written, if Redis is there."""
        reader = asyncio.create_task(self._lasting(self._read, hearer), name="live log")
        writer = asyncio.create_task(self._lasting(self._write, hearer), name="live log's writer")
        try:
            yield
        finally:
            await end(reader)
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await self._drained()
            await end(writer)

    def tell(self, message: Entry | Fields) -> None:
        """Send a message, some time soon. What is waiting and too much is lost, the oldest first."""
        self._waiting.append(message)
        self._bytes += _size(message)
        while self._bytes > WAITING_BYTES and len(self._waiting) > 1:
            self._bytes -= _size(self._waiting.popleft())
            self._missed += 1
        self._woken.set()

    async def settle(self) -> None:
        """Everybody has told and heard what was to be told until now; or PATIENCE is over, or Redis is gone."""
        token, answered = secrets.token_bytes(8), asyncio.Event()
        try:
            async with asyncio.timeout(PATIENCE):
                if not self._link.is_gone:
                    await self._is_there.wait()
                _, number = await self._link.ask("PUBSUB", "NUMSUB", self._room)
                self._asked[token] = [number], answered
                self.tell({ASK: token})
                await answered.wait()
        except Gone:
            return
        except TimeoutError:
            log.warning("not every process of the mock has answered within %g s", PATIENCE)
        finally:
            self._asked.pop(token, None)

    async def _lasting(self, work: Callable[[Hearer], Awaitable[None]], hearer: Hearer) -> None:
        while True:
            await self._link.here()
            try:
                await work(hearer)
            except (*LOST, Gone) as why:
                self._link.lost(why)
            except Exception:
                log.exception("the live log failed")
                await asyncio.sleep(IDLE)

    async def _drained(self) -> None:
        while self._waiting and not self._link.is_gone:
            await asyncio.sleep(0.01)

    async def _write(self, hearer: Hearer) -> None:
        while True:
            self._woken.clear()
            while self._waiting:
                await self._write_some(hearer)
            if self._missed:
                log.warning("%d messages to %s were lost, the log and its counts lack them", self._missed, self._link.shown)
                self._missed = 0
            await self._woken.wait()

    async def _write_some(self, hearer: Hearer) -> None:
        """A batch leaves the queue when Redis has it: one that was cut off in between may be written twice."""
        batch = [*self._next()]
        told = [fields for message in batch if (fields := _fields(message))]
        commands: list[Command] = [("XADD", self._stream, "0-*", *chain.from_iterable(fields.items())) for fields in told]
        if self.keep_from:
            commands.append(("XTRIM", self._stream, "MINID", "~", f"0-{self.keep_from}"))
        commands.append(("EXPIRE", self._stream, KEPT))
        commands += hearer.count([message for message in batch if isinstance(message, Entry)])
        await self._link.ask_all(commands)
        for message in batch:
            if self._waiting and self._waiting[0] is message:  # else it was given up meanwhile
                self._bytes -= _size(self._waiting.popleft())

    def _next(self) -> Iterator[Entry | Fields]:
        size = 0
        for message in islice(self._waiting, AT_ONCE):
            yield message
            size += _size(message)
            if size > BYTES_AT_ONCE:
                return

    async def _read(self, hearer: Hearer) -> None:
        redis = self._link.redis
        self._is_there.clear()
        await self._check_life(hearer)
        async with redis.pubsub() as here:
            while found := await self._some(redis, None):  # what is there already, before anybody counts on this process
                await self._hear(hearer, found)
            await here.subscribe(self._room)
            self._is_there.set()
            looked = time.monotonic()
            while True:
                await self._hear(hearer, await self._some(redis, int(IDLE * 1000)))
                if time.monotonic() - looked > IDLE:
                    looked = time.monotonic()
                    await self._check_life(hearer)
                    await _touch(here)

    async def _some(self, redis: Redis, block: int | None) -> list[tuple[bytes, dict[bytes, bytes]]]:
        found = await redis.xread({self._stream: f"0-{self._position}"}, count=AT_ONCE, block=block)
        return found[0][1] if found else []

    async def _hear(self, hearer: Hearer, messages: list[tuple[bytes, dict[bytes, bytes]]]) -> None:
        for name, fields in messages:
            number = int(name.partition(b"-")[2])
            if ASK in fields:
                self.tell({ACK: fields[ASK]})
            elif ACK in fields:
                self._acknowledged(fields[ACK])
            else:
                await self._heard(hearer, number, fields)
            self._position = number

    async def _heard(self, hearer: Hearer, number: int, fields: Fields) -> None:
        try:
            await hearer.hear(number, fields)
        except (*LOST, Gone):
            raise
        except Exception:
            log.exception("message %d of %s was not understood", number, self._stream)

    def _acknowledged(self, token: bytes) -> None:
        if token in self._asked:
            left, answered = self._asked[token]
            left[0] -= 1
            if left[0] <= 0:
                answered.set()

    async def _check_life(self, hearer: Hearer) -> None:
        """A Redis that has lost its keys counts its messages from the first again: that is another life."""
        async with self._link.redis.pipeline() as pipe:
            pipe.set(self._life_key, secrets.token_hex(4), nx=True)
            pipe.expire(self._life_key, KEPT)
            pipe.get(self._life_key)
            *_, found = await pipe.execute()
        life = found.decode()
        if life != self._life:
            self._life, self._position, self.keep_from = life, 0, 0
            await hearer.begin(life)


async def _touch(here: PubSub) -> None:
    """Raises what it takes to notice that the subscription is gone."""
    await here.ping()
    while await here.get_message(timeout=0) is not None:
        pass


def _fields(message: Entry | Fields) -> Fields | None:
    """None: it cannot be told, and must not hold up what comes after it."""
    if not isinstance(message, Entry):
        return message
    try:
        return packed(message)
    except TypeError:
        log.exception("an entry of the log could not be told to the other processes")
        return None


def _size(message: Entry | Fields) -> int:
    return message.size if isinstance(message, Entry) else sum(map(len, message.values()))
