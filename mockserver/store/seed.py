"""A world's fixtures into tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Table

from mockserver.domain.credentials import digest
from mockserver.store.tables import keys, listings, orders, products, tenants, users
from mockserver.store.world import World

Rows = Iterator[dict[str, Any]]


def seed(connection: Connection, world: World) -> None:
    """Write every tenant with all that it has. The tables are empty."""
    for table, rows in _TABLES:
        batch = [_columns(table, row) for tenant in world.tenants for row in rows(tenant)]
        if batch:
            connection.execute(table.insert(), batch)


def _columns(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    return {column.name: row.get(column.name) for column in table.c}


def _owned(member: str, tenant: Mapping[str, Any]) -> Rows:
    return ({**row, "tenant_id": tenant["id"]} for row in tenant[member])


def _keys(tenant: Mapping[str, Any]) -> Rows:
    for row in _owned("keys", tenant):
        yield {**row, **(row["rate_limit"] or {}), "digest": digest(row["key"]), "prefix": row["key"][:8]}


def _listings(tenant: Mapping[str, Any]) -> Rows:
    for product in tenant["products"]:
        for row in product["listings"]:
            yield {**row, "tenant_id": tenant["id"], "parent_id": product["id"]}


# In the order of their references.
_TABLES = (
    (tenants, lambda tenant: iter([tenant])),
    (keys, _keys),
    (users, lambda tenant: _owned("users", tenant)),
    (products, lambda tenant: _owned("products", tenant)),
    (listings, _listings),
    (orders, lambda tenant: _owned("orders", tenant)),
)
