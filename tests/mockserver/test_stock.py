"""Stock: what is on hand, reserved and available; how orders move it, and what becomes of it when a product ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from mockserver import terminal
from mockserver.arrivals import Unsellable
from mockserver.domain.stock import Level, ShortOfStock, Stock, reservations, status
from mockserver.settings import Settings
from tests.inside import driver
from tests.machine import invariants
from tests.machine import world as own
from tests.machine.inside import Mock
from tests.machine.world import made_id

PARTY, FIRST, FBA, SECOND, PARTY_2, FBS = (made_id("wh", number) for number in range(1, 7))
PENDING, BY_AMAZON, HALF, SHIPPED, CANCELLED = (made_id("ord", number) for number in range(1, 6))
Row = dict[str, Any]


def _levels(small: Mock, sku: str) -> dict[str, tuple[int, int]]:
    """Warehouse id -> on hand and reserved."""
    record = small.send("getInventory", path={"sku": sku}).data
    invariants.record_adds_up(record)
    return {level["warehouse_id"]: (level["on_hand"], level["reserved"]) for level in record["warehouses"]}


def _set(small: Mock, sku: str, warehouse: str, quantity: int) -> Any:
    body = {"warehouse_id": warehouse, "quantity": quantity, "reason": "correction"}
    return small.send("setInventory", body, {"sku": sku})


def _ship(small: Mock, order_id: str, **lines: int) -> Any:
    items = [{"external_line_item_id": name, "quantity": quantity} for name, quantity in lines.items()]
    body = {"carrier": "DHL", "tracking_number": "1", "shipped_date": "2026-03-12T10:00:00Z", "line_items": items}
    return small.send("confirmShipment", body, {"orderId": order_id})


def _move(small: Mock, order_id: str, to: str) -> Any:
    return small.send("updateOrder", {"status": to}, {"orderId": order_id})


def _bulk(small: Mock, *updates: tuple[str, str, int]) -> Any:
    rows = [{"sku": sku, "warehouse_id": its, "quantity": units, "reason": "cycle_count"} for sku, its, units in updates]
    return small.send("bulkSetInventory", {"updates": rows})


# The arithmetic


@pytest.mark.parametrize(
    ("available", "safety", "expected"),
    [
        *((-1, 5, "out_of_stock"), (0, 5, "out_of_stock"), (1, 5, "critical"), (5, 5, "critical"), (6, 5, "low")),
        *((10, 5, "low"), (11, 5, "normal"), (0, 0, "out_of_stock"), (1, 0, "normal")),
    ],
)
def test_the_status_follows_from_what_is_available(available: int, safety: int, expected: str) -> None:
    """out_of_stock at 0 or below; critical up to the safety stock; low up to twice that; else normal."""
    assert expected == status(available, safety)


@pytest.mark.parametrize(("kind", "available"), [("own", 2), ("3PL", 7), ("FBA", 7), ("FBS", 7)])
def test_the_safety_stock_is_kept_in_own_warehouses_alone(kind: str, available: int) -> None:
    assert available == Level("w", "w", kind, on_hand=10, reserved=3).available(5)


def test_the_totals_are_the_sums() -> None:
    levels = {"a": Level("a", "a", "own", 10, 3), "b": Level("b", "b", "own", 1, 0), "c": Level("c", "c", "FBA", 4, 4)}

    totals = Stock("p", "S", 5, levels).totals()

    expected = {"total_on_hand": 15, "total_reserved": 7, "total_available": (10 - 3 - 5) + (1 - 5) + 0}
    assert expected | {"status": "out_of_stock"} == totals


def test_orders_of_the_merchant_take_from_own_warehouses_before_others() -> None:
    levels = {name: Level(name, name, kind, 3) for name, kind in {"a": "3PL", "b": "own", "c": "FBA", "d": "own"}.items()}
    stock = Stock("p", "S", 0, levels)

    assert {"b": 3, "d": 3, "a": 1} == stock.allocate("FBM", 7)
    assert {"c": 2} == stock.allocate("FBA", 2)
    with pytest.raises(ShortOfStock, match="S has 0 left for FBS orders, not 1"):
        stock.allocate("FBS", 1)
    assert (1, 3, 2, 3) == tuple(level.reserved for level in levels.values())


def test_an_order_of_what_is_short_reserves_nothing() -> None:
    stock = Stock("p", "S", 0, {"a": Level("a", "a", "own", 3)})

    with pytest.raises(ShortOfStock):
        stock.allocate("FBM", 4)

    assert 0 == stock.levels["a"].reserved


def test_a_line_without_a_product_reserves_nothing() -> None:
    line = {"external_line_item_id": "1", "sku": "GONE-1", "quantity": 2, "shipped_quantity": 0}

    assert [] == reservations({"id": "o", "fulfillment_method": "FBM", "line_items": [line]}, {})


# The world as it opens


def test_open_orders_have_reserved_what_is_left_to_ship(small: Mock) -> None:
    """22 of S-1 by the merchant: 20 of his own and 2 of a third party's, whose id is lower; 4 by Amazon. 2 and 3 of S-2."""
    assert {PARTY: (10, 2), FIRST: (20, 20), FBA: (15, 4), PARTY_2: (5, 0)} == _levels(small, "S-1")
    assert {SECOND: (12, 5), FBS: (9, 0)} == _levels(small, "S-2")


