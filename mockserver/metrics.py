"""What is counted of requests and deliveries, for `/_sandbox/metrics`: as little as can be where a request passes by."""

from __future__ import annotations

import asyncio
import os
import socket
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mockserver.ending import end

if TYPE_CHECKING:  # the store's own modules import this one's neighbours
    from mockserver.sandbox.entry import Entry

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds, inclusive
EVERY = 0.5  # seconds between looks at how late the event loop is
LATEST = 30  # looks, of which the latest is told

Kind = tuple[str, int, str]  # operation ("": none), status (0: not answered), error code ("": none)
Rows = dict[Kind, list[int]]  # how many took so long, by bucket; and microseconds of all together


@dataclass(frozen=True)
class Sample:
    """One process at one moment: what is under way there, how late its event loop is at most (seconds), and what the
    operating system says of it, by the names of Prometheus' own clients."""

    worker: str
    in_flight: int
    lag: float
    process: Mapping[str, float]


@dataclass(frozen=True)
class Figures:
    """Of all processes of the mock. `requests` and `tries` are None while the store that counts them is gone."""

    requests: Rows | None
    tries: Counter[str] | None
    workers: list[Sample] = field(default_factory=list)


class Metrics:
    """Of this process. `tries` are those of webhooks, by the state that the delivery is in then."""

    def __init__(self) -> None:
        self.worker = f"{socket.gethostname()}:{os.getpid()}"
        self.requests: Rows = {}
        self.tries: Counter[str] = Counter()
        self.in_flight = 0
        self._lags: deque[float] = deque([0.0], maxlen=LATEST)

    def request(self, entry: Entry) -> None:
        """Count what the log notes."""
        kind = (entry.operation_id or "", entry.status, entry.code or "")
        row = self.requests.get(kind)
        if row is None:
            row = self.requests[kind] = [0] * (len(BUCKETS) + 2)
        row[bisect_left(BUCKETS, entry.seconds)] += 1
        row[-1] += int(entry.seconds * 1e6)

    def tried(self, state: str) -> None:
        self.tries[state] += 1

    def sample(self) -> Sample:
        from prometheus_client import ProcessCollector

        families = ProcessCollector(registry=None).collect()
        process = {sample.name: sample.value for family in families for sample in family.samples}
        return Sample(self.worker, self.in_flight, max(self._lags), process)

    async def figures(self) -> Figures:
        return Figures(self.requests, self.tries, [self.sample()])

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Look at the event loop while the block lasts."""
        task = asyncio.create_task(self._watch(), name="event loop's lag")
        try:
            yield
        finally:
            await end(task)

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + EVERY
            await asyncio.sleep(EVERY)
            self._lags.append(loop.time() - due)
