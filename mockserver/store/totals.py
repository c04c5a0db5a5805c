"""How many rows each list of each tenant has: kept by the database itself with every write, so that no page has to count.

`version` is another one after each write to the list's rows or to their children: what was counted of some of them, by a
filter, is true as long as it stays.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Column, Table

from mockserver.store.columns import Whole, chars, metadata
from mockserver.store.tables import COLLECTIONS, PARENTS

totals = Table(
    "totals",
    metadata,
    Column("tenant_id", chars(36), primary_key=True),
    Column("collection", chars(20), primary_key=True),
    Column("live", Whole, nullable=False),  # rows that are not deleted
    Column("version", Whole, nullable=False),
)
REMEMBERED = 4096  # totals of filtered lists in one process


class Counted(NamedTuple):
    """A total, and the version that it is of."""

    version: int
    total: int


class Remembered:
    """What was counted of filtered lists: the REMEMBERED that were asked for last."""

    def __init__(self) -> None:
        self._known: OrderedDict[Any, Counted] = OrderedDict()

    def get(self, name: Any) -> Counted | None:
        if name in self._known:
            self._known.move_to_end(name)
        return self._known.get(name)

    def keep(self, name: Any, counted: Counted) -> None:
        self._known[name] = counted
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def triggers(dialect: str) -> Iterator[str]:
    """What makes the database keep them."""
    write = {"sqlite": _sqlite, "postgresql": _postgresql}[dialect]
    for collection, table in COLLECTIONS.items():
        yield from write(table, collection)
    for table, collection in PARENTS.items():
        yield from write(table, collection, is_child=True)


_TOUCH = "UPDATE totals SET version = version + 1 WHERE tenant_id = {row}.tenant_id AND collection = '{collection}'"
_MOVE = (
    "UPDATE totals SET live = live + {by}, version = version + 1 WHERE tenant_id = {row}.tenant_id "
    "AND collection = '{collection}'"
)
_ADD = (
    "INSERT INTO totals (tenant_id, collection, live, version) VALUES (NEW.tenant_id, '{collection}', {by}, 1) "
    "ON CONFLICT (tenant_id, collection) DO UPDATE SET live = live + excluded.live, version = version + 1"
)


def _sqlite(table: Table, collection: str, *, is_child: bool = False) -> Iterator[str]:
    """Row by row."""
    new, old = _live(table, "NEW."), _live(table, "OLD.")
    added = {"INSERT": (_ADD, "NEW", new), "UPDATE": (_MOVE, "NEW", f"{new} - {old}"), "DELETE": (_MOVE, "OLD", f"-{old}")}
    for event, (statement, row, by) in added.items():
        done = (_TOUCH if is_child else statement).format(row=row, by=by, collection=collection)
        yield f"CREATE TRIGGER totals_{table.name}_{event.lower()} AFTER {event} ON {table.name} BEGIN {done}; END"


_FUNCTION = """CREATE OR REPLACE FUNCTION totals_of_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO totals SELECT tenant_id, '{collection}', {live}, 1 FROM added GROUP BY tenant_id
            ON CONFLICT (tenant_id, collection)
            DO UPDATE SET live = totals.live + excluded.live, version = totals.version + 1;
    ELSIF TG_OP = 'DELETE' THEN
        UPDATE totals SET live = totals.live - gone.live, version = version + 1
            FROM (SELECT tenant_id, {live} AS live FROM removed GROUP BY tenant_id) AS gone
            WHERE totals.tenant_id = gone.tenant_id AND collection = '{collection}';
    ELSE
        UPDATE totals SET live = totals.live + changed.live, version = version + 1
            FROM (SELECT a.tenant_id, a.live - r.live AS live
                FROM (SELECT tenant_id, {live} AS live FROM added GROUP BY tenant_id) AS a
                JOIN (SELECT tenant_id, {live} AS live FROM removed GROUP BY tenant_id) AS r USING (tenant_id)) AS changed
            WHERE totals.tenant_id = changed.tenant_id AND collection = '{collection}';
    END IF;
    RETURN NULL; END $$"""
_SEEN = {
    "INSERT": "NEW TABLE AS added",
    "UPDATE": "OLD TABLE AS removed NEW TABLE AS added",
    "DELETE": "OLD TABLE AS removed",
}


def _postgresql(table: Table, collection: str, *, is_child: bool = False) -> Iterator[str]:
    """Statement by statement. A child's rows are counted as none: its parent's version moves."""
    live = "0" if is_child else f"sum({_live(table)})"
    yield _FUNCTION.format(table=table.name, collection=collection, live=live)
    for event, seen in _SEEN.items():
        yield (
            f"CREATE TRIGGER totals_{event.lower()} AFTER {event} ON {table.name} REFERENCING {seen} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION totals_of_{table.name}()"
        )


def _live(table: Table, row: str = "") -> str:
    """1 for a row that is not deleted."""
    return f"(CASE WHEN {row}deleted_at IS NULL THEN 1 ELSE 0 END)" if "deleted_at" in table.c else "1"
