"""The state file: one SQLite file in WAL mode. Calls run inline on the event loop, so one connection serves them all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from greenlet import getcurrent
from sqlalchemy import Connection, Executable, create_engine, event
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import OperationalError

from mockserver.store.aside import Aside, inline
from mockserver.store.backend import UnusableDatabase, unavailable
from mockserver.store.prepared import prompt

_PATIENCE = 2  # seconds that a writer waits for another process to have written
_OUT_OF_ORDER = {  # SQLite's primary result codes
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}
_DIALECT = SQLiteDialect_pysqlite(paramstyle="named")


class StateFile:
    """A file, opened. It can be used by several processes of one machine; each of them then waits for the others' writes."""

    aside: Aside = staticmethod(inline)
    is_shared = False

    def __init__(self, path: Path) -> None:
        self.engine = create_engine(
            f"sqlite:///{path}",
            isolation_level="AUTOCOMMIT",  # transactions are begun by name, in `transaction`
            connect_args={"check_same_thread": False, "timeout": _PATIENCE},
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
        )
        event.listen(self.engine, "connect", _configure)

        self._writer: Any = None

    def open(self) -> None:
        """The one connection, which stays."""
        connection = self.engine.connect()
        self.driver: sqlite3.Connection = connection.connection.dbapi_connection  # type: ignore[assignment]  # sqlite3's
        self.connection = prompt(connection, self.driver)

    @contextmanager
    def transaction(self, tenant: str | None, *, writes: bool, alone: bool = True) -> Iterator[Connection]:
        """A writer takes the file's lock at once, so that two processes cannot both read before either writes; a reader
        needs none, for whatever it answers with is one statement. A writer within a writer is part of the same."""
        if not writes:
            yield self.connection
            return
        if self.driver.in_transaction:
            if self._writer is not getcurrent():
                raise RuntimeError("a request has given way within a transaction, and another has come into it")
            yield self.connection
            return
        try:
            self._writer = getcurrent()
            self.driver.execute("BEGIN IMMEDIATE")
            yield self.connection
            self.driver.execute("COMMIT")
        except BaseException as why:
            if self.driver.in_transaction:  # a full disk may have ended it already
                self.driver.execute("ROLLBACK")
            if _is_out_of_order(why):
                raise unavailable(why) from why
            raise

    def read(self, statement: Executable, values: Mapping[str, Any]) -> Sequence[Any]:
        """All rows of a statement that is about no one tenant."""
        return self.connection.execute(statement, values).all()

    def has(self, statement: Executable, values: Mapping[str, Any]) -> bool:
        """Whether there are rows. Asked with every request, so it is one prepared statement."""
        text, own = _prepared(statement)
        return self.driver.execute(text, {**own, **values} if own else values).fetchone() is not None

    def version(self) -> int:
        """Changes whenever another connection has changed the file (SQLite: PRAGMA data_version)."""
        return int(self.driver.execute("PRAGMA data_version").fetchone()[0])

    @contextmanager
    def making(self) -> Iterator[Connection]:
        """While the tables are made: in one transaction, so that a mock that is killed meanwhile finds either the old state
        or the new."""
        with self.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys = ON")

    def require_alone(self, connection: Connection) -> None:
        """SQLite leaves the WAL only where nobody else has the file open."""
        try:
            mode = connection.exec_driver_sql("PRAGMA journal_mode = DELETE").scalar()
        except OperationalError:
            mode = "wal"
        if mode != "delete":
            raise UnusableDatabase(
                "the state file is in use by another mock; stop that one first, or choose another with --database"
            )
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")

    def guard(self, connection: Connection) -> None:
        """Nothing: a file has no roles."""

    def close(self) -> None:
        if hasattr(self, "connection"):
            self.connection.close()
        self.engine.dispose()


def _is_out_of_order(why: BaseException) -> bool:
    """The file cannot be written now; and no mistake of ours."""
    known = getattr(why, "orig", why)
    return isinstance(known, sqlite3.OperationalError) and known.sqlite_errorcode & 0xFF in _OUT_OF_ORDER


@lru_cache(maxsize=256)
def _prepared(statement: Any) -> tuple[str, Mapping[str, Any]]:
    """Its text, and the values that it has of its own."""
    compiled = statement.compile(dialect=_DIALECT)
    return str(compiled), {name: value for name, value in compiled.params.items() if value is not None}


def _configure(dbapi: Any, _: object) -> None:
    """WAL with synchronous=NORMAL: a killed mock loses nothing, a power cut at most the last moments."""
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        dbapi.execute(f"PRAGMA {pragma}")
    dbapi.create_function("casefold", 1, lambda text: text and text.casefold(), deterministic=True)
