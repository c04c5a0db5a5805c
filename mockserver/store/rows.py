"""The rows that make a tenant, its token and its first key; and a tenant's end, with whatever refers to it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import Connection, bindparam, select

from mockserver.domain import instants
from mockserver.domain.credentials import PREFIX, digest
from mockserver.store import copies
from mockserver.store.clocks import clocks
from mockserver.store.outbox import deliveries, endpoints, events
from mockserver.store.seed import ACCESS
from mockserver.store.sessions import sessions
from mockserver.store.tables import WORLD, keys, tenants, users
from mockserver.store.totals import totals

TOKEN = "nxs_world_"  # noqa: S105  how a world's own token begins


class WorldRow(NamedTuple):
    """A world, as it is kept."""

    id: str
    name: str
    plan: str
    currency: str
    fixtures: str
    is_temporary: bool
    created_at: str
    last_used_at: str | None


class New(NamedTuple):
    """What is shown of a new world once."""

    id: str
    key: str
    token: str


class SnapshotRow(NamedTuple):
    """A snapshot: its name, when it was taken, and the tenant that keeps it."""

    label: str
    created_at: str
    id: str


def world_row(now: datetime, name: str, plan: str, currency: str, fixtures: str, *, temporary: bool) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "name": name,
        "plan": plan,
        "currency": currency,
        "fixtures": fixtures,
        "is_temporary": temporary,
        "created_at": instants.text(now),
        "kind": WORLD,
    }


def part_row(kind: str, now: datetime, of: WorldRow, world_id: str, label: str) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "kind": kind,
        "of_tenant": world_id,
        "label": label,
        "name": of.name,
        "plan": of.plan,
        "currency": of.currency,
        "fixtures": "",
        "is_temporary": False,
        "created_at": instants.text(now),
    }


def insert(connection: Connection, row: dict[str, Any]) -> New:
    """The world, its token and a key that may do everything."""
    new = New(row["id"], f"{PREFIX}{secrets.token_hex(20)}", TOKEN + secrets.token_urlsafe(32))
    connection.execute(tenants.insert(), row | {"token_digest": digest(new.token)})
    connection.execute(keys.insert(), key_row(new.id, new.key, {"name": "full", "created_at": row["created_at"]}))
    return new


def key_row(world_id: str, key: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `keys`: everything is allowed and nothing expires unless that is wanted."""
    usual = {"scopes": ["*"], "allowlist": [], "per_minute": None, "per_hour": None, "expires_at": None, "revoked_at": None}
    return {**usual, **wanted, "digest": digest(key), "tenant_id": world_id, "prefix": key[:12]}


def copy_clock(connection: Connection, source: str, target: str) -> None:
    others = [column for column in clocks.c if column.name != "tenant_id"]
    rows = select(bindparam("target", type_=clocks.c.tenant_id.type), *others).where(clocks.c.tenant_id == source)
    connection.execute(
        clocks.insert().from_select(["tenant_id", *(column.name for column in others)], rows), {"target": target}
    )


def remove(connection: Connection, tenant_id: str) -> None:
    """A tenant, and whatever refers to it."""
    copies.clear(connection, tenant_id)
    own_users = select(users.c.id).where(users.c.tenant_id == tenant_id)
    connection.execute(sessions.delete().where(sessions.c.user_id.in_(own_users)))
    for table in (deliveries, events, endpoints, clocks, totals, *ACCESS):
        connection.execute(table.delete().where(table.c.tenant_id == tenant_id))
    connection.execute(tenants.delete().where(tenants.c.id == tenant_id))
