"""Databases of a test's own on the PostgreSQL server at NEXUS_TEST_POSTGRES, each a copy of one that was seeded once."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

IN_USE = os.environ.get("NEXUS_TEST_STORE", "") == "postgresql"  # by every mock inside a test's own process
SERVER = os.environ.get("NEXUS_TEST_POSTGRES", "postgresql://127.0.0.1:5432/test")
_PREFIX = "nexus_test_"
_made: list[str] = []
_seeded: list[str] = []
_at: dict[Path, str] = {}
_opened: list[Callable[[], None]] = []


@cache
def answers() -> bool:
    """Whether there is a server."""
    with suppress(DBAPIError):
        _do("SELECT 1")
        return True
    return False


def make(*, of: str = "template1") -> str:
    """The URL of a new database, which is a copy of another."""
    name = _PREFIX + uuid4().hex[:12]
    _do(f"CREATE DATABASE {name} TEMPLATE {name_of(of)} STRATEGY file_copy")
    url = make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    _made.append(url)
    return url


def at(path: Path) -> Path | str:
    """The state file of this path, or what stands for it where PostgreSQL is in use."""
    if not IN_USE:
        return path
    if path not in _at:
        _at[path] = make()
    return _at[path]


def ends_with_the_test(close: Callable[[], None]) -> None:
    """Connections that nobody closes are told of by another test."""
    if IN_USE:
        _opened.append(close)


def drop(*, seeded: bool = False) -> None:
    """All that were made since, and (`seeded`) those that others are copies of."""
    for close in _opened:
        close()
    _opened.clear()
    for urls in (_made, _seeded) if seeded else (_made,):
        for url in urls:
            _do(f"DROP DATABASE IF EXISTS {name_of(url)} WITH (FORCE)")
        urls.clear()
    _at.clear()


def name_of(url: str) -> str:
    return make_url(url).database or url if "://" in url else url


def seeded(fill: Callable[[str], None]) -> str:
    """A new database, filled."""
    url = make()
    fill(url)
    _made.remove(url)
    _seeded.append(url)
    return url


def _do(statement: str) -> None:
    engine = create_engine(make_url(SERVER).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()
