"""Orders arrive from marketplaces: the API creates none. Each reserves its stock and is told of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from mockserver import movements
from mockserver.domain import instants
from mockserver.domain.pricing import HIGHEST, cents
from mockserver.domain.stock import ShortOfStock
from mockserver.ids import new_id
from mockserver.store.shop import Row, Shop

SHIPPING = 4.9
LINES = 200  # as many as LineItems of openapi.yaml may hold; a test holds them equal
ADDRESS: Mapping[str, str | None] = {
    "name": "Jane Doe",
    "line1": "1 Market Street",
    "line2": None,
    "city": "San Francisco",
    "region": "CA",
    "postal_code": "94105",
    "country": "US",
}


class Wanted(NamedTuple):
    """What a buyer wants of one product."""

    sku: str
    quantity: int


class Unsellable(Exception):
    """The marketplace has no such offer; the message says why."""


def arrive(shop: Shop, now: datetime, wanted: Sequence[Wanted], marketplace: str, method: str) -> Row:
    """A new pending order, at the prices of the marketplace. Raises Unsellable, and then nothing has happened.

    The transaction is the caller's; what an order reserves is rolled back with it.
    """
    products = shop.some("products", ("id", "sku", "title", "price", "currency"), "sku", {line.sku for line in wanted})
    missing = [line.sku for line in wanted if line.sku not in products]
    if missing:
        raise Unsellable(f"there is no product {', '.join(missing)}")
    listed = shop.prices.listed([product["id"] for product in products.values()], marketplace)
    if len(wanted) > LINES:
        raise Unsellable(f"an order has at most {LINES} lines")
    at, order_id = instants.text(now), new_id("ord", now)
    lines = [_line(number, line, products[line.sku], listed) for number, line in enumerate(wanted, 1)]
    total = sum(cents(line["line_total"]) for line in lines) + cents(SHIPPING)
    if total > HIGHEST:
        raise Unsellable(f"an order costs at most {HIGHEST / 100:.2f}")
    order = {
        "id": order_id,
        "external_order_id": f"{marketplace}-{order_id[-10:]}",
        "marketplace": marketplace,
        "status": "pending",
        "fulfillment_method": method,
        "total_amount": total / 100,
        "shipping_amount": SHIPPING,
        "currency": products[wanted[0].sku]["currency"],
        "has_returns": False,
        "created_at": at,
        "updated_at": at,
        "line_items": lines,
        "shipping_address": ADDRESS,
        "sync_history": [_imported(marketplace, at)],
    }
    shop.insert("orders", order)
    shop.emit("order.created", at, [order_id])
    try:
        movements.reserve(shop, at, order)
    except ShortOfStock as why:
        raise Unsellable(str(why)) from why
    return order


def _line(number: int, line: Wanted, product: Row, listed: Mapping[str, float]) -> dict[str, Any]:
    price = listed[product["id"]] if product["id"] in listed else product["price"]
    return {
        "external_line_item_id": f"item_{number}",
        "sku": line.sku,
        "title": product["title"],
        "quantity": line.quantity,
        "shipped_quantity": 0,
        "unit_price": price,
        "line_total": cents(price) * line.quantity / 100,
    }


def _imported(marketplace: str, at: str) -> dict[str, str]:
    return {
        "event": "order_imported",
        "status": "success",
        "message": f"Imported from {marketplace}",
        "created_at": at,
    }
