"""All that a tenant has by the API, as a whole: copied, cleared, counted. A copy has the same ids, in another tenant."""

from __future__ import annotations

from sqlalchemy import Connection, Insert, bindparam, func, literal, select

from mockserver.store.outbox import PENDING, deliveries
from mockserver.store.tables import (
    COLLECTIONS,
    inventory,
    jobs,
    levels,
    listings,
    orders,
    products,
    recommendations,
    reservations,
    rules,
    warehouses,
)

# In the order of their references.
DATA = (products, listings, orders, warehouses, inventory, levels, reservations, rules, jobs, recommendations)


def _copying() -> list[Insert]:
    statements = []
    for table in DATA:
        others = [column for column in table.c if column.name != "tenant_id"]
        rows = select(bindparam("target", type_=table.c.tenant_id.type), *others).where(
            table.c.tenant_id == bindparam("source")
        )
        statements.append(table.insert().from_select(["tenant_id", *(column.name for column in others)], rows))
    return statements


_COPY = _copying()
_CLEAR = [table.delete().where(table.c.tenant_id == bindparam("tenant")) for table in reversed(DATA)]
_UNDELIVERED = deliveries.delete().where(deliveries.c.tenant_id == bindparam("tenant"), deliveries.c.state == PENDING)
_COUNT = select(
    *(
        select(func.count())
        .select_from(table)
        .where(
            table.c.tenant_id == bindparam("tenant"),
            table.c.deleted_at.is_(None) if "deleted_at" in table.c else literal(True),
        )
        .scalar_subquery()
        .label(name)
        for name, table in COLLECTIONS.items()
    )
)


def copy(connection: Connection, source: str, target: str) -> None:
    """Everything of the source, into a tenant that has nothing."""
    for statement in _COPY:
        connection.execute(statement, {"source": source, "target": target})


def clear(connection: Connection, tenant: str) -> None:
    """Everything, and what waits to be delivered."""
    for statement in (_UNDELIVERED, *_CLEAR):
        connection.execute(statement, {"tenant": tenant})


def counts(connection: Connection, tenant: str) -> dict[str, int]:
    """How many of each the API shows."""
    return dict(connection.execute(_COUNT, {"tenant": tenant}).mappings().one())
