"""The state file: opened, checked, made anew, and handed out one transaction at a time."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, MetaData, create_engine, event, inspect, select
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError
from sqlalchemy.schema import CreateIndex, CreateTable

from mockserver.domain import instants
from mockserver.domain.stock import ShortOfStock
from mockserver.store.aside import Aside, inline
from mockserver.store.columns import metadata
from mockserver.store.platform import Platform
from mockserver.store.seed import seed
from mockserver.store.sessions import Sessions
from mockserver.store.shop import Shop
from mockserver.store.tables import facts, index_sorts
from mockserver.store.world import World
from mockserver.store.worlds import Worlds
from nexuscommerce.contract import Contract

_WAKING = """SELECT tenant_id, min(wakes_at) FROM jobs JOIN tenants ON tenants.id = tenant_id
    WHERE wakes_at <= ? AND kind = 'world' GROUP BY tenant_id"""
_WAKES = "SELECT 1 FROM jobs WHERE tenant_id = ? AND wakes_at <= ? LIMIT 1"


class UnusableDatabase(Exception):
    """The state file cannot be used as it is; the message says what to do."""


class Database:
    """One SQLite file in WAL mode. Calls run inline on the event loop, so one connection serves them all."""

    def __init__(self, engine: Engine, events: Mapping[str, tuple[str, ...]], fixtures: World) -> None:
        self._engine = engine
        self._events = events
        self.aside: Aside = inline
        self._connection = engine.connect()
        self._driver: sqlite3.Connection = self._connection.connection.dbapi_connection  # type: ignore[assignment]
        self.platform = Platform(self._connection, self._data_version)
        self.sessions = Sessions(self.transaction)
        self.worlds = Worlds(self, fixtures)

    @contextmanager
    def shop(self, tenant: str, *, writes: bool) -> Iterator[Shop]:
        """One tenant's data in one transaction: committed if the block returns, rolled back if it raises."""
        with self.transaction(writes=writes) as connection:
            yield Shop(connection, tenant, self._events)

    def view(self, tenant: str) -> Shop:
        """One tenant's data, to be read from: whatever is answered with is one statement, which needs no transaction."""
        return Shop(self._connection, tenant, self._events)

    @contextmanager
    def transaction(self, *, writes: bool) -> Iterator[Connection]:
        """A writer takes the file's lock at once, so that two processes cannot both read before either writes; a reader
        needs none, for whatever it answers with is one statement. A writer within a writer is part of the same."""
        if not writes or self._driver.in_transaction:
            yield self._connection
            return
        self._driver.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
        except BaseException:
            self._driver.execute("ROLLBACK")
            raise
        self._driver.execute("COMMIT")

    def wakes(self, tenant: str, at: str) -> bool:
        """Whether a job of the tenant has a step that is due. Asked with every request, so it is one prepared statement."""
        return self.has(_WAKES, tenant, at)

    def waking(self, at: str) -> list[tuple[str, str]]:
        """The tenants of which a job has a step that is due by then, each with the instant of the first."""
        return list(self._driver.execute(_WAKING, (at,)))

    def has(self, statement: str, *values: str) -> bool:
        """Whether the statement, which is prepared once, finds anything."""
        return self._driver.execute(statement, values).fetchone() is not None

    def turned(self) -> None:
        """Keys, plans or clocks have been changed from here: the next request reads them anew."""
        self.platform.forget()

    def _data_version(self) -> int:
        """Changes whenever another connection has changed the file (SQLite: PRAGMA data_version)."""
        return int(self._driver.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        self._connection.close()
        self._engine.dispose()


def open_database(path: Path, contract: Contract, world: World, *, fresh: bool = False) -> Database:
    """The database at `path`, seeded from the world if it is new or `fresh`. Raises UnusableDatabase."""
    index_sorts(contract)
    engine = _engine(path)
    try:
        with engine.connect() as connection:
            names = inspect(connection).get_table_names()
            if names and facts.name not in names:
                raise UnusableDatabase(f"{path} is a database of something else; choose another file with --database")
            if names and not fresh and set(metadata.tables) - set(names):
                raise UnusableDatabase(f"{path} lacks some of its tables; begin anew with --fresh")
            if names and not fresh:
                _require(connection, path, "version", version(), "was made by another version of the mock")
                _require(connection, path, "world", world.digest, "was seeded from other fixtures")
                if world.is_shared:
                    _require(connection, path, "is_shared", "True", "has keys that everybody can read in the fixtures")
            else:
                _make_anew(connection, world)
    except IntegrityError as why:
        engine.dispose()
        raise UnusableDatabase(f"the fixtures contradict themselves ({why.orig})") from why
    except DatabaseError as why:
        engine.dispose()
        raise UnusableDatabase(f"{path} cannot be the state file ({why.orig}); choose another with --database") from why
    except ShortOfStock as why:
        engine.dispose()
        raise UnusableDatabase(f"the fixtures' open orders do not fit their stock: {why}") from why
    except UnusableDatabase:
        engine.dispose()
        raise
    return Database(engine, contract.events, world)


def version() -> str:
    """Names the tables as they are now: a change to any of them is another version, and needs nobody to remember it."""
    tables = metadata.sorted_tables
    statements = [CreateTable(table) for table in tables] + [CreateIndex(i) for t in tables for i in _by_name(t.indexes)]
    return hashlib.sha256("".join(str(s.compile()) for s in statements).encode()).hexdigest()[:12]


def _by_name(indexes: Any) -> list[Any]:
    return sorted(indexes, key=lambda index: str(index.name))


def _engine(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        isolation_level="AUTOCOMMIT",  # transactions are begun by name, in Database.transaction
        connect_args={"check_same_thread": False, "timeout": 5},
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
    )

    @event.listens_for(engine, "connect")
    def configure(dbapi: Any, _: object) -> None:
        """WAL with synchronous=NORMAL: a killed mock loses nothing, a power cut at most the last moments."""
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            dbapi.execute(f"PRAGMA {pragma}")
        dbapi.create_function("casefold", 1, lambda text: text and text.casefold(), deterministic=True)

    return engine


def _require(connection: Connection, path: Path, name: str, expected: str, otherwise: str) -> None:
    found = connection.execute(select(facts.c.value).where(facts.c.name == name)).scalar()
    if found != expected:
        raise UnusableDatabase(f"{path} {otherwise}; begin anew with --fresh, or choose another file with --database")


def _make_anew(connection: Connection, world: World) -> None:
    """In one transaction: a mock that is killed meanwhile finds either the old state or the new."""
    _require_alone(connection)
    connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    old = MetaData()
    old.reflect(connection)
    old.drop_all(connection)
    metadata.create_all(connection)
    known = {"version": version(), "world": world.digest, "cursor_secret": secrets.token_urlsafe(32)}
    known["is_shared"] = str(world.is_shared)
    known["signing_key"] = orjson.dumps(dict(world.signing_key)).decode()
    connection.execute(facts.insert(), [{"name": name, "value": value} for name, value in known.items()])
    seed(connection, world, instants.now())
    connection.exec_driver_sql("COMMIT")
    connection.exec_driver_sql("PRAGMA foreign_keys = ON")


def _require_alone(connection: Connection) -> None:
    """SQLite leaves the WAL only where nobody else has the file open: another mock would lose its state under its feet."""
    try:
        mode = connection.exec_driver_sql("PRAGMA journal_mode = DELETE").scalar()
    except OperationalError:
        mode = "wal"
    if mode != "delete":
        raise UnusableDatabase(
            "the state file is in use by another mock; stop that one first, or choose another with --database"
        )
    connection.exec_driver_sql("PRAGMA journal_mode = WAL")
