"""What happens to a seller without a request of his: marketplaces move orders on, synchronisation fails.

The transaction is the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from mockserver import movements
from mockserver.domain import instants
from mockserver.domain.orders import with_event
from mockserver.store.shop import Row, Shop

_HISTORY = "sync_history"


class Impossible(Exception):
    """The world's state does not allow it; the message says why, and what would."""


class Move(NamedTuple):
    """A step of an order at its marketplace: from which states, what changes, and what its history says."""

    sources: tuple[str, ...]
    changes: Callable[[Row], Mapping[str, Any]]
    event: str
    outcome: str
    message: str


def _shipped(order: Row) -> Mapping[str, Any]:
    lines = [{**line, "shipped_quantity": line["quantity"]} for line in order["line_items"]]
    return {"status": "shipped", "line_items": lines}


_ANY = ("pending", "confirmed", "processing", "shipped", "delivered", "completed", "cancelled")
MOVES: Mapping[str, Move] = {
    "pay": Move(("pending",), lambda _: {"status": "confirmed"}, "status_changed", "success", "Paid at {marketplace}"),
    "ship": Move(
        ("confirmed", "processing"), _shipped, "shipment_confirmed", "success", "{marketplace} has shipped all of it"
    ),
    "deliver": Move(("shipped",), lambda _: {"status": "delivered"}, "status_changed", "success", "Delivered"),
    "return": Move(
        ("shipped", "delivered", "completed"),
        lambda _: {"has_returns": True},
        "status_changed",
        "success",
        "The buyer sends something back",
    ),
    "fail-sync": Move(_ANY, lambda _: {}, "status_changed", "failed", "{marketplace} did not answer; it is tried again"),
}


def move(shop: Shop, now: datetime, order: Row, step: str) -> Row:
    """Have the step happen to the order, which is given whole. The order after it. Raises Impossible."""
    its, at = MOVES[step], instants.text(now)
    if order["status"] not in its.sources:
        raise Impossible(f"A {order['status']} order cannot {step}; it takes one that is {' or '.join(its.sources)}")
    changes = {**its.changes(order)}
    if changes.get("status") == "shipped":
        left = {line["external_line_item_id"]: line["quantity"] - line["shipped_quantity"] for line in order["line_items"]}
        movements.ship(shop, at, order["id"], {line: units for line, units in left.items() if units})
    message = its.message.format(marketplace=order["marketplace"])
    changes |= {_HISTORY: with_event(order, its.event, message, at, its.outcome), "updated_at": at}
    shop.update("orders", order["id"], changes)
    if "status" in changes:
        shop.emit("order.status_changed", at, [order["id"]])
    return order | changes
