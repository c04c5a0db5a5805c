"""A mock inside the test's own process: the test holds its clock, and can look into its database."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp

from mockserver.app import create_app
from mockserver.settings import Settings
from mockserver.store.database import Database, open_database
from mockserver.store.sqlite import StateFile
from mockserver.store.world import World, load_world
from nexuscommerce.contract import Contract
from tests import databases

START = datetime(2026, 3, 12, 15, 0, 10, tzinfo=UTC)


@dataclass
class Clock:
    """Stands still until it is moved."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **step: float) -> None:
        self.now += timedelta(**step)


@dataclass
class Inside:
    """The mock as an ASGI app."""

    app: ASGIApp
    world: World
    database: Database
    clock: Clock
    settings: Settings
    address: str = "127.0.0.1"

    def key(self, name: str, tenant: int = 0) -> str:
        """The text of a fixture key; tenants are numbered as in the world."""
        return next(str(row["key"]) for row in self.world.tenants[tenant]["keys"] if row["name"] == name)

    def call(
        self, method: str, path: str, *, key: str | None = "full", tenant: int = 0, token: str | None = None, **options: Any
    ) -> httpx.Response:
        """One request with a key of the tenant (or with `token`, or with neither)."""
        bearer = token or (self.key(key, tenant) if key else None)
        headers = {"X-Tenant-ID": self.world.tenants[tenant]["id"]} | options.pop("headers", {})
        if bearer:
            headers = {"Authorization": f"Bearer {bearer}"} | headers
        return asyncio.run(self._send(method, path, {k: v for k, v in headers.items() if v is not None}, options))

    async def _send(self, method: str, path: str, headers: dict[str, str], options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, client=(self.address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://mock") as client:
            return await client.request(method, path, headers=headers, **options)


def driver(database: Database) -> sqlite3.Connection:
    """The mock's own connection to its state file."""
    assert isinstance(database.backend, StateFile)
    return database.backend.driver


_world = lru_cache(load_world)


@lru_cache
def _seeded(fixtures: Path, contract: Contract) -> Path:
    """A state file with the fixtures, made once: to copy it takes a tenth of the time."""
    path = Path(tempfile.mkdtemp()) / "seeded.db"
    open_database(path, contract, _world(fixtures, contract)).close()
    return path


def _database(directory: Path, fixtures: Path, contract: Contract) -> Path | str:
    """A copy of the seeded one."""
    if databases.IN_USE:
        return databases.make(of=_seeded_there(fixtures, contract))
    path = directory / "inside.db"
    if not path.exists():
        shutil.copy(_seeded(fixtures, contract), path)
    return path


@lru_cache
def _seeded_there(fixtures: Path, contract: Contract) -> str:
    return databases.seeded(lambda url: open_database(url, contract, _world(fixtures, contract)).close())


def open_inside(directory: Path, contract: Contract, **changes: Any) -> Inside:
    """A mock on a new state file in the directory; `changes` are Settings."""
    fixtures = changes.get("fixtures", Settings().fixtures)
    settings = Settings(**{"database": _database(directory, fixtures, contract), **changes})
    world = _world(fixtures, contract)
    database = open_database(settings.database, contract, world, fresh=settings.fresh)
    databases.ends_with_the_test(database.close)
    clock = Clock()
    return Inside(create_app(settings, contract, world, database, clock), world, database, clock, settings)
