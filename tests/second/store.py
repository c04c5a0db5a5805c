"""The world in dictionaries. Whoever holds `lock` may look and change."""

from __future__ import annotations

import json
import secrets
import threading
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
COUNTS = {"quantity", "shipped_quantity", "per_minute", "per_hour"}
Row = dict[str, Any]


@dataclass
class Tenant:
    """One tenant with what belongs to it."""

    id: str
    plan: str
    currency: str
    products: dict[str, Row]
    """By SKU, with their listings."""
    orders: dict[str, Row]
    """By id, with address and history."""


@dataclass(frozen=True)
class Key:
    """An API key of a tenant."""

    tenant: str
    row: Row


class Store:
    """All of fixtures/world.json that this server needs."""

    def __init__(self, path: Path) -> None:
        """Reads the file."""
        world = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal, object_hook=_numbers)
        self.lock = threading.Lock()
        self.issuer: str = world["auth"]["issuer"]
        self.signing_key: dict[str, str | list[str]] = world["auth"]["signing_key"]
        self.tenants: dict[str, Tenant] = {}
        self.keys: dict[str, Key] = {}
        self.users: dict[str, tuple[str, str]] = {}
        """The tenant and the role of every user."""
        for told in world["tenants"]:
            name = told["id"]
            products = {row["sku"]: row for row in told["products"]}
            orders = {row["id"]: row for row in told["orders"]}
            self.tenants[name] = Tenant(name, told["plan"], told["currency"], products, orders)
            self.keys.update({row["key"]: Key(name, row) for row in told["keys"]})
            self.users.update({row["id"]: (name, row["role"]) for row in told["users"]})


def _numbers(members: Row) -> Row:
    """Money and weights are decimals, however they were written; counts stay whole."""
    return {
        name: Decimal(value) if isinstance(value, int) and not isinstance(value, bool) and name not in COUNTS else value
        for name, value in members.items()
    }


def new_id(prefix: str) -> str:
    """The shortest that the contract allows, in no order of time."""
    return f"{prefix}_" + "".join(secrets.choice(CROCKFORD) for _ in range(22))
