"""What a tenant has, in plain dictionaries, and what each request should do to it.

Written from the contract alone: nothing of the mock is imported here. What the mock may choose freely (ids, the wording of
messages, an order's address) is taken from its answer, by the name `given`.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Row = dict[str, Any]
DETAIL = ("shipping_address", "sync_history")
OPEN = ("pending", "confirmed", "processing")
MOVES = {"pending": "confirmed", "confirmed": "processing", "shipped": "delivered", "delivered": "completed"}
SOURCES = {"FBM": ("own", "3PL"), "FBA": ("FBA",), "FBS": ("FBS",)}


class Expected(NamedTuple):
    """The answer that the contract promises. `data` and `details` of None promise nothing."""

    status: int
    code: str = ""
    data: Any = None
    details: Row | None = None


class Told(NamedTuple):
    """An event that must be told, with what its resource is at that moment."""

    type: str
    resource: str
    at: str
    data: Row


@dataclass
class Stock:
    """The inventory record of one product: warehouse id -> [on hand, reserved]."""

    safety: int
    levels: dict[str, list[int]]


@dataclass
class State:
    """One tenant. Products are the living ones by SKU, stock is by the product's id; `held` is what open orders have
    reserved: (order, line) -> the product's id and units by warehouse; `waking` are the jobs that the clock moves, and
    whether they are ready to run."""

    currency: str
    warehouses: dict[str, Row]
    products: dict[str, Row]
    stock: dict[str, Stock]
    orders: dict[str, Row]
    rules: dict[str, Row]
    recommendations: dict[str, Row]
    jobs: dict[str, Row]
    held: dict[tuple[str, str], tuple[str, dict[str, int]]] = field(default_factory=dict)
    waking: dict[str, bool] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)

    def tell(self, type_: str, name: str, at: str, data: Row) -> None:
        self.told.append(Told(type_, f"{type_.split('.')[0]} {name}", at, copy.deepcopy(data)))


def opened(world: Mapping[str, Any]) -> State:
    """A tenant of a world as it opens: the oldest open orders reserve first."""
    world = copy.deepcopy(dict(world))
    ids = {product["sku"]: product["id"] for product in world["products"]}
    stock = {
        ids[row["sku"]]: Stock(row["safety_stock"], {it["warehouse_id"]: [it["on_hand"], 0] for it in row["levels"]})
        for row in world["inventory"]
    }
    state = State(
        world["currency"],
        _by_id(world["warehouses"]),
        {product["sku"]: product for product in world["products"]},
        stock,
        _by_id(world["orders"]),
        _by_id(world["rules"]),
        _by_id(world["recommendations"]),
        _by_id(world["jobs"]),
    )
    for order in sorted(world["orders"], key=lambda order: order["created_at"]):
        if order["status"] in OPEN:
            left = [(line, line["quantity"] - line["shipped_quantity"]) for line in order["line_items"]]
            _reserve(state, order, [(line, units) for line, units in left if line["sku"] in ids])
    return state


def _by_id(rows: Iterable[Row]) -> dict[str, Row]:
    return {row["id"]: row for row in rows}


def missing() -> Expected:
    return Expected(404, "RESOURCE_NOT_FOUND")


def invalid() -> Expected:
    return Expected(400, "VALIDATION_ERROR")


def cents(amount: float) -> int:
    return round(amount * 100)


def without(row: Row, *members: str) -> Row:
    return {name: value for name, value in row.items() if name not in members}


# Products


def create_product(state: State, at: str, body: Row, given: Row) -> Expected:
    if body["sku"] in state.products:
        return Expected(409, "SKU_ALREADY_EXISTS")
    empty = dict.fromkeys(("description", "gtin", "category", "cost_price", "weight_kg"))
    product = {
        **empty,
        "status": "draft",
        "currency": state.currency,
        "images": [],
        **body,
        "id": given.get("id"),
        "created_at": at,
        "updated_at": at,
        "listings": [],
    }
    state.products[body["sku"]] = product
    state.stock[product["id"]] = Stock(0, {})
    state.tell("product.created", product["id"], at, product)
    return Expected(201, data=without(product, "listings"))


def update_product(state: State, at: str, sku: str, body: Row) -> Expected:
    product = state.products.get(sku)
    if product is None:
        return missing()
    product |= body | {"updated_at": at}
    listed = {listing["marketplace"] for listing in product["listings"]}
    for row in pending(state, sku):
        if row["marketplace"] not in listed and cents(row["current_price"]) != cents(product["price"]):
            row["status"] = "dismissed"
    state.tell("product.updated", product["id"], at, product)
    return Expected(200, data=without(product, "listings"))


def delete_product(state: State, at: str, sku: str) -> Expected:
    product = state.products.pop(sku, None)
    if product is None:
        return missing()
    del state.stock[product["id"]]
    state.held = {place: held for place, held in state.held.items() if held[0] != product["id"]}
    for row in pending(state, sku):
        row["status"] = "dismissed"
    state.tell("product.deleted", product["id"], at, product)
    return Expected(204)


def pending(state: State, sku: str) -> Iterator[Row]:
    """What is recommended for a SKU."""
    return (row for row in state.recommendations.values() if row["sku"] == sku and row["status"] == "pending")


# Inventory


def record(state: State, sku: str) -> Row:
    """The inventory record of a product, as its GET answers it."""
    product = state.products[sku]
    stock = state.stock[product["id"]]
    levels = []
    for warehouse_id, (on_hand, reserved) in sorted(stock.levels.items()):
        warehouse = state.warehouses[warehouse_id]
        buffer = stock.safety if warehouse["type"] == "own" else 0
        level = {"warehouse_id": warehouse_id, "name": warehouse["name"], "type": warehouse["type"]}
        levels.append(level | {"on_hand": on_hand, "reserved": reserved, "available": on_hand - reserved - buffer})
    totals = {f"total_{name}": sum(level[name] for level in levels) for name in ("on_hand", "reserved", "available")}
    status = _status(totals["total_available"], stock.safety)
    return {
        "sku": sku,
        "title": product["title"],
        **totals,
        "safety_stock": stock.safety,
        "status": status,
        "warehouses": levels,
    }


def _status(available: int, safety: int) -> str:
    for name, limit in (("out_of_stock", 0), ("critical", safety), ("low", 2 * safety)):
        if available <= limit:
            return name
    return "normal"


def set_inventory(state: State, at: str, sku: str, body: Row) -> Expected:
    before = copy.deepcopy(state.stock)
    refused = _set(state, sku, body)
    if refused:
        return refused
    _moved(state, at, _changed_since(state, before))
    return Expected(200, data=record(state, sku))


def bulk_set_inventory(state: State, at: str, updates: Sequence[Row]) -> Expected:
    """`data` is what the answer's results say: SKU, warehouse, the code of a failure, the record after all of them."""
    places = [(update["sku"], update["warehouse_id"]) for update in updates]
    if len(set(places)) < len(places):
        return invalid()
    before = copy.deepcopy(state.stock)
    refused = [_set(state, update["sku"], update) for update in updates]
    _moved(state, at, _changed_since(state, before))
    results = [
        (*place, refusal.code if refusal else "", None if refusal else record(state, place[0]))
        for place, refusal in zip(places, refused, strict=True)
    ]
    failed = sum(refusal is not None for refusal in refused)
    return Expected(200, data={"updated": len(places) - failed, "failed": failed, "results": results})


