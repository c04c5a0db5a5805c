"""Orders: read, moved on, shipped, cancelled. They arrive from marketplaces; the API creates none."""

from __future__ import annotations

from typing import Any, NoReturn

from mockserver import envelope, movements
from mockserver.call import Call
from mockserver.domain.errors import ApiError
from mockserver.domain.orders import require_transition, ship, with_event
from mockserver.envelope import Answer
from mockserver.store.shop import Row, Shop


def get_order(shop: Shop, call: Call) -> Answer:
    return envelope.one(shop.one("orders", call.members, "id", call.path["orderId"]) or _missing(call))


def update_order(shop: Shop, call: Call) -> Answer:
    order = _order(shop, call)
    status = call.body["status"]
    require_transition(call.operation.transitions, order, status)
    return _changed(shop, call, order, {"status": status}, "status_changed", f"Status set to {status}")


def confirm_shipment(shop: Shop, call: Call) -> Answer:
    order = _order(shop, call)
    changes = ship(call.operation.transitions, order, call.body)
    carrier, number = call.body["carrier"], call.body["tracking_number"]
    message = f"Shipment by {carrier}, {number}, sent to {order['marketplace']}"
    before = {line["external_line_item_id"]: line["shipped_quantity"] for line in order["line_items"]}
    after = {line["external_line_item_id"]: line["shipped_quantity"] for line in changes["line_items"]}
    movements.ship(shop, call.at, order["id"], {line: after[line] - before[line] for line in after})
    return _changed(shop, call, order, changes, "shipment_confirmed", message)


def cancel_order(shop: Shop, call: Call) -> Answer:
    order = _order(shop, call)
    require_transition(call.operation.transitions, order, "cancelled")
    movements.release(shop, call.at, order["id"])
    message = f"Cancellation sent to {order['marketplace']}"
    return _changed(shop, call, order, {"status": "cancelled"}, "order_cancelled", message)


def _order(shop: Shop, call: Call) -> Row:
    """The order whole, with its history, which every change lengthens."""
    return shop.row("orders", (*call.members, "sync_history"), "id", call.path["orderId"]) or _missing(call)


def _missing(call: Call) -> NoReturn:
    raise ApiError("RESOURCE_NOT_FOUND", resource=f"Order with id {call.path['orderId']}")


def _changed(shop: Shop, call: Call, order: Row, changes: dict[str, Any], event: str, message: str) -> Answer:
    changes |= {"updated_at": call.at, "sync_history": with_event(order, event, message, call.at)}
    shop.update("orders", order["id"], changes)
    if changes["status"] != order["status"]:
        shop.emit("order.status_changed", call.at, [order["id"]])
    after = order | changes
    return envelope.one({member: after[member] for member in call.members})
