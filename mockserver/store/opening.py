"""The stock that a tenant of the fixtures opens with: on hand as stated, reserved as its open orders make it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.domain.stock import Level, Reservation, Stock, reservations

OPEN = ("pending", "confirmed", "processing")


def opening(tenant: Mapping[str, Any]) -> tuple[dict[str, Stock], list[Reservation]]:
    """The records by SKU, and what open orders have reserved of them, the oldest first. Raises ShortOfStock."""
    named = {row["id"]: (row["name"], row["type"]) for row in tenant["warehouses"]}
    ids = {product["sku"]: product["id"] for product in tenant["products"]}
    stocks = {row["sku"]: _stock(row, ids[row["sku"]], named) for row in tenant["inventory"]}
    orders = sorted(
        (o for o in tenant["orders"] if o["status"] in OPEN), key=lambda order: (order["created_at"], order["id"])
    )
    return stocks, [row for order in orders for row in reservations(order, stocks)]


def _stock(row: Mapping[str, Any], product_id: str, named: Mapping[str, tuple[str, str]]) -> Stock:
    levels = [Level(level["warehouse_id"], *named[level["warehouse_id"]], level["on_hand"]) for level in row["levels"]]
    return Stock(product_id, row["sku"], row["safety_stock"], {level.warehouse_id: level for level in levels})
