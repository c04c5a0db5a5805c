"""A state file of two tenants that have nothing, events written into it by hand, and a worker whose clock stands still."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mockserver.domain import instants
from mockserver.domain.clocks import Clocks
from mockserver.store.database import Database, open_database
from mockserver.store.deliveries import LEASE, Deliveries, Delivery, Due
from mockserver.store.endpoints import Endpoints
from mockserver.store.outbox import emit
from mockserver.store.world import World
from mockserver.webhooks.sender import Outcome, Send
from mockserver.webhooks.worker import Worker
from nexuscommerce.contract import Contract
from tests import databases
from tests.inside import Clock

TENANT, OTHER = "3714240b-2e06-4c35-8856-ccc1c096323e", "8cd8f3f1-e373-43cc-af86-6ff3eb97cdf6"
TYPE = "product.updated"
SENT = Outcome(204, None)
REFUSED = Outcome(500, "answered 500")


def _tenant(tenant_id: str) -> Any:
    return defaultdict(list, id=tenant_id, name="A tenant", plan="growth", currency="USD")


@dataclass
class Outbox:
    """The state file, and what a test does with it."""

    database: Database
    clock: Clock = field(default_factory=Clock)

    @property
    def clocks(self) -> Clocks:
        return Clocks(self.clock, self.database.platform)

    @property
    def endpoints(self) -> Endpoints:
        return Endpoints(self.database)

    def endpoint(self, url: str = "http://receiver.example/", tenant: str = TENANT) -> tuple[str, str]:
        """A new endpoint's id and secret."""
        return self.endpoints.add(tenant, url, [TYPE, "order.created"], self.clock())

    def emit(self, *resources: str, tenant: str = TENANT, data: str = "{}", type_: str = TYPE) -> None:
        with self.database.transaction(writes=True) as connection:
            emit(connection, tenant, type_, instants.text(self.clock()), [(resource, data) for resource in resources])

    def wait_for_claims(self) -> None:
        """Where several processes send, a claim of one that is no more holds the others back for a while."""
        if self.database.is_shared:
            self.clock.now += LEASE

    def deliveries(self) -> list[Delivery]:
        return Deliveries(self.database).all(None, None, 10_000)

    def worker(self, send: Send, pauses: float = 1.0) -> Worker:
        return Worker(Deliveries(self.database), send, self.clocks, pauses)


@dataclass
class Sent:
    """A sender that sends nothing: it keeps what it was given, and answers what `outcome` says."""

    outcome: Callable[[Due], Outcome] = lambda _: SENT
    ledger: list[Due] = field(default_factory=list)

    @property
    def resources(self) -> list[str]:
        return [due.resource for due in self.ledger]

    async def __call__(self, due: Due) -> Outcome:
        self.ledger.append(due)
        return self.outcome(due)


@contextmanager
def opened(path: Path, contract: Contract) -> Iterator[Outbox]:
    world = World("two tenants", "https://issuer.example", {}, [_tenant(TENANT), _tenant(OTHER)])
    database = open_database(databases.at(path), contract, world)
    try:
        yield Outbox(database)
    finally:
        database.close()