def _tampered(directory: Path, change: Callable[[Row], Any]) -> Path:
    path = directory / "world.json"
    own.write(path)
    world = orjson.loads(path.read_bytes())
    change(world["tenants"][0])
    path.write_bytes(orjson.dumps(world))
    return path


_LEVEL = {"warehouse_id": made_id("wh", 1001), "on_hand": 1}
_WORLDS: dict[str, tuple[Callable[[Row], Any], str]] = {
    "a level in another tenant's warehouse": (
        lambda tenant: tenant["inventory"][0]["levels"].append(_LEVEL),
        f"inventory: there is no warehouse {made_id('wh', 1001)}",
    ),
    "a record without a product": (
        lambda tenant: tenant["inventory"].append({"sku": "ZZ", "safety_stock": 0, "levels": []}),
        "inventory: ZZ has a product or a record, and not both",
    ),
    "a product without a record": (
        lambda tenant: tenant["inventory"].pop(),
        "inventory: FAIL-1 has a product or a record, and not both",
    ),
    "a recommendation without its job": (
        lambda tenant: tenant["jobs"].pop(0),
        f"recommendations: there is no job {made_id('job', 1)}",
    ),
    "less than nothing on hand": (
        lambda tenant: tenant["inventory"][0]["levels"][0].update(on_hand=-1),
        "tenants/0/inventory/0/levels/0/on_hand: -1 is less than the minimum of 0",
    ),
    "open orders that do not fit": (
        lambda tenant: tenant["orders"][0]["line_items"][0].update(quantity=36),
        "tenant 11111111-1111-4111-8111-111111111111: S-1 has 35 left for FBM orders, not 36",
    ),
    "a SKU twice": (
        lambda tenant: tenant["products"].append(tenant["products"][0] | {"id": made_id("prod", 77)}),
        "world.json: ",
    ),
    "a record twice": (
        lambda tenant: tenant["inventory"].append(tenant["inventory"][0]),
        "world.json: ",
    ),
    "more shipped than ordered": (
        lambda tenant: tenant["orders"][0]["line_items"][0].update(shipped_quantity=23),
        "world.json: ",
    ),
    "a level twice": (
        lambda tenant: tenant["inventory"][0]["levels"].append(tenant["inventory"][0]["levels"][0]),
        "world.json: ",
    ),
}


