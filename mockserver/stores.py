"""The stores beside the database, chosen by URL: a process' own memory, or what several processes have in common."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mockserver.metrics import Figures, Metrics
from mockserver.settings import MEMORY, Settings
from mockserver.store.aside import yielding

if TYPE_CHECKING:  # redis-py takes its time to import, and is an extra
    from mockserver.live.counters import Counters
    from mockserver.live.link import Link
    from mockserver.live.live import Live
    from mockserver.store.database import Database
    from nexuscommerce.contract import Contract

REDIS = ("redis://", "rediss://", "unix://")  # how URLs of redis-py begin


class UnusableStore(Exception):
    """Nothing can be kept or counted there; the message says what to do."""


class Gone(Exception):
    """The store does not answer."""


@dataclass(frozen=True)
class Stores:
    """What this process has in common with others: log and faults (`live`), the rate limits' counters. None: they are its
    own, in its memory."""

    live: Live | None = None
    counters: Counters | None = None
    links: tuple[Link, ...] = field(default=(), repr=False)
    metrics: Metrics = field(default_factory=Metrics, repr=False)

    async def figures(self) -> Figures:
        """Of all processes."""
        return await (self.live.metrics if self.live else self.metrics).figures()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While this lasts, what one process tells the others hear."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.metrics.watching())
            for link in self.links:
                stack.push_async_callback(link.close)
            if self.live:
                await stack.enter_async_context(self.live.running())
            yield


def require(settings: Settings) -> None:
    """Raises UnusableStore unless the stores are there that the settings name."""
    if settings.live_store != MEMORY and not _is_redis(settings.live_store):
        raise UnusableStore(f"--live-store {settings.live_store} cannot be used; it is {MEMORY} or begins with redis://")
    for url in {settings.live_store, settings.limits_store}:
        if _is_redis(url):
            try:
                from mockserver.live.link import require_redis
            except ImportError as why:
                raise UnusableStore(f"{url} needs redis-py: pip install 'nexuscommerce-contract[shared]'") from why
            require_redis(url)


def open_stores(settings: Settings, database: Database, contract: Contract) -> Stores:
    """From here on whatever may wait for a store does, and other requests go on. Raises UnusableStore."""
    urls = {url for url in (settings.live_store, settings.limits_store) if _is_redis(url)}
    if not urls:
        return Stores()
    from mockserver.live.counters import Counters
    from mockserver.live.link import Link
    from mockserver.live.live import Live, key_of

    database.aside = yielding
    links = {url: Link(url, key_of(database)) for url in urls}
    live, counting = links.get(settings.live_store), links.get(settings.limits_store)
    metrics = Metrics()
    return Stores(
        Live(live, contract, metrics) if live else None,
        Counters(counting) if counting else None,
        tuple(links.values()),
        metrics,
    )


def _is_redis(url: str) -> bool:
    return url.startswith(REDIS)
