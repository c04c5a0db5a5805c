"""How an order moves: which lines a shipment fills, and what each step leaves behind. Orders are plain dictionaries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.domain.errors import ApiError, fault, invalid, transition

Order = Mapping[str, Any]
Transitions = Mapping[str, Sequence[str]]


def require_transition(transitions: Transitions, order: Order, to: str) -> None:
    """Refuse a move that the document's `x-transitions` do not give to this operation."""
    allowed = transitions.get(order["status"], ())
    if to not in allowed:
        raise transition("order", order["status"], to, allowed)


def ship(transitions: Transitions, order: Order, shipment: Mapping[str, Any]) -> dict[str, Any]:
    """The members of the order that the shipment changes: `status` and `line_items`.

    Refused, in this order: an unknown line (400), an order whose state cannot be shipped, one that the marketplace
    fulfils, more of a line than is left (409). A line named twice ships the sum.
    """
    lines = {line["external_line_item_id"]: line for line in order["line_items"]}
    unknown = [
        fault("body", f"/line_items/{index}/external_line_item_id", "the order has no such line")
        for index, item in enumerate(shipment["line_items"])
        if item["external_line_item_id"] not in lines
    ]
    if unknown:
        raise invalid(unknown)
    if not transitions.get(order["status"]):
        require_transition(transitions, order, "shipped")
    if order["fulfillment_method"] != "FBM":
        raise ApiError("FULFILLMENT_NOT_BY_MERCHANT", method=order["fulfillment_method"])

    quantities: Counter[str] = Counter()
    for item in shipment["line_items"]:
        quantities[item["external_line_item_id"]] += item["quantity"]
    for name, quantity in quantities.items():
        left = lines[name]["quantity"] - lines[name]["shipped_quantity"]
        if quantity > left:
            raise ApiError("SHIPMENT_EXCEEDS_ORDER", line=name, left=left, quantity=quantity)

    after = [
        {**line, "shipped_quantity": line["shipped_quantity"] + quantities[line["external_line_item_id"]]}
        for line in order["line_items"]
    ]
    status = "shipped" if all(line["shipped_quantity"] == line["quantity"] for line in after) else "processing"
    require_transition(transitions, order, status)
    return {"status": status, "line_items": after}


def with_event(order: Order, event: str, message: str, at: str, outcome: str = "success") -> list[dict[str, Any]]:
    """The order's `sync_history` with one more step; the schema keeps the last 1,000."""
    step = {"event": event, "status": outcome, "message": message[:500], "created_at": at}
    return [*order["sync_history"], step][-1000:]