@pytest.mark.parametrize("what", _WORLDS)
def test_a_world_that_contradicts_itself_is_refused_in_one_line(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every command opens the state file in this way: exit code 2, and a line that says what is wrong in the fixtures."""
    change, said = _WORLDS[what]
    settings = Settings(database=tmp_path / "state.db", fixtures=_tampered(tmp_path, change))

    with pytest.raises(SystemExit) as stopped, terminal.opened(settings):
        pass

    printed = capsys.readouterr().err
    assert (2, 1) == (stopped.value.code, len(printed.splitlines()))
    assert said in printed


# Set by the merchant


def test_a_level_cannot_go_below_what_is_reserved_there(small: Mock) -> None:
    refused = _set(small, "S-1", FIRST, 19)
    accepted = _set(small, "S-1", FIRST, 20)

    assert (409, "STOCK_BELOW_RESERVED") == (refused.status, refused.code)
    assert 200 == accepted.status
    assert (20, 20) == _levels(small, "S-1")[FIRST]


def test_what_is_wrong_is_told_in_the_order_of_the_contract(small: Mock) -> None:
    """An unknown SKU or warehouse is 404 before a marketplace's warehouse is 409, and that before a level too low."""
    unknown = made_id("wh", 99)

    codes = [_set(small, *at, 0).code for at in (("NOPE", FBA), ("S-1", unknown), ("S-1", FBA), ("S-1", FIRST))]

    assert ["RESOURCE_NOT_FOUND"] * 2 + ["WAREHOUSE_READ_ONLY", "STOCK_BELOW_RESERVED"] == codes


def test_a_warehouse_appears_with_its_first_level(small: Mock) -> None:
    assert {} == _levels(small, "S-4")

    answer = _set(small, "S-4", PARTY, 0)

    assert [(PARTY, "3PL", 0)] == [(it["warehouse_id"], it["type"], it["on_hand"]) for it in answer.data["warehouses"]]


def test_a_bulk_update_answers_each_by_itself_and_in_order(small: Mock) -> None:
    """The record beside each is as it is after the whole request; there is one event for each record that changed."""
    after, _ = small.told(0)
    updates = (("S-1", PARTY, 30), ("NOPE", FIRST, 1), ("S-1", FIRST, 1), ("S-1", FBA, 99), ("S-1", SECOND, 7))

    data = _bulk(small, *updates, ("S-4", FIRST, 3)).data

    outcomes = [(row["sku"], row["status"], (row["error"] or {}).get("code")) for row in data["results"]]
    assert (3, 3) == (data["updated"], data["failed"])
    assert [
        ("S-1", "updated", None),
        ("NOPE", "failed", "RESOURCE_NOT_FOUND"),
        ("S-1", "failed", "STOCK_BELOW_RESERVED"),
        ("S-1", "failed", "WAREHOUSE_READ_ONLY"),
        ("S-1", "updated", None),
        ("S-4", "updated", None),
    ] == outcomes
    now = small.send("getInventory", path={"sku": "S-1"}).data
    assert [now, now] == [row["inventory"] for row in data["results"] if row["inventory"] and row["sku"] == "S-1"]
    assert {PARTY: (30, 2), FIRST: (20, 20), FBA: (15, 4), SECOND: (7, 0), PARTY_2: (5, 0)} == _levels(small, "S-1")
    told = sorted((event.type, event.data["sku"]) for event in small.told(after)[1])
    assert [("inventory.updated", "S-1"), ("inventory.updated", "S-4")] == told


def test_a_bulk_update_that_names_a_place_twice_changes_nothing(small: Mock) -> None:
    before = _levels(small, "S-1")

    answer = _bulk(small, ("S-1", PARTY, 30), ("S-1", SECOND, 1), ("S-1", PARTY, 31), ("S-1", PARTY, 32))

    assert (400, "VALIDATION_ERROR") == (answer.status, answer.code)
    assert ["/updates/2", "/updates/3"] == [row["pointer"] for row in answer.body["error"]["details"]["errors"]]
    assert before == _levels(small, "S-1")


@pytest.mark.state_file
def test_500_updates_are_one_transaction(small: Mock, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(125):
        small.send("createProduct", {"sku": f"MANY-{number}", "title": "x", "price": 1})
    places = [(f"MANY-{number}", its) for number in range(125) for its in (PARTY, FIRST, SECOND, PARTY_2)]
    statements: list[str] = []
    file = driver(small.database)

    _set(small, "S-4", FIRST, 0)  # the first one prepares its statements
    began = time.perf_counter()
    _set(small, "S-4", FIRST, 1)
    single = time.perf_counter() - began
    file.set_trace_callback(statements.append)
    began = time.perf_counter()
    answer = _bulk(small, *((sku, its, 5) for sku, its in places))
    bulk = time.perf_counter() - began
    file.set_trace_callback(None)

    with capsys.disabled():
        print(f"\n500 updates at once take {bulk * 1000:.1f} ms, {bulk / single:.1f} × one of {single * 1000:.1f} ms")
    assert (500, 0) == (answer.data["updated"], answer.data["failed"])
    assert ["BEGIN IMMEDIATE", "COMMIT"] == [line for line in statements if line.split()[0] in ("BEGIN", "COMMIT")]
    assert {PARTY: (5, 0), FIRST: (5, 0), SECOND: (5, 0), PARTY_2: (5, 0)} == _levels(small, "MANY-124")


# Moved by orders


def test_a_shipment_takes_from_reserved_and_on_hand(small: Mock) -> None:
    _move(small, PENDING, "confirmed")

    first = _ship(small, PENDING, item_1=21)
    part = _levels(small, "S-1")
    second = _ship(small, PENDING, item_1=1, item_2=2)

    assert ("processing", "shipped") == (first.data["status"], second.data["status"])
    assert (35 - 21, 1) == tuple(sum(part[its][i] for its in (PARTY, FIRST, PARTY_2)) for i in (0, 1))
    assert {PARTY: (8, 0), FIRST: (0, 0), FBA: (15, 4), PARTY_2: (5, 0)} == _levels(small, "S-1")
    assert {SECOND: (10, 3), FBS: (9, 0)} == _levels(small, "S-2")


def test_a_cancellation_releases_what_is_not_shipped(small: Mock) -> None:
    """Of the 4 units of this order one was shipped before; one is now, and 2 are released."""
    _ship(small, HALF, item_1=1)
    answer = small.send("cancelOrder", path={"orderId": HALF})

    assert "cancelled" == answer.data["status"]
    assert {SECOND: (11, 2), FBS: (9, 0)} == _levels(small, "S-2")


def test_a_refused_shipment_moves_nothing(small: Mock) -> None:
    _move(small, PENDING, "confirmed")
    before = _levels(small, "S-1"), _levels(small, "S-2")

    codes = [_ship(small, PENDING, **lines).code for lines in ({"item_1": 22, "item_2": 3}, {"item_1": 1, "item_9": 1})]

    assert ["SHIPMENT_EXCEEDS_ORDER", "VALIDATION_ERROR"] == codes
    assert before == (_levels(small, "S-1"), _levels(small, "S-2"))


def test_what_cannot_be_sold_leaves_no_trace(small: Mock) -> None:
    """The first line would fit, the second does not: neither is reserved, no order is there, nobody was told."""
    before, orders = _levels(small, "S-1"), len(small.all("listOrders"))

    with pytest.raises(Unsellable, match="S-2 has 9 left for FBS orders, not 10"):
        small.arrives([("S-2", 10)], "shopify", "FBS")
    with pytest.raises(Unsellable, match="S-2 has 7 left for FBM orders, not 8"):
        small.arrives([("S-1", 1), ("S-2", 8)], "shopify", "FBM")

    assert (before, orders, (0, [])) == (_levels(small, "S-1"), len(small.all("listOrders")), small.told(0))


def test_an_order_of_the_dearest_product_is_an_order_of_the_document(small: Mock) -> None:
    """Whatever the API lets a product cost, an order of it has amounts that the schema allows, or does not arrive."""
    small.send("createProduct", {"sku": "DEAR", "title": "Dear", "price": 99_999_999.99})
    _set(small, "DEAR", FIRST, 5)
    try:
        order = small.arrives([("DEAR", 2)], "shopify", "FBM")
    except Unsellable:
        return

    assert 200 == small.send("getOrder", path={"orderId": order["id"]}).status


# A product's end


def test_a_deleted_product_has_no_inventory(small: Mock) -> None:
    small.send("deleteProduct", path={"sku": "S-1"})

    assert 404 == small.send("getInventory", path={"sku": "S-1"}).status
    assert 404 == _set(small, "S-1", FIRST, 50).status
    assert "S-1" not in {record["sku"] for record in small.all("listInventory")}


@pytest.mark.parametrize("anew", [False, True], ids=["gone", "made anew"])
def test_an_open_order_of_a_deleted_product_can_be_shipped_and_cancelled(small: Mock, anew: bool) -> None:
    """And a product that is made anew under its SKU has nothing to do with it."""
    _move(small, PENDING, "confirmed")
    small.send("deleteProduct", path={"sku": "S-1"})
    if anew:
        small.send("createProduct", {"sku": "S-1", "title": "Another saw", "price": 1})
        _set(small, "S-1", FIRST, 50)

    partly = _ship(small, PENDING, item_1=3, item_2=1)
    wholly = _ship(small, PENDING, item_1=19, item_2=1)
    by_amazon = small.send("cancelOrder", path={"orderId": BY_AMAZON})

    assert ("processing", "shipped", "cancelled") == tuple(it.data["status"] for it in (partly, wholly, by_amazon))
    assert {SECOND: (10, 3), FBS: (9, 0)} == _levels(small, "S-2")
    if anew:
        assert {FIRST: (50, 0)} == _levels(small, "S-1")


def test_a_product_that_is_made_anew_begins_without_stock(small: Mock) -> None:
    small.send("deleteProduct", path={"sku": "S-1"})
    small.send("createProduct", {"sku": "S-1", "title": "Another saw", "price": 1})

    record = small.send("getInventory", path={"sku": "S-1"}).data

    assert ("Another saw", [], 0, "out_of_stock") == tuple(
        record[name] for name in ("title", "warehouses", "safety_stock", "status")
    )


def test_a_new_title_is_the_record_s_too(small: Mock) -> None:
    """Past orders keep the title that they were made with."""
    small.send("updateProduct", {"title": "Große Säge"}, {"sku": "S-1"})

    assert "Große Säge" == small.send("getInventory", path={"sku": "S-1"}).data["title"]
    assert "S-1" == small.send("getOrder", path={"orderId": PENDING}).data["line_items"][0]["title"]
    assert ["product.updated"] == [event.type for event in small.told(0)[1]]


def test_stock_is_the_same_after_a_restart(small: Mock) -> None:
    _move(small, PENDING, "confirmed")
    _ship(small, PENDING, item_1=5)
    before = _levels(small, "S-1")

    small.restart()
    _ship(small, PENDING, item_1=17, item_2=2)

    assert (sum(before[its][0] for its in before) - 17) == sum(on_hand for on_hand, _ in _levels(small, "S-1").values())
    assert {SECOND: (10, 3), FBS: (9, 0)} == _levels(small, "S-2")
