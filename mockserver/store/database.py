"""The state file: opened, checked, made anew, and handed out one transaction at a time."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Executable, MetaData, bindparam, func, inspect, literal_column, make_url, select
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.schema import CreateIndex, CreateTable

from mockserver.domain import instants
from mockserver.domain.stock import ShortOfStock
from mockserver.store.backend import Backend, UnusableDatabase
from mockserver.store.columns import metadata
from mockserver.store.platform import Platform
from mockserver.store.seed import seed
from mockserver.store.sessions import Sessions
from mockserver.store.shop import Shop
from mockserver.store.sqlite import StateFile
from mockserver.store.tables import WORLD, facts, index_sorts, jobs, tenants
from mockserver.store.totals import Remembered, triggers
from mockserver.store.world import World
from mockserver.store.worlds import Worlds
from nexuscommerce.contract import Contract

_LIVE = tenants.c.kind == WORLD
_WAKING = (
    select(jobs.c.tenant_id, func.min(jobs.c.wakes_at))
    .join(tenants, tenants.c.id == jobs.c.tenant_id)
    .where(jobs.c.wakes_at <= bindparam("at"), _LIVE)
    .group_by(jobs.c.tenant_id)
)
_WAKES: Executable = (
    select(literal_column("1"))
    .select_from(jobs)
    .where(jobs.c.tenant_id == bindparam("tenant"), jobs.c.wakes_at <= bindparam("at"))
    .limit(literal_column("1"))
)


class Database:
    """The state of all tenants, in one of the two databases that can keep it."""

    def __init__(
        self, backend: Backend, known: Mapping[str, str], events: Mapping[str, tuple[str, ...]], fixtures: World
    ) -> None:
        backend.open()
        self.backend = backend
        self._events = events
        self._remembered = Remembered()
        self.aside = backend.aside
        self.platform = Platform(known, backend.read, backend.version)
        self.sessions = Sessions(self.transaction)
        self.worlds = Worlds(self, fixtures)

    @property
    def is_shared(self) -> bool:
        """Whether several processes can be on it as if they were one."""
        return self.backend.is_shared

    @contextmanager
    def shop(self, tenant: str, *, writes: bool) -> Iterator[Shop]:
        """One tenant's data in one transaction: committed if the block returns, rolled back if it raises."""
        with self.backend.transaction(tenant, writes=writes) as connection:
            yield Shop(connection, tenant, self._events, self._remembered)

    def transaction(self, *, writes: bool, alone: bool = True) -> AbstractContextManager[Connection]:
        """What is about no one tenant. A writer within a writer is part of the same; no other writes meanwhile (`alone`)."""
        return self.backend.transaction(None, writes=writes, alone=alone)

    def wakes(self, tenant: str, at: str) -> bool:
        """Whether a job of the tenant has a step that is due. Asked with every request."""
        return self.backend.has(_WAKES, {"tenant": tenant, "at": at})

    def waking(self, at: str) -> list[tuple[str, str]]:
        """The tenants of which a job has a step that is due by then, each with the instant of the first."""
        return [(row[0], row[1]) for row in self.backend.read(_WAKING, {"at": at})]

    def has(self, statement: Executable, **values: str) -> bool:
        """Whether the statement finds anything."""
        return self.backend.has(statement, values)

    def turned(self) -> None:
        """Keys, plans or clocks have been changed from here: the next request reads them anew."""
        self.platform.forget()

    def close(self) -> None:
        self.backend.close()