def _changed_since(state: State, before: Mapping[str, Stock]) -> list[str]:
    """The products whose levels are others now: to set a level to what it is changes nothing."""
    return [product_id for product_id, stock in state.stock.items() if stock != before[product_id]]


def _set(state: State, sku: str, body: Row) -> Expected | None:
    warehouse = state.warehouses.get(body["warehouse_id"])
    if sku not in state.products or warehouse is None:
        return missing()
    if warehouse["type"] in ("FBA", "FBS"):
        return Expected(409, "WAREHOUSE_READ_ONLY")
    levels = state.stock[state.products[sku]["id"]].levels
    reserved = levels.get(warehouse["id"], [0, 0])[1]
    if body["quantity"] < reserved:
        return Expected(409, "STOCK_BELOW_RESERVED")
    levels[warehouse["id"]] = [body["quantity"], reserved]
    return None


def _moved(state: State, at: str, product_ids: Iterable[str]) -> None:
    names = {product["id"]: sku for sku, product in state.products.items()}
    for product_id in product_ids:
        state.tell("inventory.updated", product_id, at, record(state, names[product_id]))


# Orders


def sellable(state: State, wanted: Sequence[tuple[str, int]], method: str) -> bool:
    """Whether an order of these SKUs and quantities can arrive."""
    total: Counter[str] = Counter()
    for sku, quantity in wanted:
        total[sku] += quantity
    return all(sku in state.products and units <= _free(state, sku, method) for sku, units in total.items())


def _free(state: State, sku: str, method: str) -> int:
    return sum(on_hand - reserved for _, (on_hand, reserved) in _sources(state, sku, method))


def _sources(state: State, sku: str, method: str) -> list[tuple[str, list[int]]]:
    """The levels that such an order takes from, the first one first."""
    levels = state.stock[state.products[sku]["id"]].levels
    kinds = SOURCES[method]
    found = [(kinds.index(kind), its) for its in levels if (kind := state.warehouses[its]["type"]) in kinds]
    return [(its, levels[its]) for _, its in sorted(found)]


