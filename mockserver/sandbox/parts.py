"""What a handler of the control API works with, and what it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mockserver.domain.clocks import Clocks
from mockserver.quotas import Quotas
from mockserver.sandbox.faults import Faults
from mockserver.sandbox.journal import Journal
from mockserver.settings import Settings
from mockserver.store.database import Database
from mockserver.store.world import World
from mockserver.store.worlds import Worlds
from mockserver.tokens import Tokens
from nexuscommerce.contract import Contract, Operation


@dataclass(frozen=True)
class Sandbox:
    """The parts of the mock that can be turned."""

    settings: Settings
    contract: Contract
    fixtures: World
    database: Database
    tokens: Tokens
    clocks: Clocks
    quotas: Quotas
    faults: Faults
    journal: Journal

    @property
    def worlds(self) -> Worlds:
        return self.database.worlds


@dataclass(frozen=True, slots=True)
class Ask:
    """One valid request to the control API. `now` is the server's clock, `world` the world that the caller's token is bound
    to (None: all of them), `origin` the scheme and host at which the request reached the mock, `address` who asks,
    `last_event` the Last-Event-ID of a stream that goes on."""

    operation: Operation
    path: Mapping[str, Any]
    query: Mapping[str, Any]
    body: Any
    now: datetime
    world: str | None
    origin: str
    address: str
    last_event: str | None = None

    @property
    def id(self) -> str:
        """The world that the path names."""
        return str(self.path["worldId"])