def open_database(at: Path | str, contract: Contract, world: World, *, fresh: bool = False, waits: bool = True) -> Database:
    """The database, a path or a URL, seeded from the world if it is new or `fresh`. Raises UnusableDatabase.

    `waits`: calls are made plainly; otherwise inside `Database.aside`, if they go over a network."""
    index_sorts(contract)
    backend = _backend(at, waits=True)
    try:
        known = _prepare(backend, at, world, fresh=fresh)
    except IntegrityError as why:
        raise UnusableDatabase(f"the fixtures contradict themselves ({why.orig})") from why
    except DatabaseError as why:
        raise UnusableDatabase(f"{said(at)} cannot keep the state ({_line(why)}); choose another with --database") from why
    except ShortOfStock as why:
        raise UnusableDatabase(f"the fixtures' open orders do not fit their stock: {why}") from why
    finally:
        backend.close()
    return Database(_backend(at, waits=waits), known, contract.events, world)


def _backend(at: Path | str, *, waits: bool) -> Backend:
    if isinstance(at, Path):
        return StateFile(at)
    try:
        from mockserver.store.postgres import Postgres  # psycopg takes its time, and is an extra

        return Postgres(make_url(at), waits=waits)
    except ModuleNotFoundError as why:
        mend = "pip install 'nexuscommerce-contract[shared]'"
        raise UnusableDatabase(f"PostgreSQL needs {why.name}, which is not installed: {mend}") from why


def _prepare(backend: Backend, at: Path | str, world: World, *, fresh: bool) -> Mapping[str, str]:
    """Make the tables, or see that those that are there can be used; and the facts that stand in them."""
    with backend.engine.connect() as connection:
        if fresh:
            backend.require_alone(connection)
    with backend.making() as connection:
        names = inspect(connection).get_table_names()
        where = said(at)
        if names and facts.name not in names:
            raise UnusableDatabase(f"{where} is a database of something else; choose another with --database")
        if names and not fresh and set(metadata.tables) - set(names):
            raise UnusableDatabase(f"{where} lacks some of its tables; begin anew with --fresh")
        if names and not fresh:
            known = _known(connection)
            _require(known, where, "version", version(), "was made by another version of the mock")
            _require(known, where, "world", world.digest, "was seeded from other fixtures")
            if world.is_shared:
                _require(known, where, "is_shared", "True", "has keys that everybody can read in the fixtures")
        else:
            _make_anew(backend, connection, world)
        return _known(connection)


def _known(connection: Connection) -> Mapping[str, str]:
    return {row.name: row.value for row in connection.execute(select(facts))}


def said(at: Path | str) -> str:
    """Where it is, without a password."""
    return str(at) if isinstance(at, Path) else make_url(at).render_as_string(hide_password=True)


def _line(why: DatabaseError) -> str:
    return " ".join(str(why.orig).split())


def version() -> str:
    """Names the tables as they are now: a change to any of them is another version, and needs nobody to remember it."""
    tables = metadata.sorted_tables
    statements = [CreateTable(table) for table in tables] + [CreateIndex(i) for t in tables for i in _by_name(t.indexes)]
    written = [*(str(statement.compile()) for statement in statements), *triggers("sqlite"), *triggers("postgresql")]
    return hashlib.sha256("".join(written).encode()).hexdigest()[:12]


def _by_name(indexes: Any) -> list[Any]:
    return sorted(indexes, key=lambda index: str(index.name))


def _require(known: Mapping[str, str], where: str, name: str, expected: str, otherwise: str) -> None:
    if known.get(name) != expected:
        raise UnusableDatabase(f"{where} {otherwise}; begin anew with --fresh, or choose another with --database")


def _make_anew(backend: Backend, connection: Connection, world: World) -> None:
    old = MetaData()
    old.reflect(connection)
    old.drop_all(connection)
    metadata.create_all(connection)
    for trigger in triggers(connection.dialect.name):
        connection.exec_driver_sql(trigger)
    backend.guard(connection)
    known = {"version": version(), "world": world.digest, "cursor_secret": secrets.token_urlsafe(32)}
    known["is_shared"] = str(world.is_shared)
    known["signing_key"] = orjson.dumps(dict(world.signing_key)).decode()
    connection.execute(facts.insert(), [{"name": name, "value": value} for name, value in known.items()])
    seed(connection, world, instants.now())
