"""The queries of a tenant's data, built once for each shape and then only executed.

Rows leave the database as the JSON that the API shows: no row is taken apart in Python to be put together again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    FromClause,
    Insert,
    Integer,
    Select,
    Table,
    Update,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    tuple_,
    type_coerce,
)

from mockserver.store.columns import Money, Number, Whole
from mockserver.store.expressions import Casefold, Contains, Decimal, Json, JsonArray, JsonBoolean, JsonObject, JsonText
from mockserver.store.tables import CHILDREN, COLLECTIONS
from mockserver.store.totals import totals
from nexuscommerce.contract import Comparison, Filter

Condition = ColumnElement[bool]
_HIDDEN = {"tenant_id", "parent_id", "deleted_at"}
_SHAPES = 4096  # more than any test suite asks for


@lru_cache(maxsize=_SHAPES)
def page(
    collection: str,
    filters: tuple[Filter, ...],
    sort: str,
    order: str,
    after: bool,
    members: tuple[str, ...],
    counts: bool = True,
) -> Select[Any]:
    """Rows as JSON, their sort value and id, the total (None unless it `counts`), and the version of the list: `tenant`,
    `limit`, the filters and the position are bound."""
    table = COLLECTIONS[collection]
    key = (table.c[sort], table.c.id)
    number = total(collection, filters).scalar_subquery() if counts else null()
    columns = (_resource(table, members), *key, number, version(collection).scalar_subquery())
    statement = select(*columns).where(*mine(table), *_conditions(table, filters))
    if after:
        position = tuple_(bindparam("after_value", type_=table.c[sort].type), bindparam("after_id"))
        statement = statement.where(tuple_(*key) > position if order == "asc" else tuple_(*key) < position)
    directed = (column.asc() if order == "asc" else column.desc() for column in key)
    return statement.order_by(*directed).limit(bindparam("limit"))


@lru_cache(maxsize=_SHAPES)
def total(collection: str, filters: tuple[Filter, ...]) -> Select[Any]:
    """How many rows match: `tenant` and the filters are bound. All of them are kept, and not counted."""
    if not filters:
        return select(cast(func.coalesce(func.sum(totals.c.live), 0), Whole)).where(*_of(collection))
    table = COLLECTIONS[collection].alias("counted")
    return select(func.count()).select_from(table).where(*mine(table), *_conditions(table, filters))


@lru_cache(maxsize=_SHAPES)
def version(collection: str) -> Select[Any]:
    """Another one after each change of the list: `tenant` is bound."""
    return select(totals.c.version).where(*_of(collection))


def _of(collection: str) -> list[Condition]:
    return [*mine(totals), totals.c.collection == literal_column(f"'{collection}'")]


@lru_cache(maxsize=_SHAPES)
def one(collection: str, members: tuple[str, ...], by: str) -> Select[Any]:
    """One row as JSON: `tenant` and `value` are bound."""
    table = COLLECTIONS[collection]
    return select(_resource(table, members)).where(*mine(table), table.c[by] == bindparam("value"))


@lru_cache(maxsize=_SHAPES)
def some(collection: str, members: tuple[str, ...], by: str) -> Select[Any]:
    """Rows as JSON, each after its value of `by`: `tenant` and `values` are bound."""
    table = COLLECTIONS[collection]
    among = table.c[by].in_(bindparam("values", expanding=True))
    return select(table.c[by], _resource(table, members)).where(*mine(table), among)


@lru_cache(maxsize=_SHAPES)
def every(collection: str, members: tuple[str, ...]) -> Select[Any]:
    """All rows as JSON, in the order of their ids: `tenant` is bound."""
    table = COLLECTIONS[collection]
    return select(_resource(table, members)).where(*mine(table)).order_by(table.c.id)


@lru_cache(maxsize=_SHAPES)
def latest(collection: str) -> Select[Any]:
    """The id of the row that was made last, as far as ids tell: `tenant` is bound."""
    table = COLLECTIONS[collection]
    return select(table.c.id).where(*mine(table)).order_by(table.c.id.desc()).limit(1)


@lru_cache(maxsize=_SHAPES)
def insertion(collection: str) -> Insert:
    """A new row: its columns are bound."""
    return COLLECTIONS[collection].insert()


@lru_cache(maxsize=_SHAPES)
def change(collection: str) -> Update:
    """Of one row: `tenant`, `row` (its id) and the columns that change are bound."""
    table = COLLECTIONS[collection]
    return table.update().where(*mine(table), table.c.id == bindparam("row"))


def mine(table: FromClause) -> list[Condition]:
    """The tenant's own rows that are not deleted."""
    conditions = [table.c.tenant_id == bindparam("tenant")]
    return [*conditions, table.c.deleted_at.is_(None)] if "deleted_at" in table.c else conditions


def bound(chosen: Filter) -> str:
    """The name of the filter's value in the statement; no other value's name begins so."""
    return f"filter_{chosen.parameter}"


# How a column of a type becomes JSON, where its value does not by itself.
_AS_JSON: Mapping[type[Any], Callable[[Column[Any]], ColumnElement[Any]]] = {
    Money: lambda column: Decimal(type_coerce(column, Integer)),
    JSON: lambda column: Json(column),
    Number: lambda column: Json(column),
    Boolean: lambda column: JsonBoolean(column),
}


def _resource(table: Table, members: tuple[str, ...]) -> ColumnElement[Any]:
    """A row as one JSON object with these members, in their order."""
    pairs = ((name, _children(table, name) if name in CHILDREN else _as_json(table.c[name])) for name in members)
    return JsonText(*(part for name, value in pairs for part in (_literal(name), value)))


def _children(parent: Table, name: str) -> ColumnElement[Any]:
    """A member that is a table of its own: a JSON array of its rows, in the order of their key."""
    table = CHILDREN[name]
    shown = [column for column in table.c if column.name not in _HIDDEN]
    row = JsonObject(*(part for column in shown for part in (_literal(column.name), _as_json(column))))
    rows = select(row.label("row")).where(*mine(table), table.c.parent_id == parent.c.id).order_by(*table.primary_key)
    ordered = rows.correlate(parent).subquery()
    return select(JsonArray(ordered.c.row)).scalar_subquery()


def _as_json(column: Column[Any]) -> ColumnElement[Any]:
    convert = _AS_JSON.get(type(column.type))
    return convert(column) if convert else column


def _literal(name: str) -> ColumnElement[str]:
    """A member's name, written into the statement; names come from the document and the tables alone."""
    if not name.isidentifier():
        raise ValueError(f"{name!r} is no member's name")
    return literal_column(f"'{name}'")


_COMPARE: Mapping[Comparison, Callable[[Any, Any], Condition]] = {
    Comparison.EQUALS: lambda column, value: column == value,
    Comparison.AT_LEAST: lambda column, value: column >= value,
    Comparison.AT_MOST: lambda column, value: column <= value,
    Comparison.CONTAINS: lambda column, value: Contains(Casefold(column), Casefold(value)),
}


def _conditions(table: FromClause, filters: tuple[Filter, ...]) -> Iterator[Condition]:
    """For each filter, any of its fields; `listings.marketplace` asks for a child that matches."""
    return (or_(*(_condition(table, field, chosen) for field in chosen.fields)) for chosen in filters)


def _condition(table: FromClause, field: str, chosen: Filter) -> Condition:
    child, _, member = field.rpartition(".")
    owner = CHILDREN[child] if child else table
    column = owner.c[member]
    matches = _COMPARE[chosen.comparison](column, bindparam(bound(chosen), type_=column.type))
    return exists().where(*mine(owner), owner.c.parent_id == table.c.id, matches) if child else matches
