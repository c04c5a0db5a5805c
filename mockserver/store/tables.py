"""The tables. Column names are the API's own: what a column holds is what the member of that name shows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

from nexuscommerce.contract import Contract

metadata = MetaData()


class Money(TypeDecorator[float]):
    """An amount in major units with at most 2 decimals, kept as whole cents so that sums and comparisons are exact."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> int | None:
        return None if value is None else round(value * 100)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> float | None:
        return None if value is None else value / 100


class Number(TypeDecorator[float]):
    """A double, kept as its shortest text: SQLite writes a REAL into JSON with 15 digits, and a double may need 17."""

    impl = String(30)
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> str | None:
        return None if value is None else repr(value)


def _instant(name: str, **options: Any) -> Column[str]:
    """2026-03-12T14:32:01.123Z: text of fixed width, which sorts as the instants do."""
    return Column(name, String(24), **options)


def _tenant() -> Column[str]:
    return Column("tenant_id", ForeignKey("tenants.id"), nullable=False)


facts = Table("facts", metadata, Column("name", String(50), primary_key=True), Column("value", Text, nullable=False))

tenants = Table(
    "tenants",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("plan", String(20), nullable=False),
    Column("currency", String(3), nullable=False),
)

keys = Table(
    "keys",
    metadata,
    Column("digest", String(64), primary_key=True),
    _tenant(),
    Column("name", String(100), nullable=False),
    Column("prefix", String(12), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("allowlist", JSON, nullable=False),
    Column("per_minute", Integer),
    Column("per_hour", Integer),
    _instant("expires_at"),
    _instant("revoked_at"),
    _instant("created_at", nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", String(36), primary_key=True),
    _tenant(),
    Column("email", String(200), nullable=False),
    Column("name", String(200), nullable=False),
    Column("role", String(20), nullable=False),
)

products = Table(
    "products",
    metadata,
    Column("id", String(31), primary_key=True),
    _tenant(),
    Column("sku", String(64), nullable=False),
    Column("title", String(200), nullable=False),
    Column("description", Text),
    Column("status", String(20), nullable=False),
    Column("price", Money, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("gtin", String(14)),
    Column("category", String(100)),
    Column("cost_price", Money),
    Column("weight_kg", Number),
    Column("images", JSON, nullable=False),
    _instant("created_at", nullable=False),
    _instant("updated_at", nullable=False),
    _instant("deleted_at"),
)
Index(
    "products_sku_is_free",
    products.c.tenant_id,
    products.c.sku,
    unique=True,
    sqlite_where=products.c.deleted_at.is_(None),
    postgresql_where=products.c.deleted_at.is_(None),
)

listings = Table(
    "listings",
    metadata,
    Column("parent_id", ForeignKey("products.id"), primary_key=True),
    Column("marketplace", String(32), primary_key=True),
    _tenant(),
    Column("external_id", String(64), nullable=False),
    Column("price", Money, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("status", String(20), nullable=False),
    _instant("last_synced_at", nullable=False),
)

orders = Table(
    "orders",
    metadata,
    Column("id", String(30), primary_key=True),
    _tenant(),
    Column("external_order_id", String(64), nullable=False),
    Column("marketplace", String(32), nullable=False),
    Column("status", String(20), nullable=False),
    Column("fulfillment_method", String(3), nullable=False),
    Column("total_amount", Money, nullable=False),
    Column("shipping_amount", Money, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("has_returns", Boolean, nullable=False),
    Column("line_items", JSON, nullable=False),
    Column("shipping_address", JSON, nullable=False),
    Column("sync_history", JSON, nullable=False),
    _instant("created_at", nullable=False),
    _instant("updated_at", nullable=False),
    _instant("deleted_at"),
)

# What a list lists -> its table; and the members that are tables of their own, each row with the `parent_id` of its owner.
COLLECTIONS = {"products": products, "orders": orders}
CHILDREN = {"listings": listings}


def index_sorts(contract: Contract) -> None:
    """An index for every sort that the document offers: a page is read from it without sorting."""
    known = {index.name for table in COLLECTIONS.values() for index in table.indexes}
    for operation in contract.operations.values():
        if not operation.is_list:
            continue
        table = COLLECTIONS[operation.collection]
        for member in operation.sorts:
            name = f"{table.name}_by_{member}"
            if name not in known:
                live = table.c.deleted_at.is_(None)
                columns = (table.c.tenant_id, table.c[member], table.c.id)
                Index(name, *columns, sqlite_where=live, postgresql_where=live)
