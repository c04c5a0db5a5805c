"""The figures of all processes of a mock: each adds its own to Redis, now and then, and when they are asked for."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

import orjson

from mockserver.ending import end
from mockserver.live.link import KEPT, Link, pairs
from mockserver.metrics import BUCKETS, Figures, Metrics, Rows, Sample
from mockserver.stores import Gone

EVERY = 1.0  # seconds
STALE = 30.0  # seconds after which a process that was not heard of is none


class SharedMetrics:
    """What a killed process had not yet added is lost: a second's requests, in the figures alone."""

    def __init__(self, link: Link, own: Metrics) -> None:
        self._link = link
        self._own = own
        self._counts, self._workers = link.name("metrics"), link.name("workers")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._run(), name="metrics")
        try:
            yield
        finally:
            await end(task)
            await self._add()
            await self._quietly("HDEL", self._workers, self._own.worker)

    async def figures(self) -> Figures:
        await self._add()
        try:
            counts, workers = await self._link.ask_all([("HGETALL", self._counts), ("HGETALL", self._workers)])
        except Gone:
            return Figures(None, None, [self._own.sample()])
        return Figures(*_read(dict(pairs(counts))), _samples(dict(pairs(workers))))

    async def _run(self) -> None:
        while True:
            await self._add()
            await asyncio.sleep(EVERY)

    async def _add(self) -> None:
        """What Redis did not take is added next time."""
        own = self._own
        requests, tries = own.requests, own.tries
        own.requests, own.tries = {}, Counter()
        commands: list[tuple[Any, ...]] = [("HINCRBY", self._counts, *count) for count in _written(requests, tries)]
        told = orjson.dumps({"at": time.time(), **asdict(own.sample())})
        commands += [("HSET", self._workers, own.worker, told), ("EXPIRE", self._workers, KEPT)]
        commands.append(("EXPIRE", self._counts, KEPT))
        try:
            await self._link.ask_all(commands)
        except Gone:
            own.tries += tries
            for kind, row in requests.items():
                newer = own.requests.get(kind, [0] * len(row))
                own.requests[kind] = [mine + its for mine, its in zip(newer, row, strict=True)]

    async def _quietly(self, *command: Any) -> None:
        try:
            await self._link.ask(*command)
        except Gone:
            return


def _written(requests: Rows, tries: Counter[str]) -> list[tuple[bytes, int]]:
    """The fields of the hash, and what is added to each."""
    rows = [(kind, position, n) for kind, row in requests.items() for position, n in enumerate(row) if n]
    return [(orjson.dumps([*kind, position]), n) for kind, position, n in rows] + [
        (orjson.dumps([state]), number) for state, number in tries.items()
    ]


def _read(counts: Mapping[bytes, bytes]) -> tuple[Rows, Counter[str]]:
    requests: Rows = {}
    tries: Counter[str] = Counter()
    for name, number in counts.items():
        match orjson.loads(name):
            case [state]:
                tries[state] = int(number)
            case [operation, status, code, position]:
                row = requests.setdefault((operation, status, code), [0] * (len(BUCKETS) + 2))
                row[position] = int(number)
    return requests, tries


def _samples(workers: Mapping[bytes, bytes]) -> list[Sample]:
    told = [orjson.loads(text) for text in workers.values()]
    now = time.time()
    return [Sample(**row) for row in told if now - row.pop("at") < STALE]
