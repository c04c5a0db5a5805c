"""A world's fixtures into tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Table
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from mockserver.domain import instants
from mockserver.domain.credentials import digest
from mockserver.domain.stock import ShortOfStock
from mockserver.store.opening import opening
from mockserver.store.outbox import endpoints
from mockserver.store.tables import (
    WORLD,
    inventory,
    jobs,
    keys,
    levels,
    listings,
    orders,
    products,
    recommendations,
    reservations,
    rules,
    tenants,
    users,
    warehouses,
)
from mockserver.store.world import World, slugs

Rows = Iterator[dict[str, Any]]


def seed(connection: Connection, world: World, at: datetime) -> None:
    """Write every tenant with all that it has, the first as the oldest of them. The tables are empty."""
    for number, (slug, tenant) in enumerate(slugs(world).items()):
        connection.execute(
            tenants.insert(),
            _columns(
                tenants,
                {
                    **tenant,
                    "kind": WORLD,
                    "fixtures": slug,
                    "created_at": instants.text(at + timedelta(milliseconds=number)),
                },
            ),
        )
    for table, rows in _SETTLED:
        _insert(connection, table, (row for tenant in world.tenants for row in rows(tenant)))
    for tenant in world.tenants:
        seed_data(connection, tenant)


def seed_data(connection: Connection, tenant: Mapping[str, Any]) -> None:
    """Write what the API shows of a tenant that is there and has nothing. Raises ShortOfStock."""
    for table, rows in _DATA:
        _insert(connection, table, rows(tenant))
    for table, stock in zip((inventory, levels, reservations), _stock(tenant), strict=True):
        _insert(connection, table, stock)


def _insert(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    batch = [_columns(table, row) for row in rows]
    if batch:
        connection.execute(table.insert(), batch)


def _columns(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    return {column.name: row.get(column.name, _default(column)) for column in table.c}


def _default(column: Column[Any]) -> Any:
    """Rows are written many at a time, so each has every column."""
    return column.default.arg if isinstance(column.default, ScalarElementColumnDefault) else None


def _owned(member: str, tenant: Mapping[str, Any]) -> Rows:
    return ({**row, "tenant_id": tenant["id"]} for row in tenant[member])


def _keys(tenant: Mapping[str, Any]) -> Rows:
    for row in _owned("keys", tenant):
        yield {**row, **(row["rate_limit"] or {}), "digest": digest(row["key"]), "prefix": row["key"][:12]}


def _listings(tenant: Mapping[str, Any]) -> Rows:
    for product in tenant["products"]:
        for row in product["listings"]:
            yield {**row, "tenant_id": tenant["id"], "parent_id": product["id"]}


def _stock(tenant: Mapping[str, Any]) -> tuple[Rows, Rows, Rows]:
    """Inventory, levels and reservations: what is on hand is stated, what is reserved follows from the open orders."""
    try:
        stocks, reserved = opening(tenant)
    except ShortOfStock as why:
        raise ShortOfStock(f"tenant {tenant['id']}: {why}") from why
    titles = {product["sku"]: product["title"] for product in tenant["products"]}
    its = {"tenant_id": tenant["id"]}
    records = (vars(stock) | stock.totals() | {"title": titles[sku]} | its for sku, stock in stocks.items())
    held = (
        vars(level) | {"parent_id": stock.id, "available": level.available(stock.safety_stock)} | its
        for stock in stocks.values()
        for level in stock.levels.values()
    )
    return records, held, (row._asdict() | its for row in reserved)


# How a tenant is entered; and where its events go.
ACCESS = (keys, users)
_SETTLED: tuple[tuple[Table, Callable[[Mapping[str, Any]], Rows]], ...] = (
    (keys, _keys),
    (users, lambda tenant: _owned("users", tenant)),
    (endpoints, lambda tenant: ({**row, "paused": False} for row in _owned("endpoints", tenant))),
)
# In the order of their references.
_DATA: tuple[tuple[Table, Callable[[Mapping[str, Any]], Rows]], ...] = (
    (products, lambda tenant: _owned("products", tenant)),
    (listings, _listings),
    (orders, lambda tenant: _owned("orders", tenant)),
    (warehouses, lambda tenant: _owned("warehouses", tenant)),
    (rules, lambda tenant: _owned("rules", tenant)),
    (jobs, lambda tenant: _owned("jobs", tenant)),
    (recommendations, lambda tenant: _owned("recommendations", tenant)),
)
