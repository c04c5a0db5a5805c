"""A world as a file: one tenant of fixtures/README.md, which holds all that the API shows of it, and no secret."""

from __future__ import annotations

from typing import Any

import orjson

from mockserver.sandbox.parts import Sandbox

# A part of the file -> the list whose rows it has, and the operation that shows one whole.
_PARTS = {
    "products": ("products", "getProduct"),
    "orders": ("orders", "getOrder"),
    "warehouses": ("warehouses", "listWarehouses"),
    "rules": ("rules", "getPricingRule"),
    "recommendations": ("recommendations", "listRecommendations"),
    "jobs": ("ai-jobs", "getJob"),
}
_INVENTORY = ("sku", "safety_stock", "warehouses")


def exported(sandbox: Sandbox, world_id: str) -> dict[str, Any]:
    """`{format, tenant}`, as importWorld takes it."""
    world = sandbox.worlds.get(world_id)
    operations = sandbox.contract.operations
    with sandbox.database.shop(world_id, writes=False) as shop:
        rows: dict[str, Any] = {
            part: shop.all(collection, operations[shown].members) for part, (collection, shown) in _PARTS.items()
        }
        stock = [orjson.loads(row) for row in shop.all("inventory", _INVENTORY)]
    inventory = [
        {
            "sku": row["sku"],
            "safety_stock": row["safety_stock"],
            "levels": [{"warehouse_id": level["warehouse_id"], "on_hand": level["on_hand"]} for level in row["warehouses"]],
        }
        for row in stock
    ]
    tenant: dict[str, Any] = {"id": world.id, "name": world.name, "plan": world.plan, "currency": world.currency}
    tenant |= {"keys": [], "users": [], "endpoints": [], "inventory": inventory}
    return {"format": 2, "tenant": tenant | {part: [orjson.Fragment(row) for row in found] for part, found in rows.items()}}
