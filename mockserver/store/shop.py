"""One tenant's data, inside one transaction.

A `Shop` is bound to its tenant when it is made and no method takes a tenant, so no query can forget one. Collections,
filters, sorts and members come from the document's words (an `Operation`): a new list needs a table and nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Table, bindparam, exists, func, or_, select, tuple_
from sqlalchemy.exc import IntegrityError

from mockserver.store.tables import CHILDREN, COLLECTIONS, tenants
from nexuscommerce.contract import Comparison, Filter

Row = dict[str, Any]
Condition = ColumnElement[bool]


class Taken(Exception):
    """A unique value is in use already."""


class Window(NamedTuple):
    """Which rows of a list: filtered, sorted, after a position (`None`: from the start), at most `limit`."""

    filters: Mapping[Filter, Any]
    sort: str
    order: str
    after: tuple[Any, str] | None
    limit: int


class Shop:
    """Reads and writes of one tenant. Rows are dictionaries by member; deleted rows are never seen."""

    def __init__(self, connection: Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant

    def currency(self) -> str:
        """The tenant's own currency."""
        row = select(tenants.c.currency).where(tenants.c.id == self._tenant)
        return str(self._connection.execute(row).scalar_one())

    def page(self, collection: str, members: Sequence[str], window: Window) -> list[Row]:
        """The rows of a window, each with `members`, its sort value and its id."""
        wanted = tuple(dict.fromkeys((*members, window.sort, "id")))
        shape = (collection, tuple(window.filters), window.sort, window.order, window.after is not None, wanted)
        statement, columns = _page(*shape)
        values = self._values(window.filters) | {"limit": window.limit}
        if window.after:
            values |= {"after_value": window.after[0], "after_id": window.after[1]}
        rows = [dict(zip(columns, row, strict=True)) for row in self._connection.execute(statement, values)]
        return self._with_children(rows, wanted)

    def total(self, collection: str, filters: Mapping[Filter, Any]) -> int:
        """How many rows match the filters."""
        return int(self._connection.execute(_total(collection, tuple(filters)), self._values(filters)).scalar_one())

    def one(self, collection: str, members: Sequence[str], by: str, value: str) -> Row | None:
        """The row whose member `by` has this value."""
        statement, columns = _one(collection, tuple(members), by)
        row = self._connection.execute(statement, {"tenant": self._tenant, "value": value}).first()
        if row is None:
            return None
        return self._with_children([dict(zip(columns, row, strict=True))], members)[0]

    def insert(self, collection: str, row: Row) -> None:
        """Raises Taken if a unique value of the row is in use."""
        try:
            self._connection.execute(COLLECTIONS[collection].insert(), {**row, "tenant_id": self._tenant})
        except IntegrityError as why:
            raise Taken from why

    def update(self, collection: str, row_id: str, changes: Row) -> None:
        table = COLLECTIONS[collection]
        self._connection.execute(table.update().where(*_mine(table), table.c.id == bindparam("row")).values(changes), self._at(row_id))

    def delete(self, collection: str, row_id: str, at: str) -> None:
        """Softly: what refers to the row keeps its meaning, and its unique values are free again."""
        self.update(collection, row_id, {"deleted_at": at})

    def _at(self, row_id: str) -> Row:
        return {"tenant": self._tenant, "row": row_id}

    def _values(self, filters: Mapping[Filter, Any]) -> Row:
        return {"tenant": self._tenant} | {_bound(chosen): value for chosen, value in filters.items()}

    def _with_children(self, rows: list[Row], members: Iterable[str]) -> list[Row]:
        for member in members:
            if member in CHILDREN:
                for row in rows:
                    found = self._connection.execute(_children(member), {"tenant": self._tenant, "parent": row["id"]})
                    row[member] = [dict(child) for child in found.mappings()]
        return rows


def _mine(table: Table) -> list[Condition]:
    mine = [table.c.tenant_id == bindparam("tenant")]
    return [*mine, table.c.deleted_at.is_(None)] if "deleted_at" in table.c else mine


_HIDDEN = {"tenant_id", "parent_id"}


@lru_cache(maxsize=None)
def _children(member: str) -> Select[Any]:
    table = CHILDREN[member]
    shown = [column for column in table.c if column.name not in _HIDDEN]
    return select(*shown).where(*_mine(table), table.c.parent_id == bindparam("parent")).order_by(*table.primary_key)


@lru_cache(maxsize=1000)
def _page(
    collection: str, filters: tuple[Filter, ...], sort: str, order: str, after: bool, members: tuple[str, ...]
) -> tuple[Select[Any], tuple[str, ...]]:
    table = COLLECTIONS[collection]
    columns = tuple(name for name in members if name in table.c)
    key = (table.c[sort], table.c.id)
    statement = select(*(table.c[name] for name in columns)).where(*_mine(table), *(_condition(table, f) for f in filters))
    if after:
        position = tuple_(bindparam("after_value", type_=table.c[sort].type), bindparam("after_id"))
        here = tuple_(*key)
        statement = statement.where(here > position if order == "asc" else here < position)
    directed = (column.asc() if order == "asc" else column.desc() for column in key)
    return statement.order_by(*directed).limit(bindparam("limit")), columns


@lru_cache(maxsize=1000)
def _total(collection: str, filters: tuple[Filter, ...]) -> Select[Any]:
    table = COLLECTIONS[collection]
    return select(func.count()).select_from(table).where(*_mine(table), *(_condition(table, f) for f in filters))


@lru_cache(maxsize=1000)
def _one(collection: str, members: tuple[str, ...], by: str) -> tuple[Select[Any], tuple[str, ...]]:
    table = COLLECTIONS[collection]
    columns = tuple(name for name in dict.fromkeys((*members, "id")) if name in table.c)
    return select(*(table.c[name] for name in columns)).where(*_mine(table), table.c[by] == bindparam("value")), columns


_COMPARE: Mapping[Comparison, Callable[[Any, Any], Condition]] = {
    Comparison.EQUALS: lambda column, value: column == value,
    Comparison.AT_LEAST: lambda column, value: column >= value,
    Comparison.AT_MOST: lambda column, value: column <= value,
    Comparison.CONTAINS: lambda column, value: func.instr(func.casefold(column), func.casefold(value)) > 0,
}


def _bound(chosen: Filter) -> str:
    """The name of the filter's value in the statement; no other value's name begins so."""
    return f"filter_{chosen.parameter}"


def _condition(table: Table, chosen: Filter) -> Condition:
    """Any of the filter's fields compared with its value; `listings.marketplace` asks for a child that matches."""
    return or_(*(_field_condition(table, field, chosen) for field in chosen.fields))


def _field_condition(table: Table, field: str, chosen: Filter) -> Condition:
    child, _, member = field.rpartition(".")
    if not child:
        column = table.c[field]
        return _COMPARE[chosen.comparison](column, bindparam(_bound(chosen), type_=column.type))
    children = CHILDREN[child]
    column = children.c[member]
    matches = _COMPARE[chosen.comparison](column, bindparam(_bound(chosen), type_=column.type))
    return exists().where(*_mine(children), children.c.parent_id == table.c.id, matches)
