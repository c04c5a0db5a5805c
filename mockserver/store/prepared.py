"""Statements that are executed again and again, kept as the text and the tuple that sqlite3 wants.

SQLAlchemy looks a statement up in its cache by all of its parts, and sets up a context and a result for each execution: more
work than SQLite has with it. What is executed twice as the same object (a statement of a module, or of an `lru_cache`) is
compiled by SQLAlchemy once more, with its types' own conversions, and handed over as it is from then on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Update
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.exc import DBAPIError

_KINDS = (Select, Insert, Update, Delete)
_Convert = Callable[[Any], Any] | None


class Prepared(NamedTuple):
    """`own` are the values that the statement has itself. `into` and `out` convert by position, where anything is to be."""

    text: str
    names: tuple[str, ...]
    own: Mapping[str, Any]
    into: tuple[tuple[int, Callable[[Any], Any]], ...]
    shown: SimpleResultMetaData | None
    out: tuple[_Convert, ...]


class Prompt:
    """A connection that executes what it knows directly; all else goes to the connection itself, as does what is asked of it
    besides."""

    def __init__(self, connection: Connection, driver: sqlite3.Connection) -> None:
        self._connection = connection
        self._driver = driver
        self._known: WeakKeyDictionary[Any, dict[tuple[str, ...], Prepared | None]] = WeakKeyDictionary()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, statement: Any, values: Any = None) -> Any:
        """`values`: a dictionary, or a list of them with the same keys."""
        first = values[0] if type(values) is list and values else values
        if type(first) is not dict or not isinstance(statement, _KINDS):
            return self._connection.execute(statement, values)
        prepared = self._prepared(statement, tuple(first))
        if prepared is None or (first is not values and prepared.shown):
            return self._connection.execute(statement, values)
        return self._execute(prepared, values) if first is values else self._execute_many(prepared, values)

    def _prepared(self, statement: Any, shape: tuple[str, ...]) -> Prepared | None:
        forms = self._known.get(statement)
        if forms is None:
            self._known[statement] = {}
            return None
        if shape not in forms:
            forms[shape] = prepare(statement, shape, self._connection.dialect)
        return forms[shape]

    def _execute(self, prepared: Prepared, values: Mapping[str, Any]) -> Any:
        bound = _bound(prepared, values)
        try:
            cursor = self._driver.execute(prepared.text, bound)
            if prepared.shown is None:
                return Done(cursor.rowcount)
            rows = cursor.fetchall()
        except sqlite3.Error as why:
            raise _told(prepared, bound, why) from why
        if out := prepared.out:
            rows = [
                tuple(convert(cell) if convert else cell for cell, convert in zip(row, out, strict=True)) for row in rows
            ]
        return Rows(prepared.shown, rows)

    def _execute_many(self, prepared: Prepared, values: list[Mapping[str, Any]]) -> Any:
        bound = [_bound(prepared, each) for each in values]
        try:
            return Done(self._driver.executemany(prepared.text, bound).rowcount)
        except sqlite3.Error as why:
            raise _told(prepared, bound, why) from why


def _bound(prepared: Prepared, values: Mapping[str, Any]) -> list[Any]:
    known = {**prepared.own, **values} if prepared.own else values
    bound = [known[name] for name in prepared.names]
    for position, convert in prepared.into:
        bound[position] = convert(bound[position])
    return bound


def _told(prepared: Prepared, bound: list[Any], why: sqlite3.Error) -> BaseException:
    """As SQLAlchemy tells it."""
    return DBAPIError.instance(prepared.text, bound, why, sqlite3.Error)


class Rows:
    """A result of which mostly the first row is wanted, or one value; SQLAlchemy's own takes as long as the statement to set
    up, and does all else."""

    __slots__ = ("_rows", "_shown")

    def __init__(self, shown: SimpleResultMetaData, rows: list[tuple[Any, ...]]) -> None:
        self._shown = shown
        self._rows = rows

    def __iter__(self) -> Iterator[Any]:
        return iter(self._whole())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole(), name)

    def first(self) -> Any:
        return self._whole().first() if self._rows else None

    def scalar(self) -> Any:
        return self._rows[0][0] if self._rows else None

    def scalar_one(self) -> Any:
        return self._rows[0][0] if len(self._rows) == 1 else self._whole().scalar_one()

    def _whole(self) -> IteratorResult[Any]:
        return IteratorResult(self._shown, iter(self._rows))


class Done(NamedTuple):
    """What comes of a statement that shows no rows."""

    rowcount: int


def prompt(connection: Connection, driver: sqlite3.Connection) -> Connection:
    return cast(Connection, Prompt(connection, driver))


def prepare(statement: Any, shape: tuple[str, ...], dialect: Dialect) -> Prepared | None:
    """The statement for values of these names; None where only SQLAlchemy can execute it: a list that is written out, a
    default that is computed, keys that are fetched."""
    compiled = statement.compile(dialect=dialect, column_keys=shape)
    binds = compiled.binds
    if any(bind.expanding for bind in binds.values()) or _computes(compiled):
        return None
    names = tuple(compiled.positiontup)
    own = {name: bind.effective_value for name, bind in binds.items() if not bind.required}
    into = ((position, _into(binds[name].type, dialect)) for position, name in enumerate(names))
    columns = compiled._result_columns
    out = tuple(_out(column.type, dialect) for column in columns)
    return Prepared(
        str(compiled),
        names,
        {name: value for name, value in own.items() if name not in shape},
        tuple((position, convert) for position, convert in into if convert),
        SimpleResultMetaData([column.keyname for column in columns]) if columns else None,
        out if any(out) else (),
    )


def _computes(compiled: Any) -> bool:
    return bool(getattr(compiled, "insert_prefetch", ()) or getattr(compiled, "update_prefetch", ()))


def _into(type_: Any, dialect: Dialect) -> _Convert:
    return cast(_Convert, type_.dialect_impl(dialect).bind_processor(dialect))


def _out(type_: Any, dialect: Dialect) -> _Convert:
    return cast(_Convert, type_.dialect_impl(dialect).result_processor(dialect, None))
