"""Orders, and how they move on."""

from __future__ import annotations

from collections import Counter

from tests.second import instants
from tests.second.calls import Call
from tests.second.lists import narrowed
from tests.second.refusals import Answer, Fault, Refusal, invalid
from tests.second.store import Row


def list_orders(call: Call) -> Answer:
    """A page of them."""
    rows = call.tenant.orders.values()
    return Answer(200, call.lists.page(call.operation, call.tenant.id, call.values, rows, call.document.members("Order")))


def get_order(call: Call) -> Answer:
    """One of them in full."""
    return Answer(200, {"data": narrowed(_found(call), call.values.get("fields") or call.document.members("OrderDetail"))})


def update_order(call: Call) -> Answer:
    """A step that has no operation of its own."""
    order = _found(call)
    _may_become(call, order, call.body["status"])
    return _moved(call, order, call.body["status"], "status_changed")


def cancel_order(call: Call) -> Answer:
    """The end of an order that was not shipped yet."""
    order = _found(call)
    _may_become(call, order, "cancelled")
    return _moved(call, order, "cancelled", "order_cancelled")


def confirm_shipment(call: Call) -> Answer:
    """Some or all of what is left. An unknown line is a fault of the body; then come state, fulfilment and quantity."""
    order = _found(call)
    lines = {line["external_line_item_id"]: line for line in order["line_items"]}
    named = [line["external_line_item_id"] for line in call.body["line_items"]]
    unknown = [
        Fault("body", f"/line_items/{index}/external_line_item_id", "the order has no such line")
        for index, name in enumerate(named)
        if name not in lines
    ]
    if unknown:
        raise invalid(unknown)
    shipped: Counter[str] = Counter()
    for line in call.body["line_items"]:
        shipped[line["external_line_item_id"]] += int(line["quantity"])
    left = {name: line["quantity"] - line["shipped_quantity"] for name, line in lines.items()}
    status = "shipped" if all(shipped[name] >= count for name, count in left.items()) else "processing"
    _may_become(call, order, status)
    if order["fulfillment_method"] != "FBM":
        raise Refusal("FULFILLMENT_NOT_BY_MERCHANT", "Others ship this order")
    if any(count > left[name] for name, count in shipped.items()):
        raise Refusal("SHIPMENT_EXCEEDS_ORDER", "There is not as much left to ship")
    order["line_items"] = [
        line | {"shipped_quantity": line["shipped_quantity"] + shipped[line["external_line_item_id"]]}
        for line in order["line_items"]
    ]
    return _moved(call, order, status, "shipment_confirmed")


def _found(call: Call) -> Row:
    order = call.tenant.orders.get(call.path["orderId"])
    if order is None:
        raise Refusal("RESOURCE_NOT_FOUND", "No such order")
    return order


def _may_become(call: Call, order: Row, status: str) -> None:
    here = order["status"]
    rows = call.document.transitions
    allowed = [row["to"] for row in rows if row["from"] == here and row["by"] == call.operation.name]
    if status not in allowed:
        details = {"from": here, "to": status, "allowed": allowed}
        raise Refusal("INVALID_STATE_TRANSITION", f"From {here} there is no way to {status}", details)


def _moved(call: Call, order: Row, status: str, event: str) -> Answer:
    moment = instants.now(call.tick)
    step = {"event": event, "status": "success", "message": f"Now {status}", "created_at": moment}
    steps = [] if "short-history" in call.manners else [step]
    order |= {"status": status, "updated_at": moment, "sync_history": [*order["sync_history"], *steps]}
    return Answer(200, {"data": narrowed(order, call.document.members("Order"))})
