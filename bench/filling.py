"""A state file with as many tenants and products as are wanted, written with SQL beside the mock's own seeding."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from mockserver.cursors import Cursors, Position
from mockserver.domain.credentials import PREFIX, digest
from mockserver.domain.instants import now, text
from mockserver.store.database import open_database
from mockserver.store.world import load_world
from nexuscommerce.contract import load
from nexuscommerce.files import packaged

_TENANT = """INSERT INTO tenants (id, name, plan, currency, kind, fixtures, is_temporary, created_at)
    VALUES (?, ?, 'enterprise', 'USD', 'world', '', 0, ?)"""
_KEY = """INSERT INTO keys (digest, tenant_id, name, prefix, scopes, allowlist, per_minute, per_hour, created_at)
    VALUES (?, ?, 'full', 'nxc_live_gro', '["*"]', '[]', 1000000000, 1000000000, ?)"""
_WAREHOUSE = """INSERT INTO warehouses (tenant_id, id, name, type, created_at, updated_at)
    VALUES (?, 'wh_01HXK9MZPQ3B8C7D2E5F6G7H8J', 'Warehouse A', 'own', ?, ?)"""
# One in a hundred is a draft. A product is a second younger than the one before.
_PRODUCTS = """INSERT INTO products
    (tenant_id, id, sku, title, status, price, currency, category, images, created_at, updated_at)
    WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < :count)
    SELECT :tenant, printf('prod_01HXK9MZPQ%012d', n), printf('GROW-%07d', n), printf('Widget %d', n * 7919 % :count),
           iif(n % 100 = 1, 'draft', 'active'), 999 + n % 5000, 'USD', 'Widgets', '[]',
           strftime('%Y-%m-%dT%H:%M:%S.000Z', 1700000000 + n, 'unixepoch'),
           strftime('%Y-%m-%dT%H:%M:%S.000Z', 1700000000 + n, 'unixepoch') FROM number"""
_INVENTORY = """INSERT INTO inventory
    (tenant_id, id, sku, title, total_on_hand, total_reserved, total_available, safety_stock, status)
    SELECT tenant_id, id, sku, title, 50, 0, 50, 0, 'in_stock' FROM products WHERE tenant_id = :tenant"""
_LEVELS = """INSERT INTO levels (tenant_id, parent_id, warehouse_id, name, type, on_hand, reserved, available)
    SELECT tenant_id, id, 'wh_01HXK9MZPQ3B8C7D2E5F6G7H8J', 'Warehouse A', 'own', 50, 0, 50
    FROM products WHERE tenant_id = :tenant"""


def tenant(number: int) -> str:
    """A tenant's id."""
    return f"00000000-0000-4000-8000-{number:012}"


def key(number: int) -> str:
    """The key that opens a tenant, and allows far more requests than anybody makes."""
    return f"{PREFIX}growth_{number:08}"


def filled(path: Path, tenants: int, products: int) -> None:
    """A state file with the fixtures, and besides so many tenants, each with so many products."""
    contract = load()
    open_database(path, contract, load_world(packaged("fixtures/world.json"), contract), fresh=True).close()
    made = text(now())
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.create_function("casefold", 1, lambda value: value and value.casefold(), deterministic=True)
        for pragma in ("synchronous = OFF", "cache_size = -1000000"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        for number in range(tenants):
            its = tenant(number)
            connection.execute(_TENANT, (its, f"Growth {number}", made))
            connection.execute(_KEY, (digest(key(number)), its, made))
            connection.execute(_WAREHOUSE, (its, made, made))
            for statement in (_PRODUCTS, _INVENTORY, _LEVELS):
                connection.execute(
                    statement, {"tenant": its, "count": products} if ":count" in statement else {"tenant": its}
                )
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def last_cursor(path: Path, number: int, products: int, limit: int) -> str:
    """The cursor of the last page of a tenant's products, in the order that a list has unless it is told otherwise; as the
    mock would issue it after all the pages before."""
    with sqlite3.connect(path) as connection:
        (secret,) = connection.execute("SELECT value FROM facts WHERE name = 'cursor_secret'").fetchone()
        row = connection.execute(
            "SELECT created_at, id FROM products WHERE tenant_id = ? ORDER BY created_at, id LIMIT 1 OFFSET ?",
            (tenant(number), limit),
        ).fetchone()
    connection.close()
    issuer = {"operation": "listProducts", "tenant": tenant(number), "filters": {}, "sort": "created_at", "order": "desc"}
    return Cursors(secret).issue(issuer, Position(products // limit - 1, *row))
