"""The mock beside the model: every list, every detail, every event."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from tests.machine import invariants
from tests.machine.inside import Event, Mock
from tests.machine.model import DETAIL, Row, State, Told, record, without
from tests.machine.world import made_id

LISTS = (
    *("listProducts", "listInventory", "listOrders", "listWarehouses"),
    *("listPricingRules", "listRecommendations", "listJobs"),
)
_STOCK = {"warehouse_id": made_id("wh", 2), "quantity": 3, "reason": "correction"}
# What another tenant may try: operation -> the prefix of the id, its parameter, and a body.
FOREIGN: Mapping[str, tuple[str, str, Any]] = {
    "getOrder": ("ord", "orderId", None),
    "updateOrder": ("ord", "orderId", {"status": "confirmed"}),
    "cancelOrder": ("ord", "orderId", None),
    "getPricingRule": ("rule", "ruleId", None),
    "updatePricingRule": ("rule", "ruleId", {"value": 1}),
    "deletePricingRule": ("rule", "ruleId", None),
    "getJob": ("job", "jobId", None),
    "cancelJob": ("job", "jobId", None),
    "setInventory": ("", "sku", _STOCK),  # the SKU is both tenants', the warehouse is not
}


def _products(state: State) -> list[Row]:
    return [without(product, "listings") for product in state.products.values()]


def _orders(state: State) -> list[Row]:
    return [without(order, *DETAIL) for order in state.orders.values()]


_ROWS: Mapping[str, Callable[[State], list[Row]]] = {
    "listProducts": _products,
    "listInventory": lambda state: [record(state, sku) for sku in state.products],
    "listOrders": _orders,
    "listWarehouses": lambda state: list(state.warehouses.values()),
    "listPricingRules": lambda state: list(state.rules.values()),
    "listRecommendations": lambda state: list(state.recommendations.values()),
    "listJobs": lambda state: list(state.jobs.values()),
}
# By what a list is sorted unless it is told, and in which direction.
_SORTS = {"listInventory": ("sku", "asc"), "listPricingRules": ("priority", "asc")}


class Query(NamedTuple):
    """A list with filters and a sort, and which of the model's rows it should show."""

    operation: str
    query: Mapping[str, str] = {}
    keeps: Callable[[State, Row], bool] = lambda state, row: True


def _listed(state: State, row: Row) -> bool:
    return any(listing["marketplace"] == "shopify" for listing in state.products[row["sku"]]["listings"])


def _held_there(state: State, row: Row) -> bool:
    return any(level["warehouse_id"] == made_id("wh", 4) for level in row["warehouses"])


def _is(**wanted: Any) -> Callable[[State, Row], bool]:
    return lambda state, row: all(row[name] == value for name, value in wanted.items())


QUERIES = (
    *(Query(operation) for operation in LISTS),
    Query("listProducts", {"marketplace": "shopify", "sort": "title", "order": "asc"}, _listed),
    Query("listProducts", {"search": "FAIL", "sort": "updated_at"}, lambda state, row: "FAIL" in row["sku"]),
    Query("listProducts", {"status": "draft", "sort": "sku"}, _is(status="draft")),
    *(
        Query("listInventory", {"status": status, "sort": "total_available"}, _is(status=status))
        for status in ("normal", "low", "critical", "out_of_stock")
    ),
    Query("listInventory", {"warehouse_id": made_id("wh", 4), "order": "desc"}, _held_there),
    Query("listInventory", {"sku": "S-1"}, _is(sku="S-1")),
    *(
        Query("listOrders", {"status": status, "sort": "total_amount"}, _is(status=status))
        for status in ("pending", "processing", "shipped", "cancelled")
    ),
    Query(
        "listOrders",
        {"marketplace": "shopify", "fulfillment_method": "FBM", "sort": "updated_at", "order": "asc"},
        _is(marketplace="shopify", fulfillment_method="FBM"),
    ),
    Query("listRecommendations", {"status": "pending"}, _is(status="pending")),
    Query(
        "listRecommendations",
        {"marketplace": "amazon_us", "min_confidence": "0.75", "order": "asc"},
        lambda state, row: row["marketplace"] == "amazon_us" and row["confidence"] >= 0.75,
    ),
    Query("listJobs", {"status": "running", "order": "asc"}, _is(status="running")),
    Query("listJobs", {"type": "competitor_scan"}, _is(type="competitor_scan")),
)


