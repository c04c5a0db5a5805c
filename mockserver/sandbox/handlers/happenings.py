"""What happens to a seller: orders arrive and move on; and any event, made to happen by a real change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from ulid import ULID

from mockserver import envelope, happenings
from mockserver.arrivals import Unsellable, Wanted, arrive
from mockserver.domain import instants
from mockserver.domain.errors import ApiError, fault, invalid
from mockserver.domain.jobs import FAILING
from mockserver.envelope import Answer
from mockserver.handlers import products
from mockserver.movements import set_levels
from mockserver.sandbox.parts import Ask, Sandbox
from mockserver.store.shop import Row, Shop
from mockserver.workers import catch_up, dispatch, finish

_QUANTITY, _MARKETPLACE = 2, "amazon_us"
_STATES = {"pending": "pay", "confirmed": "ship", "processing": "ship", "shipped": "deliver"}


class Place(NamedTuple):
    """Where and when something is made to happen."""

    shop: Shop
    contract: Any
    now: datetime

    @property
    def at(self) -> str:
        return instants.text(self.now)


def create_order(sandbox: Sandbox, ask: Ask) -> Answer:
    now = _caught_up(sandbox, ask.id)
    with sandbox.database.shop(ask.id, writes=True) as shop:
        lines = [Wanted(line["sku"], line.get("quantity", 1)) for line in ask.body.get("lines", ())]
        order = _arrived(shop, now, lines, ask.body["marketplace"], ask.body["fulfillment_method"])
    return envelope.one(order)


def move_order(sandbox: Sandbox, ask: Ask) -> Answer:
    now = _caught_up(sandbox, ask.id)
    with sandbox.database.shop(ask.id, writes=True) as shop:
        order = _order(sandbox.contract, shop, ask.path["orderId"])
        try:
            return envelope.one(happenings.move(shop, now, order, ask.path["step"]))
        except happenings.Impossible as why:
            raise ApiError("NOT_POSSIBLE", why=why) from None


def trigger_event(sandbox: Sandbox, ask: Ask) -> Answer:
    type_ = ask.body["type"]
    if type_ not in sandbox.contract.events:
        raise invalid([fault("body", "/type", f"there is no such event; there are {', '.join(sandbox.contract.events)}")])
    now = _caught_up(sandbox, ask.id)
    with sandbox.database.shop(ask.id, writes=True) as shop:
        _TRIGGERS[type_](Place(shop, sandbox.contract, now), ask.body.get("resource"))
        told = shop.last_event(type_)
    event = orjson.loads(told.body)
    happened = {"type": type_, "resource": told.resource, "event_id": event["id"], "data": event["data"]}
    return envelope.one(happened)


def _caught_up(sandbox: Sandbox, world_id: str) -> datetime:
    now = sandbox.clocks.now(world_id)
    catch_up(sandbox.database, world_id, now)
    return now


def _arrived(shop: Shop, now: datetime, lines: list[Wanted], marketplace: str, method: str) -> Row:
    try:
        return arrive(shop, now, lines or [Wanted(_sellable(shop), _QUANTITY)], marketplace, method)
    except Unsellable as why:
        raise ApiError("NOT_POSSIBLE", why=f"No marketplace sells that: {why}") from why


def _sellable(shop: Shop) -> str:
    """A product of which a merchant can ship some."""
    rows = (orjson.loads(row) for row in shop.all("inventory", ("sku", "warehouses")))
    for row in rows:
        free = sum(level["on_hand"] - level["reserved"] for level in row["warehouses"] if level["type"] in ("own", "3PL"))
        if free >= _QUANTITY:
            return str(row["sku"])
    raise ApiError("NOT_POSSIBLE", why="Nothing is in stock here; set some inventory first, or reset the world")


def _order(contract: Any, shop: Shop, order_id: str) -> Row:
    members = contract.operations["getOrder"].members
    order = shop.row("orders", members, "id", order_id)
    if order is None:
        raise ApiError("RESOURCE_NOT_FOUND", resource=f"Order with id {order_id}")
    return order


def _product(place: Place, sku: str | None) -> Row:
    by, value = ("sku", sku) if sku else ("id", place.shop.latest("products"))
    product = place.shop.row("products", ("id", "sku", "title", "price"), by, value) if value else None
    if product is None:
        raise ApiError("NOT_POSSIBLE", why=f"There is no product {sku or 'here'}")
    return product


def _product_created(place: Place, sku: str | None) -> None:
    sku = sku or f"TRIGGERED-{str(ULID())[-8:]}"
    if place.shop.one("products", ("id",), "sku", sku):
        raise ApiError("NOT_POSSIBLE", why=f"There is a product {sku} already")
    members = place.contract.operations["createProduct"].members
    products.created(place.shop, place.now, members, {"sku": sku, "title": f"Triggered {sku}", "price": 9.99})


def _product_updated(place: Place, sku: str | None) -> None:
    product = _product(place, sku)
    place.shop.update("products", product["id"], {"updated_at": place.at})
    place.shop.emit("product.updated", place.at, [product["id"]])


def _product_deleted(place: Place, sku: str | None) -> None:
    product = _product(place, sku)
    products.end(place.shop, place.at, product["id"], product["sku"])


def _order_created(place: Place, sku: str | None) -> None:
    lines = [Wanted(sku, 1)] if sku else []
    _arrived(place.shop, place.now, lines, _MARKETPLACE, "FBM")


def _order_moved(place: Place, order_id: str | None) -> None:
    """The one that is named, a step further; where none is, a new one is paid."""
    if order_id:
        order = _order(place.contract, place.shop, order_id)
    else:
        order = _arrived(place.shop, place.now, [], _MARKETPLACE, "FBM")
    step = _STATES.get(order["status"])
    if step is None:
        raise ApiError("NOT_POSSIBLE", why=f"A {order['status']} order moves no further")
    happenings.move(place.shop, place.now, order, step)


def _stock_changed(place: Place, sku: str | None) -> None:
    product = _product(place, sku)
    own = next((id_ for id_, (_, type_) in place.shop.stocks.warehouses().items() if type_ == "own"), None)
    if own is None:
        raise ApiError("NOT_POSSIBLE", why="This world has no warehouse of its own")
    stock = place.shop.stocks.of("sku", [product["sku"]])[product["sku"]]
    level = stock.levels.get(own)
    update = {"sku": product["sku"], "warehouse_id": own, "quantity": (level.on_hand if level else 0) + 1}
    set_levels(place.shop, place.at, [update])


def _job_ended(skus: Callable[[Place, str | None], list[str]]) -> Callable[[Place, str | None], None]:
    def ended(place: Place, sku: str | None) -> None:
        params = {"skus": skus(place, sku), "marketplace": _MARKETPLACE}
        job = dispatch(place.shop, place.now, "competitor_scan", params, "high")
        finish(place.shop, job["id"], place.at)

    return ended


_TRIGGERS: Mapping[str, Callable[[Place, str | None], None]] = {
    "product.created": _product_created,
    "product.updated": _product_updated,
    "product.deleted": _product_deleted,
    "order.created": _order_created,
    "order.status_changed": _order_moved,
    "inventory.updated": _stock_changed,
    "ai_job.completed": _job_ended(lambda place, sku: [_product(place, sku)["sku"]]),
    "ai_job.failed": _job_ended(lambda _, sku: [f"{FAILING}{sku or 'TRIGGERED'}"[:64]]),
}
