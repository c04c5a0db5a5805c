"""PostgreSQL, for several processes and machines on one state.

Every query of a tenant's data is bound to its tenant (shop.py). Behind that stands a second wall: a tenant's transaction is
of a role that row-level security shows this tenant's rows alone, and without a tenant none at all.

Writers of one tenant follow each other, as they do in SQLite: an advisory lock that ends with the transaction.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple, TypeVar

import orjson
from sqlalchemy import (
    BindParameter,
    Connection,
    Engine,
    Executable,
    String,
    bindparam,
    create_engine,
    event,
    func,
    select,
    text,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.schema import Table

from mockserver.domain.errors import fault, invalid
from mockserver.store.aside import Aside, inline, yielding
from mockserver.store.backend import UnusableDatabase, unavailable
from mockserver.store.copies import DATA
from mockserver.store.outbox import deliveries, endpoints, events
from mockserver.store.tables import tenants
from mockserver.store.totals import totals

ROLE = "nexus_mock_tenant"  # has no login, and may be shared by all databases of a server
_SETTING = "nexus_mock.tenant"
_CONNECTIONS = 16  # of one process, at most
_PATIENCE = 5  # seconds to be connected, and to be given a connection by the others of this process
_T = TypeVar("_T")
_UNAVAILABLE = (OperationalError, InterfaceError, PoolTimeout)

# What a tenant's own transaction may do; to all other tables it has no way.
_OWN: Mapping[Table, str] = {
    **dict.fromkeys((*DATA, events, deliveries), "SELECT, INSERT, UPDATE, DELETE"),
    endpoints: "SELECT",
    tenants: "SELECT",
    totals: "SELECT, INSERT, UPDATE",
}

_HERE = func.current_schema()
_EVERYBODY = func.hashtextextended(_HERE, 0)
_TENANT: BindParameter[str] = bindparam("tenant", type_=String)
_ITS = func.hashtextextended(_HERE.concat(_TENANT), 1)
_AS_TENANT = (func.set_config("role", ROLE, True), func.set_config(_SETTING, _TENANT, True))
_READING = select(*_AS_TENANT)
_WRITING = select(func.pg_advisory_xact_lock_shared(_EVERYBODY), func.pg_advisory_xact_lock(_ITS), *_AS_TENANT)
_RULING = select(func.pg_advisory_xact_lock(_EVERYBODY))
_OTHERS = text("""SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND application_name = 'nexus-mock ' || current_schema()""")


class _Current(NamedTuple):
    """The transaction that this task is in, and whose."""

    connection: Connection
    tenant: str | None


_current: ContextVar[_Current | None] = ContextVar("current transaction", default=None)


class Postgres:
    """A database, or a schema of one (`?options=-csearch_path%3Dname`). `waits`: plain calls, for commands and tests;
    otherwise they are made on an event loop and give way to others."""

    is_shared = True

    def __init__(self, url: URL, *, waits: bool) -> None:
        self.aside: Aside = inline if waits else yielding
        self._versions = itertools.count()
        options: dict[str, Any] = {
            "pool_size": _CONNECTIONS,
            "max_overflow": 0,
            "pool_timeout": _PATIENCE,
            "connect_args": {"connect_timeout": _PATIENCE, "prepare_threshold": 2},
            "json_serializer": lambda value: orjson.dumps(value).decode(),
            "json_deserializer": orjson.loads,
        }
        url = url.set(drivername="postgresql+psycopg")
        self.engine: Engine = create_engine(url, **options) if waits else create_async_engine(url, **options).sync_engine
        event.listen(self.engine, "connect", _name_it)
        self._at_once = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._snapshot = self.engine.execution_options(isolation_level="REPEATABLE READ")

    def open(self) -> None:
        """Connections are made when they are needed."""

    @contextmanager
    def transaction(self, tenant: str | None, *, writes: bool, alone: bool = True) -> Iterator[Connection]:
        """A reader sees one moment. A transaction within another is part of it."""
        if current := _current.get():
            if current.tenant is not None and current.tenant != tenant:
                raise RuntimeError("a transaction of one tenant has asked for what is not that tenant's")
            yield current.connection
            return
        first = _first(tenant, writes=writes, alone=alone)
        with self._begun(first, tenant, writes=writes) as connection:
            token = _current.set(_Current(connection, tenant))
            try:
                yield connection
            finally:
                _current.reset(token)

    @contextmanager
    def _begun(self, first: Executable | None, tenant: str | None, *, writes: bool) -> Iterator[Connection]:
        try:
            with self._ready(first, {"tenant": tenant} if tenant else {}, writes=writes) as connection:
                try:
                    yield connection
                    connection.commit()
                except BaseException:
                    if not connection.invalidated:
                        connection.rollback()
                    raise
        except DataError as why:
            if "NUL" in str(why.orig):  # it has no such character; of the contract's own strings none may have one
                raise invalid([fault("body", "", "has a NUL character, which cannot be kept here")]) from why
            raise
        except DBAPIError as why:
            raise (unavailable(why) if _is_gone(why) else why) from why

    def _ready(self, first: Executable | None, values: Mapping[str, Any], *, writes: bool) -> Connection:
        """A connection on which a transaction has begun."""
        engine = self.engine if writes else self._snapshot

        def begun() -> Connection:
            connection = engine.connect()
            try:
                if first is not None:
                    connection.execute(first, values)
            except BaseException:
                connection.close()
                raise
            return connection

        return _twice(begun)

    def read(self, statement: Executable, values: Mapping[str, Any]) -> Sequence[Any]:
        """All rows of a statement that is about no one tenant. It needs no transaction, unless there is one."""
        if current := _current.get():
            if current.tenant is not None:
                raise RuntimeError("a transaction of one tenant has asked for what is not that tenant's")
            return current.connection.execute(statement, values).all()

        def found() -> Sequence[Any]:
            with self._at_once.connect() as connection:
                return connection.execute(statement, values).all()

        return _twice(found)

    def has(self, statement: Executable, values: Mapping[str, Any]) -> bool:
        return bool(self.read(statement, values))

    def version(self) -> int:
        """Always another one: any process may have changed what this one remembers, and it must be obeyed at once."""
        return next(self._versions)

    @contextmanager
    def making(self) -> Iterator[Connection]:
        """While the tables are made, in one transaction; another mock that starts meanwhile waits, and finds them."""
        with self.engine.begin() as connection:
            connection.execute(_RULING)
            yield connection

    def require_alone(self, connection: Connection) -> None:
        """Another mock would lose its state under its feet."""
        if connection.execute(_OTHERS).first():
            raise UnusableDatabase("the database is in use by another mock; stop that one first, or choose another")

    def guard(self, connection: Connection) -> None:
        """The second wall: the role, what it may do, and whose rows it sees."""
        quoted = self.engine.dialect.identifier_preparer.quote
        schema = quoted(str(connection.execute(select(_HERE)).scalar_one()))
        for statement in (_MAKE_ROLE, _BE_OF_ROLE, f"GRANT USAGE ON SCHEMA {schema} TO {ROLE}"):
            connection.execute(text(statement))
        for table, rights in _OWN.items():
            owner = "id" if table is tenants else "tenant_id"
            is_own = f"{owner} = current_setting('{_SETTING}', true)"
            connection.execute(text(f"GRANT {rights} ON {table.name} TO {ROLE}"))
            connection.execute(text(f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY"))
            connection.execute(text(f"CREATE POLICY own ON {table.name} USING ({is_own})"))
        connection.execute(text(f"GRANT USAGE ON SEQUENCE {events.name}_position_seq TO {ROLE}"))

    def close(self) -> None:
        self.engine.dispose()


# Two mocks that start at once may both find no role; who may make none may have been given it.
_MAKE_ROLE = f"""DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN CREATE ROLE {ROLE} NOLOGIN; END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"""
_BE_OF_ROLE = f"""DO $$ BEGIN
    IF NOT pg_has_role(CURRENT_USER, '{ROLE}', 'MEMBER') THEN GRANT {ROLE} TO CURRENT_USER; END IF; END $$"""


def _first(tenant: str | None, *, writes: bool, alone: bool) -> Executable | None:
    """What a transaction begins with."""
    if tenant is not None:
        return _WRITING if writes else _READING
    return _RULING if writes and alone else None


def _twice(work: Callable[[], _T]) -> _T:
    """Do it again, where it could not even begin: a connection that was lost while nobody used it is made anew."""
    try:
        try:
            return work()
        except DBAPIError as why:
            if not why.connection_invalidated:
                raise
            return work()
    except _UNAVAILABLE as why:
        raise unavailable(why) from why


def _name_it(dbapi: Any, _: object) -> None:
    """For pg_stat_activity, and for `_OTHERS`."""
    cursor = dbapi.cursor()
    cursor.execute("SELECT set_config('application_name', 'nexus-mock ' || current_schema(), false)")
    cursor.close()
    dbapi.commit()


def _is_gone(why: DBAPIError) -> bool:
    """The server, the connection, or the room to do it; and no mistake of ours."""
    return why.connection_invalidated or isinstance(why, _UNAVAILABLE)
