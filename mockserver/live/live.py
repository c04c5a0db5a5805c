"""What all processes of a mock have in common, and how it is kept the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mockserver.domain.credentials import digest
from mockserver.live.faults import SharedFaults
from mockserver.live.feed import Feed
from mockserver.live.link import Command, Link
from mockserver.live.log import SharedJournal
from mockserver.live.metrics import SharedMetrics
from mockserver.live.wire import Fields
from mockserver.metrics import Metrics
from mockserver.sandbox.entry import Entry
from mockserver.store.database import Database
from nexuscommerce.contract import Contract


def key_of(database: Database) -> str:
    """What the names of all keys begin with: another for each state, so that a new one begins anew there too."""
    return f"nexus-mock:{{{digest('live' + database.platform.fact('cursor_secret'))[:16]}}}"


class Live:
    """The log and the faults of one process, and what keeps them the same as those of the others."""

    def __init__(self, link: Link, contract: Contract, metrics: Metrics) -> None:
        self._feed = Feed(link)
        self.metrics = SharedMetrics(link, metrics)
        self.journal = SharedJournal(contract, link, self._feed)
        self.faults = SharedFaults(contract, link, self._feed)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with self._feed.running(self), self.metrics.running():
            yield

    async def begin(self, life: str) -> None:
        self.journal.begin(life)
        await self.faults.begin()

    async def hear(self, number: int, fields: Fields) -> None:
        self.journal.hear(number, fields)
        await self.faults.hear(fields)

    def count(self, entries: list[Entry]) -> list[Command]:
        return self.journal.coverage.counting(entries)