def order_arrives(state: State, at: str, wanted: Sequence[tuple[str, int]], given: Row) -> Row:
    """The new order: its id, address, shipping and names are given, all else follows."""
    lines = []
    for (sku, quantity), named in zip(wanted, given["line_items"], strict=True):
        price = price_on(state, sku, given["marketplace"])
        lines.append(
            {
                "external_line_item_id": named["external_line_item_id"],
                "sku": sku,
                "title": state.products[sku]["title"],
                "quantity": quantity,
                "shipped_quantity": 0,
                "unit_price": price,
                "line_total": cents(price) * quantity / 100,
            }
        )
    total = sum(cents(line["line_total"]) for line in lines) + cents(given["shipping_amount"])
    order = given | {"status": "pending", "line_items": lines, "total_amount": total / 100}
    order |= {"has_returns": False, "created_at": at, "updated_at": at, "currency": state.products[wanted[0][0]]["currency"]}
    state.orders[order["id"]] = order
    state.tell("order.created", order["id"], at, order)
    _moved(state, at, _reserve(state, order, [(line, line["quantity"]) for line in lines]))
    return order


def price_on(state: State, sku: str, marketplace: str) -> float:
    """The listing's price; the product's own where there is no listing."""
    product = state.products[sku]
    listed = (row["price"] for row in product["listings"] if row["marketplace"] == marketplace)
    return float(next(listed, product["price"]))


def _reserve(state: State, order: Row, lines: Iterable[tuple[Row, int]]) -> dict[str, None]:
    touched: dict[str, None] = {}
    for line, quantity in lines:
        product_id, taken, left = state.products[line["sku"]]["id"], {}, quantity
        for warehouse_id, level in _sources(state, line["sku"], order["fulfillment_method"]):
            units = min(left, level[0] - level[1])
            if units:
                taken[warehouse_id], left = units, left - units
                level[1] += units
        assert left == 0, f"{order['id']} does not fit"
        state.held[order["id"], line["external_line_item_id"]] = (product_id, taken)
        touched[product_id] = None
    return touched


def update_order(state: State, at: str, order_id: str, to: str) -> Expected:
    order = state.orders.get(order_id)
    if order is None:
        return missing()
    if MOVES.get(order["status"]) != to:
        allowed = [MOVES[order["status"]]] if order["status"] in MOVES else []
        return _no_move(order, to, allowed)
    return _changed(state, at, order, {"status": to}, "status_changed")


def confirm_shipment(state: State, at: str, order_id: str, items: Sequence[tuple[str, int]]) -> Expected:
    order = state.orders.get(order_id)
    if order is None:
        return missing()
    lines = {line["external_line_item_id"]: line for line in order["line_items"]}
    if any(name not in lines for name, _ in items):
        return invalid()
    if order["status"] not in ("confirmed", "processing"):
        return Expected(409, "INVALID_STATE_TRANSITION")
    if order["fulfillment_method"] != "FBM":
        return Expected(409, "FULFILLMENT_NOT_BY_MERCHANT")
    units: Counter[str] = Counter()
    for name, quantity in items:
        units[name] += quantity
    if any(units[name] > lines[name]["quantity"] - lines[name]["shipped_quantity"] for name in units):
        return Expected(409, "SHIPMENT_EXCEEDS_ORDER")
    for name in units:
        lines[name]["shipped_quantity"] += units[name]
    touched = dict.fromkeys(its for name in units if (its := _take(state, order_id, name, units[name], leaves=True)))
    _moved(state, at, touched)
    done = all(line["shipped_quantity"] == line["quantity"] for line in order["line_items"])
    return _changed(state, at, order, {"status": "shipped" if done else "processing"}, "shipment_confirmed")


def cancel_order(state: State, at: str, order_id: str) -> Expected:
    order = state.orders.get(order_id)
    if order is None:
        return missing()
    if order["status"] not in OPEN:
        return _no_move(order, "cancelled", [])
    names = [line["external_line_item_id"] for line in order["line_items"]]
    held = {name: sum(state.held.get((order_id, name), ("", {}))[1].values()) for name in names}
    touched = dict.fromkeys(its for name in names if (its := _take(state, order_id, name, held[name], leaves=False)))
    _moved(state, at, touched)
    return _changed(state, at, order, {"status": "cancelled"}, "order_cancelled")


def _take(state: State, order_id: str, line: str, units: int, *, leaves: bool) -> str:
    """Take units of a line out of what is reserved, by ascending warehouse id: the product's id, "" if nothing was."""
    product_id, held = state.held.get((order_id, line), ("", {}))
    before = units
    for warehouse_id in sorted(held):
        part = min(units, held[warehouse_id])
        units -= part
        held[warehouse_id] -= part
        level = state.stock[product_id].levels[warehouse_id]
        level[1] -= part
        level[0] -= part if leaves else 0
    return product_id if units < before else ""


def _no_move(order: Row, to: str, allowed: list[str]) -> Expected:
    details = {"from": order["status"], "to": to, "allowed": allowed}
    return Expected(409, "INVALID_STATE_TRANSITION", details=details)


def _changed(state: State, at: str, order: Row, changes: Row, event: str) -> Expected:
    before = order["status"]
    step = {"event": event, "status": "success", "message": "", "created_at": at}
    order |= changes | {"updated_at": at, "sync_history": [*order["sync_history"], step]}
    if order["status"] != before:
        state.tell("order.status_changed", order["id"], at, order)
    return Expected(200, data=without(order, *DETAIL))
