"""The way to one Redis. While it does not answer nobody waits for it: it is asked again in the background."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any, TypeVar

from redis import Redis as Plain
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Unconnected
from redis.exceptions import RedisError

from mockserver.domain.errors import ApiError
from mockserver.stores import Gone, UnusableStore

log = logging.getLogger("mockserver")

_T = TypeVar("_T")

CONNECT, ANSWER = 0.5, 1.0  # seconds for a connection, for an answer
STARTING = 3.0  # seconds for either before the mock starts
OLDEST = 7  # version of Redis
AGAIN = 0.5  # seconds between looks whether it is back
CONNECTIONS = 64  # of one process; who finds none free waits for one
KEPT = 30 * 24 * 3600  # seconds that Redis keeps what nobody uses
LOST = (RedisError, OSError, TimeoutError)


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

    def name(self, *parts: str) -> str:
        """The name of a key."""
        return ":".join((self._key, *parts))

    @property
    def is_gone(self) -> bool:
        return not self._here.is_set()

    async def ask(self, *command: Any) -> Any:
        """Redis' answer to a command, in bounded time. Raises Gone, at once if it was gone already."""
        return (await self.ask_all([command]))[0]

    async def ask_all(self, commands: Iterable[tuple[Any, ...]]) -> list[Any]:
        """The same of many at a time."""
        pipe = self.redis.pipeline(transaction=False)
        for command in commands:
            pipe.execute_command(*command)
        answers: list[Any] = await self.bounded(pipe.execute())
        return answers

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
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
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


def _one_line(why: BaseException) -> str:
    text: Any = str(why) or type(why).__name__
    return " ".join(text.split())[:200]
