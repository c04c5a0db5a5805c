"""A small world of the machine's own: two tenants with a few products each, so that random requests meet each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from nexuscommerce.files import packaged

Row = dict[str, Any]
DAY = "2026-03-{:02}T09:00:00.000Z"


def made_id(prefix: str, number: int) -> str:
    return f"{prefix}_01HXK9MZPQ3B8C7D2E5F{number:06}"


def write(path: Path) -> list[Row]:
    """Write the world into a file; its tenants."""
    auth = orjson.loads(packaged("fixtures/world.json").read_bytes())["auth"]
    tenants = [tenant(0), tenant(1)]
    path.write_bytes(orjson.dumps({"format": 2, "auth": auth, "tenants": tenants}))
    return tenants


def tenant(number: int) -> Row:
    """The second tenant has the first one's SKUs, but nothing else in common with it."""
    base = 1000 * number
    rows = [
        _product(base + 1, "S-1", "Saw", 20, 8, "Tools", {"amazon_us": 19.5, "shopify": 21}),
        _product(base + 2, "S-2", "Screws", 10, None, "Tools", {"shopify": 10}),
        _product(base + 3, "S-3", "Safe", 99.99, 60, None, {}),
        _product(base + 4, "S-4", "Spinning top", 5.55, 5, "Toys", {"amazon_us": 6}),
        _product(base + 5, "FAIL-1", "Fickle toy", 15, 7, "Toys", {"amazon_us": 15}),
    ]
    return {
        "id": f"{number + 1}1111111-1111-4111-8111-111111111111",
        "name": f"Machine {number}",
        "plan": "enterprise",
        "currency": ("USD", "EUR")[number],
        "keys": [_key(number)],
        "users": [],
        "products": rows,
        "orders": _orders(base),
        "warehouses": _warehouses(base),
        "inventory": _inventory(base),
        "rules": [
            _rule(base + 1, "floor", 6, "fixed", "all", None, 5),
            _rule(base + 2, "ceiling", 150, "percentage", "category", "Tools", 3),
            _rule(base + 3, "margin_target", 40, "percentage", "category", "Toys", 2),
        ],
        "recommendations": [_recommendation(base + 1, "pending"), _recommendation(base + 2, "dismissed")],
        "jobs": [_job(base + 1, "completed"), _job(base + 2, "queued"), _job(base + 3, "running")],
        "endpoints": [],
    }


def _key(number: int) -> Row:
    return {
        "name": "full",
        "key": f"nxc_live_machine_full_{number:04}",
        "scopes": ["*"],
        "expires_at": None,
        "revoked_at": None,
        "allowlist": [],
        "rate_limit": None,
        "created_at": DAY.format(1),
    }


def _product(number: int, sku: str, title: str, price: float, cost: float | None, category: str | None, there: Row) -> Row:
    return {
        "id": made_id("prod", number),
        "sku": sku,
        "title": title,
        "description": None,
        "status": "active",
        "price": price,
        "currency": "USD",
        "gtin": None,
        "category": category,
        "cost_price": cost,
        "weight_kg": None,
        "images": [],
        "created_at": DAY.format(1),
        "updated_at": DAY.format(1),
        "listings": [
            {
                "marketplace": marketplace,
                "external_id": f"X{number}",
                "price": listed,
                "quantity": 5,
                "status": "active",
                "last_synced_at": DAY.format(2),
            }
            for marketplace, listed in there.items()
        ],
    }


def _warehouses(base: int) -> list[Row]:
    """The third party's come both before and after the merchant's own by their ids: an order takes from own ones first."""
    kinds = ("3PL", "own", "FBA", "own", "3PL", "FBS")
    return [
        {
            "id": made_id("wh", base + number),
            "name": f"{kind} {number}",
            "type": kind,
            "address": None,
            "created_at": DAY.format(1),
            "updated_at": DAY.format(1),
        }
        for number, kind in enumerate(kinds, 1)
    ]


