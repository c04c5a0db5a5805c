"""Orders: their states, shipments and sums."""

from __future__ import annotations

from typing import Any

from mockserver.domain import orders as domain
from mockserver.domain.errors import ApiError
from mockserver.handlers import orders
from mockserver.store.shop import Shop
from tests.faults.seams import Answer, fault, on_the_wire, replace


def _ship(change: Any) -> None:
    """Change what a shipment makes of an order."""
    ship = domain.ship
    replace(orders, "ship", lambda transitions, order, shipment: change(ship, transitions, order, shipment))


def _each_order(change: Any) -> None:
    def changed(answer: Answer) -> None:
        if answer.path.startswith("/api/orders") and answer.status == 200:
            body = answer.json
            for row in body["data"] if isinstance(body["data"], list) else [body["data"]]:
                change(row)
            answer.json = body

    on_the_wire(changed)


@fault
def total_without_shipping() -> None:
    def change(row: dict[str, Any]) -> None:
        if "total_amount" in row and "line_items" in row:
            row["total_amount"] = round(sum(line["line_total"] for line in row["line_items"]), 2)

    _each_order(change)


@fault
def line_total_of_one() -> None:
    def change(row: dict[str, Any]) -> None:
        for line in row.get("line_items", ()):
            line["line_total"] = line["unit_price"]

    _each_order(change)


@fault
def overshipped() -> None:
    def change(row: dict[str, Any]) -> None:
        for line in row.get("line_items", ()):
            line["shipped_quantity"] += line["quantity"]

    _each_order(change)


@fault
def move_refused() -> None:
    require = domain.require_transition

    def stricter(transitions: Any, order: Any, to: str) -> None:
        require(transitions, order, to)
        if to == "completed":
            require({}, order, to)

    replace(orders, "require_transition", stricter)


@fault
def move_not_stored() -> None:
    update = Shop.update

    def forgetful(self: Shop, collection: str, row_id: str, changes: dict[str, Any]) -> None:
        update(self, collection, row_id, {name: value for name, value in changes.items() if name != "status"})

    replace(Shop, "update", forgetful)


@fault
def any_move() -> None:
    replace(orders, "require_transition", lambda *_: None)


@fault
def shipped_cancelled() -> None:
    require = domain.require_transition

    def lenient(transitions: Any, order: Any, to: str) -> None:
        if (order["status"], to) != ("shipped", "cancelled"):
            require(transitions, order, to)

    replace(orders, "require_transition", lenient)


@fault
def refused_move_stored() -> None:
    def update_order(shop: Any, call: Any) -> Any:
        order = orders._order(shop, call)
        try:
            domain.require_transition(call.operation.transitions, order, call.body["status"])
        except ApiError:
            shop.update("orders", order["id"], {"status": call.body["status"]})
            shop._connection.exec_driver_sql("COMMIT")
            shop._connection.exec_driver_sql("BEGIN")
            raise
        return original(shop, call)

    from tests.faults.seams import handle

    original = orders.update_order
    handle("updateOrder", lambda _: update_order)


@fault
def allowed_not_told() -> None:
    def change(answer: Answer) -> None:
        if answer.status == 409 and answer.json["error"]["code"] == "INVALID_STATE_TRANSITION":
            answer.json = {"error": {**answer.json["error"], "details": {}}}

    on_the_wire(change)


@fault
def foreign_fulfilment() -> None:
    _ship(lambda ship, transitions, order, shipment: ship(transitions, {**order, "fulfillment_method": "FBM"}, shipment))


@fault
def too_much_shipped() -> None:
    def capped(ship: Any, transitions: Any, order: Any, shipment: Any) -> Any:
        left = {x["external_line_item_id"]: x["quantity"] - x["shipped_quantity"] for x in order["line_items"]}
        items = [
            {**item, "quantity": min(item["quantity"], left.get(item["external_line_item_id"], 1))}
            for item in shipment["line_items"]
        ]
        return ship(transitions, order, {**shipment, "line_items": items})

    _ship(capped)


@fault
def unknown_lines() -> None:
    def known_only(ship: Any, transitions: Any, order: Any, shipment: Any) -> Any:
        names = {line["external_line_item_id"] for line in order["line_items"]}
        items = [item for item in shipment["line_items"] if item["external_line_item_id"] in names]
        return ship(transitions, order, {**shipment, "line_items": items})

    _ship(known_only)


@fault
def shipped_at_once() -> None:
    _ship(lambda ship, transitions, order, shipment: {**ship(transitions, order, shipment), "status": "shipped"})


@fault
def uncounted_shipment() -> None:
    def uncounted(ship: Any, transitions: Any, order: Any, shipment: Any) -> Any:
        return {**ship(transitions, order, shipment), "line_items": order["line_items"]}

    _ship(uncounted)


@fault
def time_runs_backwards() -> None:
    def change(row: dict[str, Any]) -> None:
        if "updated_at" in row:
            row["updated_at"] = "2001-01-01T00:00:00.000Z"

    _each_order(change)
