"""What happens to a seller: by the control API, and by magic values for those who have the public API alone."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mockserver.happenings import MOVES
from mockserver.magic import STEPS
from mockserver.sandbox.handlers.happenings import _TRIGGERS
from nexuscommerce.files import packaged
from tests.mockserver.sandbox.control import Turning, World, document


def _stock(world: World, sku: str) -> Any:
    return world.call("GET", f"/inventory/{sku}").json()["data"]


def _order(world: World, order_id: str) -> Any:
    return world.call("GET", f"/orders/{order_id}").json()["data"]


def test_an_order_arrives_reserves_its_stock_and_is_told_of(world: World) -> None:
    world.data("createEndpoint", body={"url": "http://127.0.0.1:9/"})
    order = world.data("createOrder", body={"marketplace": "ebay_de"})

    (line,) = order["line_items"]
    assert ("pending", "ebay_de", 2) == (order["status"], order["marketplace"], line["quantity"])
    assert order == _order(world, order["id"])
    assert {"order.created", "inventory.updated"} == {row["type"] for row in world.data("listDeliveries")}


def test_an_order_goes_its_way_step_by_step_and_its_stock_with_it(world: World) -> None:
    order = world.data("createOrder", body={})
    sku, before = order["line_items"][0]["sku"], _stock(world, order["line_items"][0]["sku"])

    assert "confirmed" == world.data("moveOrder", orderId=order["id"], step="pay")["status"]
    assert "shipped" == world.data("moveOrder", orderId=order["id"], step="ship")["status"]
    after = _stock(world, sku)
    assert (before["total_on_hand"] - 2, before["total_reserved"] - 2) == (after["total_on_hand"], after["total_reserved"])
    assert "delivered" == world.data("moveOrder", orderId=order["id"], step="deliver")["status"]
    returned = world.data("moveOrder", orderId=order["id"], step="return")
    assert ("delivered", True) == (returned["status"], returned["has_returns"])
    assert returned == _order(world, order["id"])
    assert 5 == len(returned["sync_history"])


def test_a_marketplace_ships_what_it_fulfils_itself(world: World) -> None:
    """The API refuses that to the merchant (FULFILLMENT_NOT_BY_MERCHANT); it happens all the same."""
    rows = world.call("GET", "/inventory?limit=100").json()["data"]
    sku = next(r["sku"] for r in rows for w in r["warehouses"] if w["type"] == "FBA" and w["on_hand"] > w["reserved"])
    order = world.data("createOrder", body={"lines": [{"sku": sku}], "fulfillment_method": "FBA"})
    world.data("moveOrder", orderId=order["id"], step="pay")

    assert "shipped" == world.data("moveOrder", orderId=order["id"], step="ship")["status"]


def test_a_sync_that_fails_stands_in_the_history_and_changes_nothing_else(world: World) -> None:
    order = world.data("createOrder", body={})
    failed = world.data("moveOrder", orderId=order["id"], step="fail-sync")

    assert "failed" == failed["sync_history"][-1]["status"]
    assert order["status"] == failed["status"]


@pytest.mark.parametrize("step", ["ship", "deliver", "return"])
def test_a_step_that_the_state_does_not_allow_is_refused_and_has_no_effect(world: World, step: str) -> None:
    order = world.data("createOrder", body={})

    assert (409, "NOT_POSSIBLE") == world.refusal("moveOrder", orderId=order["id"], step=step)
    assert order == _order(world, order["id"])


def test_an_order_for_what_is_not_there_is_refused(world: World) -> None:
    other = world.turning.world().data("createOrder", body={})

    assert (409, "NOT_POSSIBLE") == world.refusal("createOrder", body={"lines": [{"sku": "NONE"}]})
    assert (409, "NOT_POSSIBLE") == world.refusal(
        "createOrder", body={"lines": [{"sku": world.skus()[0], "quantity": 999999}]}
    )
    assert (404, "RESOURCE_NOT_FOUND") == world.refusal("moveOrder", orderId=other["id"], step="pay")


def test_every_step_is_one_of_the_documents_and_goes_from_states_that_there_are() -> None:
    from nexuscommerce.contract import load

    states = load().schemas.named("OrderStatus")["enum"]
    (step,) = (p for p in document().operations["moveOrder"].parameters if p.name == "step")

    assert step.schema["enum"] == list(MOVES)
    assert states == list(MOVES["fail-sync"].sources)
    assert {state for move in MOVES.values() for state in move.sources} <= set(states)


def test_every_magic_sku_is_documented() -> None:
    page = packaged("docs/sandbox.md").read_text("utf-8")

    assert set(STEPS) == {found for found in re.findall(r"`([A-Z-]+-)…`", page) if found.startswith("ORDERED")}


def test_every_event_of_the_document_can_be_triggered() -> None:
    from nexuscommerce.contract import load

    assert list(load().events) == list(_TRIGGERS)


@pytest.mark.parametrize("type_", _TRIGGERS)
def test_a_triggered_event_tells_of_a_change_that_really_happened(world: World, type_: str) -> None:
    world.data("createEndpoint", body={"url": "http://127.0.0.1:9/"})

    happened = world.data("triggerEvent", body={"type": type_})

    sent = {row["type"]: row["id"] for row in world.data("listDeliveries")}
    assert happened["event_id"] in world.data("getDelivery", deliveryId=sent[type_])["request"]["body"]
    kind, _, resource = happened["resource"].partition(" ")
    path = {
        "order": f"/orders/{resource}",
        "ai_job": f"/ai-jobs/{resource}",
        "product": f"/products/{happened['data'].get('sku')}",
        "inventory": f"/inventory/{happened['data'].get('sku')}",
    }[kind]
    shown = world.call("GET", path)
    assert (404 if type_ == "product.deleted" else 200) == shown.status_code
    if type_.startswith("ai_job"):
        assert type_.split(".")[1] == shown.json()["data"]["status"]


def test_an_event_is_triggered_for_the_resource_that_is_named(world: World) -> None:
    sku = world.skus()[3]

    assert sku == world.data("triggerEvent", body={"type": "inventory.updated", "resource": sku})["data"]["sku"]
    assert (409, "NOT_POSSIBLE") == world.refusal("triggerEvent", body={"type": "product.updated", "resource": "NONE"})
    assert (404, "RESOURCE_NOT_FOUND") == world.refusal(
        "triggerEvent", body={"type": "order.status_changed", "resource": "x"}
    )
    assert (400, "VALIDATION_ERROR") == world.refusal("triggerEvent", body={"type": "order.exploded"})


def test_what_is_triggered_in_an_empty_world_says_what_is_missing(turning: Turning) -> None:
    world = turning.world(fixtures="empty")

    assert (409, "NOT_POSSIBLE") == world.refusal("triggerEvent", body={"type": "order.created"})
    assert "product.created" == world.data("triggerEvent", body={"type": "product.created"})["type"]


@pytest.mark.parametrize(
    ("prefix", "status", "returns", "failed"),
    [
        ("ORDERED-", "pending", False, False),
        ("ORDERED-PAID-", "confirmed", False, False),
        ("ORDERED-SHIPPED-", "shipped", False, False),
        ("ORDERED-DELIVERED-", "delivered", False, False),
        ("ORDERED-RETURNED-", "delivered", True, False),
        ("ORDERED-UNSYNCED-", "pending", False, True),
    ],
)
def test_a_magic_sku_is_ordered_when_its_stock_is_set(
    world: World, prefix: str, status: str, returns: bool, failed: bool
) -> None:
    """With the public API alone; what the PUT answers is what was set."""
    sku = f"{prefix}1"
    world.call("POST", "/products", json={"sku": sku, "title": "Magic", "price": 5})
    warehouses = world.call("GET", "/inventory/warehouses").json()["data"]
    own = next(row["id"] for row in warehouses if row["type"] == "own")

    answer = world.call("PUT", f"/inventory/{sku}", json={"warehouse_id": own, "quantity": 10, "reason": "cycle_count"})

    assert (200, 10, 0) == (
        answer.status_code,
        *(answer.json()["data"][name] for name in ("total_on_hand", "total_reserved")),
    )
    orders = world.call("GET", "/orders?limit=100&sort=created_at&order=desc").json()["data"]
    order = next(_order(world, row["id"]) for row in orders if _order(world, row["id"])["line_items"][0]["sku"] == sku)
    assert (status, returns) == (order["status"], order["has_returns"])
    assert failed == any(step["status"] == "failed" for step in order["sync_history"])


def test_a_magic_sku_without_stock_is_not_ordered_and_others_never_are(world: World) -> None:
    before = world.call("GET", "/orders?limit=1").json()["meta"]["total"]
    warehouses = world.call("GET", "/inventory/warehouses").json()["data"]
    own = next(row["id"] for row in warehouses if row["type"] == "own")
    for sku, quantity in (("ORDERED-1", 0), ("NOT-ORDERED-1", 5)):
        world.call("POST", "/products", json={"sku": sku, "title": "Magic", "price": 5})
        assert (
            200
            == world.call(
                "PUT", f"/inventory/{sku}", json={"warehouse_id": own, "quantity": quantity, "reason": "cycle_count"}
            ).status_code
        )

    assert before == world.call("GET", "/orders?limit=1").json()["meta"]["total"]
