"""The way to one Redis. While it does not answer nobody waits for it: it is asked again in the background."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Coroutine, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from redis import Redis as Plain
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Unconnected
from redis.exceptions import RedisError

from mockserver.domain.errors import ApiError
from mockserver.ending import end
from mockserver.stores import Gone, UnusableStore

log = logging.getLogger("mockserver")

_T = TypeVar("_T")
Command = tuple[Any, ...]

CONNECT, ANSWER = 0.5, 1.0  # seconds for a connection, for an answer
STARTING = 3.0  # seconds for either before the mock starts
OLDEST = 7  # version of Redis
AGAIN = 0.5  # seconds between looks whether it is back
CONNECTIONS = 64  # of one process; who finds none free waits for one
KEPT = 30 * 24 * 3600  # seconds that Redis keeps what nobody uses
LOST = (RedisError, OSError, TimeoutError)


class Asked(NamedTuple):
    """Commands, and who waits for their answers."""

    commands: Sequence[Command]
    answers: asyncio.Future[list[Any]]

    def tell(self, told: list[Any] | Exception) -> None:
        if self.answers.done():  # told already, or nobody waits any more
            return
        if isinstance(told, Exception):
            self.answers.set_exception(told)
        else:
            self.answers.set_result(told)


def unavailable() -> ApiError:
    """What cannot be done without Redis."""
    return ApiError("SERVICE_UNAVAILABLE", headers={"Retry-After": "1"})


def require_redis(url: str) -> None:
    """Raises UnusableStore unless a Redis is there that counts a stream's messages (7.0: `0-*` of XADD)."""
    shown = without_password(url)
    try:
        with Plain.from_url(url, socket_connect_timeout=STARTING, socket_timeout=STARTING) as redis:
            version = redis.info("server")["redis_version"]
    except (*LOST, ValueError) as why:
        raise UnusableStore(f"{shown} cannot be used: {_one_line(why)}") from why
    if int(version.split(".")[0]) < OLDEST:
        raise UnusableStore(f"{shown} is Redis {version}; the mock needs {OLDEST}.0 or later")


def without_password(url: str) -> str:
    return re.sub(r"//[^@/]*@", "//", url)


class Link:
    """One Redis for one process. `key` begins the names of all keys, so that mocks with other states may share it."""

    def __init__(self, url: str, key: str) -> None:
        self.shown = without_password(url)
        self._key = key
        try:
            self.pool = BlockingConnectionPool.from_url(
                url,
                max_connections=CONNECTIONS,
                timeout=ANSWER,
                socket_connect_timeout=CONNECT,
                socket_timeout=2 * ANSWER,
                retry=Retry(NoBackoff(), 1, supported_errors=(Unconnected,)),  # a connection that was cut while it lay idle
            )
        except ValueError as why:
            raise UnusableStore(f"{self.shown} is no Redis ({why}); one looks like redis://127.0.0.1:6379/0") from why
        self.redis: Redis = Redis(connection_pool=self.pool)
        self._here = asyncio.Event()
        self._here.set()
        self._looking: asyncio.Task[None] | None = None
        self._own: AbstractConnection | None = None
        self._asked: list[Asked] = []
        self._sending: asyncio.Task[None] | None = None

    def name(self, *parts: str) -> str:
        """The name of a key."""
        return ":".join((self._key, *parts))

    @property
    def is_gone(self) -> bool:
        return not self._here.is_set()

    async def ask(self, *command: Any) -> Any:
        """Redis' answer to a command, in bounded time. Raises Gone, at once if it was gone already."""
        (answer,) = await self.ask_all([command])
        return answer

    async def ask_all(self, commands: Sequence[Command]) -> list[Any]:
        """The same of many at a time.

        They are sent with all else that is asked before the answers to what was sent before are there: each request would
        take a connection and twice its time otherwise.
        """
        if self.is_gone:
            raise Gone
        asked = Asked(commands, asyncio.get_running_loop().create_future())
        self._asked.append(asked)
        if self._sending is None:
            self._sending = asyncio.create_task(self._send(), name="redis")
        return await asked.answers

    async def run(self, script: str, keys: Sequence[str], *values: Any) -> Any:
        """The same of a script in Lua: nothing else happens while it runs."""
        return await self.ask("EVAL", script, len(keys), *keys, *values)

    async def bounded(self, asked: Coroutine[Any, Any, _T]) -> _T:
        """What is asked of Redis, likewise."""
        if self.is_gone:
            asked.close()
            raise Gone
        try:
            async with asyncio.timeout(ANSWER):
                return await asked
        except LOST as why:
            self.lost(why)
            raise Gone from why

    async def _send(self) -> None:
        try:
            while self._asked:
                batch, self._asked = self._asked, []
                try:
                    await self._exchange(batch)
                finally:
                    for asked in batch:
                        asked.tell(Gone())  # whoever has no answer yet
        finally:
            self._sending = None

    async def _exchange(self, batch: list[Asked]) -> None:
        """What Redis refuses (it is full, or a replica) it does not answer either. A connection that it has closed while it
        lay idle is made anew."""
        if self.is_gone:
            return
        try:
            async with asyncio.timeout(ANSWER):
                try:
                    await self._exchanged(batch)
                except Unconnected:
                    await self._disconnected()
                    if batch[0].answers.done():
                        raise
                    await self._exchanged(batch)
        except LOST as why:
            await self._disconnected()
            self.lost(why)

    async def _exchanged(self, batch: list[Asked]) -> None:
        connection = await self._connected()
        packed = connection.pack_commands([command for asked in batch for command in asked.commands])
        await connection.send_packed_command(packed)
        for asked in batch:
            asked.tell([await connection.read_response() for _ in asked.commands])

    async def _connected(self) -> AbstractConnection:
        """The connection for what is asked."""
        if self._own is None:
            self._own = await self.pool.get_connection()  # type: ignore[no-untyped-call]  # redis-py 7 types it not
        elif not self._own.is_connected:
            await self._own.connect()  # type: ignore[no-untyped-call]  # nor this
        return self._own

    async def _disconnected(self) -> None:
        if self._own is not None:
            await self._own.disconnect(nowait=True)

    def lost(self, why: BaseException) -> None:
        """It did not answer: say so once, and look after it."""
        if self.is_gone:
            return
        self._here.clear()
        log.warning("%s does not answer (%s)", self.shown, _one_line(why))
        self._looking = asyncio.create_task(self._look(), name="redis")

    async def here(self) -> None:
        """Return when it answers."""
        await self._here.wait()

    async def close(self) -> None:
        if self._looking:
            await end(self._looking)
        if self._own is not None:
            await self._own.disconnect()
        await self.pool.aclose()

    async def _look(self) -> None:
        """A write, since a Redis that is full or a replica answers a PING."""
        while True:
            await asyncio.sleep(AGAIN)
            try:
                async with asyncio.timeout(ANSWER):
                    await self.redis.set(self.name("probe"), "", ex=60)
            except LOST:
                continue
            self._here.set()
            log.warning("%s answers again", self.shown)
            return


def pairs(flat: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """The fields and values of a hash, as Redis answers them."""
    return zip(flat[::2], flat[1::2], strict=True)


def _one_line(why: BaseException) -> str:
    text: Any = str(why) or type(why).__name__
    return " ".join(text.split())[:200]
