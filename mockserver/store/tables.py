"""The tables. Column names are the API's own: what a column holds is what the member of that name shows.

A tenant's rows are named by the tenant and their id: a copy of a world has the same ids, and no row can refer to another
tenant's.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Table,
    Text,
)

from mockserver.store.columns import Money, Number, Whole, chars, instant, metadata, tenant
from nexuscommerce.contract import Contract

WORLD, SNAPSHOT, TEMPLATE = "world", "snapshot", "template"


def _of(member: str, table: str) -> ForeignKeyConstraint:
    """The row of the same tenant that this one belongs to."""
    return ForeignKeyConstraint(["tenant_id", member], [f"{table}.tenant_id", f"{table}.id"])


facts = Table("facts", metadata, Column("name", chars(50), primary_key=True), Column("value", Text, nullable=False))

tenants = Table(
    "tenants",
    metadata,
    Column("id", chars(36), primary_key=True),
    Column("name", chars(200), nullable=False),
    Column("plan", chars(20), nullable=False),
    Column("currency", chars(3), nullable=False),
    # A world can be entered. A snapshot is a world's data at another time, a template what a reset puts back: tenants that
    # nobody can enter, of a world (`of_tenant`) or of no one, by a name of their own (`label`).
    Column("kind", chars(10), nullable=False, default=WORLD),
    Column("of_tenant", chars(36)),
    Column("label", chars(200)),
    Column("fixtures", chars(200), nullable=False, default=""),
    Column("token_digest", chars(64), unique=True),
    Column("is_temporary", Boolean, nullable=False, default=False),
    instant("created_at"),
    instant("last_used_at"),
)
Index("tenants_of_a_tenant", tenants.c.of_tenant, tenants.c.label)

keys = Table(
    "keys",
    metadata,
    Column("digest", chars(64), primary_key=True),
    tenant(),
    Column("name", chars(100), nullable=False),
    Column("prefix", chars(12), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("allowlist", JSON, nullable=False),
    Column("per_minute", Whole),
    Column("per_hour", Whole),
    instant("expires_at"),
    instant("revoked_at"),
    instant("created_at", nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", chars(36), primary_key=True),
    tenant(),
    Column("email", chars(200), nullable=False),
    Column("name", chars(200), nullable=False),
    Column("role", chars(20), nullable=False),
    Column("password_hash", chars(200), nullable=False),  # argon2id, PHC string
)

products = Table(
    "products",
    metadata,
    tenant(primary_key=True),
    Column("id", chars(31), primary_key=True),
    Column("sku", chars(64), nullable=False),
    Column("title", chars(200), nullable=False),
    Column("description", Text),
    Column("status", chars(20), nullable=False),
    Column("price", Money, nullable=False),
    Column("currency", chars(3), nullable=False),
    Column("gtin", chars(14)),
    Column("category", chars(100)),
    Column("cost_price", Money),
    Column("weight_kg", Number),
    Column("images", JSON, nullable=False),
    instant("created_at", nullable=False),
    instant("updated_at", nullable=False),
    instant("deleted_at"),
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
    tenant(primary_key=True),
    Column("parent_id", chars(31), primary_key=True),
    Column("marketplace", chars(32), primary_key=True),
    Column("external_id", chars(64), nullable=False),
    Column("price", Money, nullable=False),
    Column("quantity", Whole, nullable=False),
    Column("status", chars(20), nullable=False),
    instant("last_synced_at", nullable=False),
    _of("parent_id", "products"),
)

orders = Table(
    "orders",
    metadata,
    tenant(primary_key=True),
    Column("id", chars(30), primary_key=True),
    Column("external_order_id", chars(64), nullable=False),
    Column("marketplace", chars(32), nullable=False),
    Column("status", chars(20), nullable=False),
    Column("fulfillment_method", chars(3), nullable=False),
    Column("total_amount", Money, nullable=False),
    Column("shipping_amount", Money, nullable=False),
    Column("currency", chars(3), nullable=False),
    Column("has_returns", Boolean, nullable=False),
    Column("line_items", JSON, nullable=False),
    Column("shipping_address", JSON, nullable=False),
    Column("sync_history", JSON, nullable=False),
    instant("created_at", nullable=False),
    instant("updated_at", nullable=False),
    instant("deleted_at"),
)

warehouses = Table(
    "warehouses",
    metadata,
    tenant(primary_key=True),
    Column("id", chars(29), primary_key=True),
    Column("name", chars(100), nullable=False),
    Column("type", chars(3), nullable=False),
    Column("address", chars(500)),
    instant("created_at", nullable=False),
    instant("updated_at", nullable=False),
)

# One for each product, with the product's id. What can be computed from the levels is kept here too: a list filters and
# sorts by it.
inventory = Table(
    "inventory",
    metadata,
    tenant(primary_key=True),
    Column("id", chars(31), primary_key=True),
    Column("sku", chars(64), nullable=False),
    Column("title", chars(200), nullable=False),
    Column("total_on_hand", Whole, nullable=False),
    Column("total_reserved", Whole, nullable=False),
    Column("total_available", Whole, nullable=False),
    Column("safety_stock", Whole, nullable=False),
    Column("status", chars(20), nullable=False),
    instant("deleted_at"),
    _of("id", "products"),
)

levels = Table(
    "levels",
    metadata,
    tenant(primary_key=True),
    Column("parent_id", chars(31), primary_key=True),
    Column("warehouse_id", chars(29), primary_key=True),
    Column("name", chars(100), nullable=False),
    Column("type", chars(3), nullable=False),
    Column("on_hand", Whole, nullable=False),
    Column("reserved", Whole, nullable=False),
    Column("available", Whole, nullable=False),
    _of("parent_id", "inventory"),
    _of("warehouse_id", "warehouses"),
    CheckConstraint("reserved >= 0 AND reserved <= on_hand", name="reserved_is_on_hand"),
)

# What an open order's line still takes of one level.
reservations = Table(
    "reservations",
    metadata,
    tenant(primary_key=True),
    Column("order_id", chars(30), primary_key=True),
    Column("line", chars(64), primary_key=True),
    Column("warehouse_id", chars(29), primary_key=True),
    Column("inventory_id", chars(31), nullable=False),
    Column("quantity", Whole, nullable=False),
    _of("order_id", "orders"),
    _of("warehouse_id", "warehouses"),
    _of("inventory_id", "inventory"),
    CheckConstraint("quantity > 0", name="something_is_reserved"),
)

rules = Table(
    "rules",
    metadata,
    tenant(primary_key=True),
    Column("id", chars(31), primary_key=True),
    Column("name", chars(200), nullable=False),
    Column("type", chars(20), nullable=False),
    Column("value", Money, nullable=False),
    Column("value_type", chars(10), nullable=False),
    Column("applies_to", chars(10), nullable=False),
    Column("category", chars(100)),
    Column("skus", JSON(none_as_null=True)),
    Column("marketplace", chars(32), nullable=False),
    Column("priority", Whole, nullable=False),
    Column("is_active", Boolean, nullable=False),
    instant("created_at", nullable=False),
    instant("updated_at", nullable=False),
    instant("deleted_at"),
)

jobs = Table(
    "jobs",
    metadata,
    tenant(primary_key=True),
    Column("id", chars(30), primary_key=True),
    Column("type", chars(30), nullable=False),
    Column("status", chars(20), nullable=False),
    Column("priority", chars(6), nullable=False),
    Column("params", JSON, nullable=False),
    instant("created_at", nullable=False),
    instant("estimated_completion_at", nullable=False),
    instant("started_at"),
    instant("completed_at"),
    Column("result", JSON(none_as_null=True)),
    Column("error", JSON(none_as_null=True)),
    Column("lasts", Whole),  # milliseconds that it runs for; of the fixtures' jobs nothing
    instant("wakes_at"),  # when its next step is due (mockserver/domain/jobs.py); none for a job that stands still
)
_WAKES = jobs.c.wakes_at.is_not(None)
Index("jobs_that_wake", jobs.c.tenant_id, jobs.c.wakes_at, sqlite_where=_WAKES, postgresql_where=_WAKES)

recommendations = Table(
    "recommendations",
    metadata,
    tenant(primary_key=True),
    Column("id", chars(30), primary_key=True),
    Column("sku", chars(64), nullable=False),
    Column("marketplace", chars(32), nullable=False),
    Column("current_price", Money, nullable=False),
    Column("recommended_price", Money, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("buy_box_probability", Float, nullable=False),
    Column("estimated_margin", Float),
    Column("reasoning", chars(500), nullable=False),
    Column("status", chars(10), nullable=False),
    Column("job_id", chars(30), nullable=False),
    instant("created_at", nullable=False),
    _of("job_id", "jobs"),
)
Index("recommendations_of_a_sku", recommendations.c.tenant_id, recommendations.c.sku, recommendations.c.status)

# What a list lists -> its table; and the members that are tables of their own, each row with the `parent_id` of its owner.
COLLECTIONS = {
    "products": products,
    "orders": orders,
    "inventory": inventory,
    "warehouses": warehouses,
    "rules": rules,
    "recommendations": recommendations,
    "ai-jobs": jobs,
}
CHILDREN = {"listings": listings, "warehouses": levels}
PARENTS = {listings: "products", levels: "inventory"}  # by a member of a child, too, a list is filtered


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
                live = table.c.deleted_at.is_(None) if "deleted_at" in table.c else None
                columns = (table.c.tenant_id, table.c[member], table.c.id)
                Index(name, *columns, sqlite_where=live, postgresql_where=live)