def compare_list(state: State, which: Query, shown: Sequence[Row]) -> None:
    """The same rows in the same order; ties by id in the direction of the sort."""
    sort, order = _SORTS.get(which.operation, ("created_at", "desc"))
    sort, order = which.query.get("sort", sort), which.query.get("order", order)
    rows = [row for row in _ROWS[which.operation](state) if which.keeps(state, row)]
    ids = {sku: product["id"] for sku, product in state.products.items()}
    rows.sort(key=lambda row: (row[sort], row.get("id") or ids[row["sku"]]), reverse=order == "desc")
    assert rows == list(shown), _difference(which, rows, shown)


def _difference(which: Query, expected: Sequence[Row], shown: Sequence[Row]) -> str:
    apart = [pair for pair in zip(expected, shown, strict=False) if pair[0] != pair[1]]
    return (
        f"{which.operation} {which.query}: {len(expected)} rows expected, {len(shown)} shown; the first apart: {apart[:1]}"
    )


def everything(mock: Mock, *, key: int = 0) -> Mapping[str, list[Row]]:
    """All that a tenant can list."""
    return {operation: mock.all(operation, key=key) for operation in LISTS}


def compare(mock: Mock, state: State, began: str) -> None:
    """Everything that can be read is as the model has it, and every invariant holds."""
    shown = everything(mock)
    for operation in LISTS:
        compare_list(state, Query(operation), shown[operation])
    details = [_detail(mock, "getProduct", product, sku=sku) for sku, product in state.products.items()]
    for sku in state.products:
        _detail(mock, "getInventory", record(state, sku), sku=sku)
    for name, order in state.orders.items():
        _detail(mock, "getOrder", order, orderId=name)
    for name, rule in state.rules.items():
        _detail(mock, "getPricingRule", rule, ruleId=name)
    for name, job in state.jobs.items():
        _detail(mock, "getJob", job, jobId=name)

    for row in shown["listInventory"]:
        invariants.record_adds_up(row)
    for row in shown["listOrders"]:
        invariants.order_adds_up(row)
    invariants.every_product_has_a_record(shown["listProducts"], shown["listInventory"])
    invariants.reserved_is_what_open_orders_wait_for(shown["listInventory"], shown["listOrders"], exactly=False)
    invariants.prices_agree(details, shown["listRecommendations"])
    invariants.jobs_keep_order(shown["listJobs"], mock.at, since=began)


def _detail(mock: Mock, operation: str, expected: Row, **path: str) -> Row:
    answer = mock.send(operation, path=path)
    assert plain(expected) == plain(answer.data), (operation, path, plain(expected), plain(answer.data))
    row: Row = answer.data
    return row


def plain(row: Row) -> Row:
    """Without the wording of messages, which is the mock's own."""
    if "sync_history" not in row:
        return row
    return row | {"sync_history": [without(step, "message") for step in row["sync_history"]]}


def compare_events(expected: Sequence[Told], told: Sequence[Event]) -> None:
    """Every change has its event and every event its change: of one resource in their order, between resources in any."""
    left = sorted(((row.resource, row.type, row.at, plain(row.data)) for row in expected), key=lambda row: row[0])
    right = sorted(((row.resource, row.type, row.at, plain(row.data)) for row in told), key=lambda row: row[0])
    names = [row[:3] for row in left], [row[:3] for row in right]
    assert names[0] == names[1], f"events expected and told: {names}"
    assert left == right, f"events with other data: {[pair for pair in zip(left, right, strict=True) if pair[0] != pair[1]]}"


def seconds_up(start: str, end: str) -> int:
    """Whole seconds from one instant to another, rounded up."""
    return math.ceil((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())
