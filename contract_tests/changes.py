"""What the API can change, once each, and the events that must tell of it. order.created it cannot cause."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from contract_tests.absence import Why, not_run
from contract_tests.client import Actor
from contract_tests.document import CONTRACT, by_id, has
from contract_tests.endpoint import Endpoint
from contract_tests.population import Population, read, sample
from contract_tests.receiver import Delivery
from contract_tests.seen import Row
from contract_tests.stock import MERCHANTS, listed, record, set_level, update, warehouses
from nexuscommerce.contract import Operation

MERCHANT, *MARKETPLACES = CONTRACT.schemas.named("FulfillmentMethod")["enum"]
# What may have changed between the event and a look at the resource, or the other way round, without a fault: an order is
# synchronised by itself, and nothing tells when a product that is gone was last updated.
VOLATILE = {"order.status_changed": ("updated_at", "sync_history"), "product.deleted": ("updated_at",)}


class Expected(NamedTuple):
    """An event that must come: `whose` are members of its data that say of which resource and state it is, `data` is all of
    that resource as its GET answered next to the change; `at` is when that was, on the monotonic clock."""

    type: str
    whose: Row
    data: Row
    at: float

    def is_told_by(self, delivery: Delivery) -> bool:
        return delivery.type == self.type and all(delivery.data.get(name) == value for name, value in self.whose.items())

    def found(self, endpoint: Endpoint) -> list[Delivery]:
        """What tells of it; waits for it, within the target's patience. Empty: it did not come."""
        return endpoint.awaited(lambda: [each for each in endpoint.deliveries() if self.is_told_by(each)], self.at) or []

    def different(self, delivery: Delivery) -> Iterator[str]:
        """How the data of a delivery are other than the resource, by member."""
        for name in sorted({*self.data, *delivery.data} - set(VOLATILE.get(self.type, ()))):
            told, expected = (source.get(name, "absent") for source in (delivery.data, self.data))
            if told != expected:
                yield f"data.{name} is {str(told)[:200]!r}, expected {str(expected)[:200]!r}"

    def __str__(self) -> str:
        return f"{self.type} of {next(iter(self.whose.values()))}"


class Change(NamedTuple):
    """Something that the API can change: by which operation, and how to do it."""

    operation: Operation
    events: tuple[str, ...]
    make: Callable[[Population], list[Expected]]

    def __str__(self) -> str:
        return self.operation.id


def _told(type_: str, data: Row, *whose: str) -> Expected:
    return Expected(type_, {name: data[name] for name in whose}, data, time.monotonic())


def _created(population: Population) -> list[Expected]:
    product = population.product(title="To be told of", description="in words")
    return [_told("product.created", read(population.full, product), "id")]


def _updated(population: Population) -> list[Expected]:
    product = population.product(title="To be told of", description="before")
    change = {"title": "Told of", "description": None, "price": 13.75, "status": "active"}
    population.full.call("updateProduct", {"sku": product["sku"]}, body=change).ok()
    return [_told("product.updated", read(population.full, product), "id")]


def _deleted(population: Population) -> list[Expected]:
    """Its data are the product as it last was."""
    before = read(population.full, population.product(title="To be told of"))
    population.full.call("deleteProduct", {"sku": before["sku"]}).ok()
    return [_told("product.deleted", before, "id")]


def _confirmed(population: Population) -> list[Expected]:
    order = _order(population.full, "pending", *MARKETPLACES, MERCHANT)
    population.full.call("updateOrder", {"orderId": order["id"]}, body={"status": "confirmed"}).ok()
    return [_moved(population.full, order)]


def _shipped(population: Population) -> list[Expected]:
    """All of an order at once, so that its status changes."""
    order = _order(population.full, "confirmed", MERCHANT)
    items = [
        {"external_line_item_id": item["external_line_item_id"], "quantity": item["quantity"] - item["shipped_quantity"]}
        for item in order["line_items"]
    ]
    before = _stocks(population.full, order)
    body = {**sample(by_id("confirmShipment")), "line_items": [item for item in items if item["quantity"]]}
    population.full.call("confirmShipment", {"orderId": order["id"]}, body=body).ok()
    return [_moved(population.full, order), *_turned(population.full, order, before)]


def _cancelled(population: Population) -> list[Expected]:
    order = _order(population.full, "confirmed", *MARKETPLACES, MERCHANT)
    before = _stocks(population.full, order)
    population.full.call("cancelOrder", {"orderId": order["id"]}).ok()
    return [_moved(population.full, order), *_turned(population.full, order, before)]


def _level(population: Population) -> list[Expected]:
    sku = str(population.product(title="To be told of")["sku"])
    set_level(population.full, sku, warehouses(population.full, *MERCHANTS)[0], 7).ok()
    return [_told("inventory.updated", record(population.full, sku), "sku")]


def _levels(population: Population) -> list[Expected]:
    """Of several products, in one request."""
    skus = [str(population.product(title="To be told of")["sku"]) for _ in range(3)]
    place = warehouses(population.full, *MERCHANTS)[0]
    updates = [{**update(place, 5), "sku": sku} for sku in skus]
    population.full.call("bulkSetInventory", body={"updates": updates}).ok()
    return [_told("inventory.updated", record(population.full, sku), "sku") for sku in skus]


def _order(actor: Actor, state: str, *methods: str) -> Row:
    """An order of this state, whole, of the first of these ways of fulfilment that there is one of."""
    for method in methods:
        rows = actor.call("listOrders", query={"status": state, "fulfillment_method": method, "limit": 1}).ok().rows
        if rows:
            order: Row = actor.call("getOrder", {"orderId": rows[0]["id"]}).ok().data
            return order
    return not_run(Why.TOO_LITTLE, f"tenant `main` has no order of status {state} by {' or '.join(methods)}")


def _moved(actor: Actor, order: Row) -> Expected:
    return _told("order.status_changed", actor.call("getOrder", {"orderId": order["id"]}).ok().data, "id", "status")


def _stocks(actor: Actor, order: Row) -> Mapping[str, Row]:
    """The inventory records of an order's SKUs, of those that still are in the catalogue."""
    skus = dict.fromkeys(item["sku"] for item in order["line_items"]) if has("listInventory") else ()
    return {sku: row for sku in skus for row in listed(actor, sku)}


def _turned(actor: Actor, order: Row, before: Mapping[str, Row]) -> Iterator[Expected]:
    """What must be told of the stocks that have changed."""
    for sku, row in _stocks(actor, order).items():
        if row != before.get(sku):
            yield _told("inventory.updated", row, "sku", "total_on_hand", "total_reserved")


_MADE: tuple[tuple[str, tuple[str, ...], Callable[[Population], list[Expected]]], ...] = (
    ("createProduct", ("product.created",), _created),
    ("updateProduct", ("product.updated",), _updated),
    ("deleteProduct", ("product.deleted",), _deleted),
    ("updateOrder", ("order.status_changed",), _confirmed),
    ("confirmShipment", ("order.status_changed", "inventory.updated"), _shipped),
    ("cancelOrder", ("order.status_changed", "inventory.updated"), _cancelled),
    ("setInventory", ("inventory.updated",), _level),
    ("bulkSetInventory", ("inventory.updated",), _levels),
)
CHANGES: Mapping[str, Change] = {name: Change(by_id(name), events, make) for name, events, make in _MADE}


def telling(event: str) -> list[Any]:
    """The changes that events whose names begin so tell of."""
    return [change for change in CHANGES.values() if any(each.startswith(event) for each in change.events)]