def _inventory(base: int) -> list[Row]:
    held: dict[str, tuple[int, dict[int, int]]] = {
        "S-1": (5, {1: 10, 2: 20, 3: 15, 5: 5}),
        "S-2": (0, {4: 12, 6: 9}),
        "S-3": (3, {2: 4, 4: 4}),
        "S-4": (10, {}),
        "FAIL-1": (1, {2: 20}),
    }
    return [
        {
            "sku": sku,
            "safety_stock": safety,
            "levels": [{"warehouse_id": made_id("wh", base + n), "on_hand": units} for n, units in levels.items()],
        }
        for sku, (safety, levels) in held.items()
    ]


def _orders(base: int) -> list[Row]:
    return [
        _order(base + 1, "pending", "FBM", [("S-1", 22, 0), ("S-2", 2, 0)]),
        _order(base + 2, "confirmed", "FBA", [("S-1", 4, 0)]),
        _order(base + 3, "processing", "FBM", [("S-2", 4, 1), ("GONE-1", 1, 0)]),
        _order(base + 4, "shipped", "FBM", [("S-3", 2, 2)]),
        _order(base + 5, "cancelled", "FBS", [("S-2", 3, 0)]),
    ]


def _order(number: int, status: str, method: str, wanted: list[tuple[str, int, int]]) -> Row:
    lines = [
        {
            "external_line_item_id": f"item_{index}",
            "sku": sku,
            "title": sku,
            "quantity": quantity,
            "shipped_quantity": shipped,
            "unit_price": 2.5,
            "line_total": 2.5 * quantity,
        }
        for index, (sku, quantity, shipped) in enumerate(wanted, 1)
    ]
    return {
        "id": made_id("ord", number),
        "external_order_id": f"X-{number}",
        "marketplace": "shopify",
        "status": status,
        "fulfillment_method": method,
        "total_amount": sum(2.5 * quantity for _, quantity, _ in wanted) + 1,
        "shipping_amount": 1,
        "currency": "USD",
        "has_returns": False,
        "created_at": DAY.format(2 + number % 1000),
        "updated_at": DAY.format(2 + number % 1000),
        "line_items": lines,
        "shipping_address": {
            "name": "Jane Doe",
            "line1": "1 Market Street",
            "line2": None,
            "city": "San Francisco",
            "region": None,
            "postal_code": "94105",
            "country": "US",
        },
        "sync_history": [],
    }


def _rule(number: int, kind: str, value: float, value_type: str, scope: str, category: str | None, priority: int) -> Row:
    return {
        "id": made_id("rule", number),
        "name": f"{kind} {number}",
        "type": kind,
        "value": value,
        "value_type": value_type,
        "applies_to": scope,
        "category": category,
        "skus": None,
        "marketplace": "all",
        "priority": priority,
        "is_active": True,
        "created_at": DAY.format(1),
        "updated_at": DAY.format(1),
    }


def _recommendation(number: int, status: str) -> Row:
    return {
        "id": made_id("rec", number),
        "sku": "S-1",
        "marketplace": "amazon_us",
        "current_price": 19.5,
        "recommended_price": 18.75,
        "confidence": 0.8,
        "buy_box_probability": 0.9,
        "estimated_margin": 0.5733,
        "reasoning": "So it is.",
        "status": status,
        "job_id": made_id("job", number - number % 1000 + 1),
        "created_at": DAY.format(3),
    }


def _job(number: int, status: str) -> Row:
    """One that has ended, and two that stand still: jobs of the fixtures never wake."""
    ended = status == "completed"
    return {
        "id": made_id("job", number),
        "type": "pricing_recalculate",
        "status": status,
        "priority": "high",
        "params": {"skus": ["S-1"], "marketplace": "amazon_us", "apply": False},
        "created_at": DAY.format(3),
        "estimated_completion_at": DAY.format(3),
        "started_at": None if status == "queued" else DAY.format(3),
        "completed_at": DAY.format(3) if ended else None,
        "result": {"recommendation_ids": [made_id("rec", number)], "applied_count": 0} if ended else None,
        "error": None,
    }
