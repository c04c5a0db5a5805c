"""Inventory: a level that is set is the level that is read, one at a time and many at once, and nothing else moves."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.absence import Why, not_run
from contract_tests.arithmetic import OWN, stock_status
from contract_tests.bounds import at_bounds, beyond_bounds, schema_of
from contract_tests.client import Actor
from contract_tests.document import by_id
from contract_tests.paging import walk
from contract_tests.population import Population, unknown
from contract_tests.seen import Row
from contract_tests.stock import KEPT, MERCHANTS, levels, listed, record, set_level, update, warehouses

SET, BULK, INVENTORY = (by_id(name) for name in ("setInventory", "bulkSetInventory", "listInventory"))
MOST: int = schema_of(BULK, "updates")["maxItems"]


@pytest.fixture(scope="module")
def places(full: Actor) -> list[str]:
    """Warehouses that the merchant sets."""
    return warehouses(full, *MERCHANTS)


@pytest.fixture(scope="module")
def reserved(full: Actor) -> tuple[str, str, int]:
    """A SKU and a warehouse that the merchant sets, where orders have reserved some: (SKU, warehouse, units)."""
    settable = set(warehouses(full, *MERCHANTS))
    for row in walk(full, INVENTORY).rows:
        for level in row["warehouses"]:
            if level["warehouse_id"] in settable and level["reserved"] > 0:
                return row["sku"], level["warehouse_id"], level["reserved"]
    return not_run(Why.TOO_LITTLE, "tenant `main` has nothing reserved in a warehouse that can be set")


@pytest.fixture(scope="module")
def kept(full: Actor) -> tuple[str, str]:
    """A SKU with stock in a warehouse that a marketplace keeps: (SKU, warehouse)."""
    theirs = set(warehouses(full, *KEPT))
    for row in walk(full, INVENTORY).rows:
        for level in row["warehouses"]:
            if level["warehouse_id"] in theirs:
                return row["sku"], level["warehouse_id"]
    return not_run(Why.TOO_LITTLE, "tenant `main` has no stock in a warehouse that a marketplace keeps")


@pytest.mark.rule("INV-06")
def test_a_new_product_has_a_record_without_stock(full: Actor, product: Row) -> None:
    empty = {"total_on_hand": 0, "total_reserved": 0, "total_available": 0, "status": "out_of_stock", "warehouses": []}
    made = record(full, product["sku"])

    assert {name: made[name] for name in empty} == empty
    assert (made["sku"], made["title"]) == (product["sku"], product["title"])
    assert listed(full, product["sku"]) == [made]


@pytest.mark.rule("INV-07")
def test_the_title_is_the_products(full: Actor, product: Row) -> None:
    """Alone, in the list, and where the list is sorted by it."""
    for title in ("Another title", "\U0010ffff the last of all"):
        full.call("updateProduct", {"sku": product["sku"]}, body={"title": title}).ok()
        assert record(full, product["sku"])["title"] == title
        assert [row["title"] for row in listed(full, product["sku"])] == [title]
    last = full.call("listInventory", query={"sort": "title", "order": "desc", "limit": 1}).ok().rows

    assert [row["sku"] for row in last] == [product["sku"]]


@pytest.mark.rule("INV-08")
def test_a_level_that_was_set_is_read_back(full: Actor, product: Row, places: list[str]) -> None:
    """Alone and in the list; the other warehouses stay as they are."""
    expected: dict[str, tuple[int, int]] = {}
    highest = schema_of(SET, "quantity")["maximum"]

    @given(st.sampled_from(places), st.sampled_from([0, 1, highest]) | st.integers(0, highest))
    def judge(place: str, quantity: int) -> None:
        expected[place] = (quantity, 0)
        answered = set_level(full, product["sku"], place, quantity).ok().data
        assert levels(answered) == expected
        assert record(full, product["sku"]) == answered
        assert listed(full, product["sku"]) == [answered]

    judge()


@pytest.mark.rule("INV-08")
def test_a_level_keeps_what_is_reserved_there(full: Actor, reserved: tuple[str, str, int]) -> None:
    """On stock that orders have reserved: only that level's on_hand moves, up and back."""
    sku, place, units = reserved
    before = record(full, sku)
    on_hand = levels(before)[place][0]
    for quantity in (on_hand + 7, on_hand):
        after = set_level(full, sku, place, quantity).ok().data
        assert levels(after) == {**levels(before), place: (quantity, units)}

    assert record(full, sku) == before


@pytest.mark.parametrize("member", ["reason", "note"])
@pytest.mark.rule("INV-08")
def test_why_a_level_is_set_does_not_matter(member: str, full: Actor, product: Row, places: list[str]) -> None:
    for number, value in enumerate(at_bounds(SET, member)):
        body = update(places[0], number, **{member: value})
        answered = full.call("setInventory", {"sku": product["sku"]}, body=body).ok().data
        assert levels(answered) == {places[0]: (number, 0)}


@pytest.mark.parametrize("member", ["warehouse_id", "quantity", "reason", "note", "nonsense"])
@pytest.mark.rule("WRT-10")
def test_an_update_beyond_its_bounds_is_refused(
    member: str, full: Actor, population: Population, product: Row, places: list[str]
) -> None:
    """Alone and in a bulk, where it is a fault of the request and no failure of one update."""
    before = set_level(full, product["sku"], places[0], 3).ok().data
    values = [1, "x"] if member == "nonsense" else beyond_bounds(SET, member)
    for value in values:
        body = {**update(places[0], 5), member: value}
        full.call("setInventory", {"sku": product["sku"]}, body=body).refused("VALIDATION_ERROR")
        both = [{**update(places[0], 5), "sku": product["sku"]}, {**body, "sku": population.sku()}]
        full.call("bulkSetInventory", body={"updates": both}).refused("VALIDATION_ERROR")

    assert record(full, product["sku"]) == before


@pytest.mark.parametrize("member", ["warehouse_id", "quantity", "reason"])
@pytest.mark.rule("WRT-10")
def test_an_update_names_what_is_required(member: str, full: Actor, product: Row, places: list[str]) -> None:
    body = {name: value for name, value in update(places[0], 5).items() if name != member}
    full.call("setInventory", {"sku": product["sku"]}, body=body).refused("VALIDATION_ERROR")

    assert record(full, product["sku"])["warehouses"] == []


@pytest.mark.rule("INV-03")
def test_the_status_turns_at_its_bounds(full: Actor, places: list[str]) -> None:
    """On each side of 0, the safety stock and twice that, as far as an existing record can be led there; it is put back."""
    for row in walk(full, INVENTORY, {"sort": "total_available", "order": "asc"}).rows:
        held = {place: level for place, level in levels(row).items() if place in places}
        if row["safety_stock"] > 0 and held:
            break
    else:
        not_run(Why.TOO_LITTLE, "tenant `main` has no record with a safety stock and a level that can be set")
    place, (on_hand, reserved) = max(held.items(), key=lambda item: item[1][0] - item[1][1])
    safety, rest = row["safety_stock"], row["total_available"] - on_hand
    try:
        for bound in (0, safety, 2 * safety):
            for available in (bound, bound + 1):
                if available - rest >= reserved:
                    after = set_level(full, row["sku"], place, available - rest).ok().data
                    assert (after["total_available"], after["status"]) == (available, stock_status(available, safety))
                    assert full.call("listInventory", query={"sku": row["sku"], "status": after["status"]}).ok().rows == [
                        after
                    ]
    finally:
        set_level(full, row["sku"], place, on_hand).ok()


@pytest.mark.rule("INV-09")
def test_an_unknown_sku_or_warehouse_is_not_found(
    full: Actor, population: Population, product: Row, places: list[str], chance: Random
) -> None:
    before = set_level(full, product["sku"], places[0], 3).ok().data
    set_level(full, population.sku(), places[0], 5).refused("RESOURCE_NOT_FOUND")
    set_level(full, product["sku"], unknown(places[0], chance), 5).refused("RESOURCE_NOT_FOUND")

    assert record(full, product["sku"]) == before


@pytest.mark.rule("INV-10")
def test_stock_that_a_marketplace_keeps_is_not_set_here(full: Actor, kept: tuple[str, str]) -> None:
    """Whatever the quantity: the same, none, more."""
    sku, place = kept
    before = record(full, sku)
    for quantity in (levels(before)[place][0], 0, 1_000):
        set_level(full, sku, place, quantity).refused("WAREHOUSE_READ_ONLY")

    assert record(full, sku) == before


@pytest.mark.parametrize("kind", KEPT)
@pytest.mark.rule("INV-10")
def test_a_marketplaces_warehouse_is_not_opened_here(kind: str, full: Actor, product: Row) -> None:
    for place in warehouses(full, kind):
        set_level(full, product["sku"], place, 5).refused("WAREHOUSE_READ_ONLY")

    assert record(full, product["sku"])["warehouses"] == []


@pytest.mark.rule("INV-11")
def test_a_level_does_not_go_below_what_is_reserved(full: Actor, reserved: tuple[str, str, int]) -> None:
    """Down to exactly that it does."""
    sku, place, units = reserved
    before = record(full, sku)
    for quantity in (units - 1, 0):
        set_level(full, sku, place, quantity).refused("STOCK_BELOW_RESERVED")
        assert record(full, sku) == before
    after = set_level(full, sku, place, units).ok().data
    set_level(full, sku, place, levels(before)[place][0]).ok()

    assert levels(after)[place] == (units, units)
    assert record(full, sku) == before


@pytest.fixture
def mixed(
    full: Actor,
    population: Population,
    places: list[str],
    reserved: tuple[str, str, int],
    kept: tuple[str, str],
    chance: Random,
) -> list[tuple[dict[str, Any], str | None]]:
    """Updates, right and wrong in turn, each with the code of its failure."""
    first, second = (str(population.product()["sku"]) for _ in range(2))
    return [
        ({"sku": first, **update(places[0], 5)}, None),
        ({"sku": population.sku(), **update(places[0], 5)}, "RESOURCE_NOT_FOUND"),
        ({"sku": second, **update(places[-1], 6)}, None),
        ({"sku": second, **update(unknown(places[0], chance), 5)}, "RESOURCE_NOT_FOUND"),
        ({"sku": kept[0], **update(kept[1], 5)}, "WAREHOUSE_READ_ONLY"),
        ({"sku": reserved[0], **update(reserved[1], reserved[2] - 1)}, "STOCK_BELOW_RESERVED"),
        ({"sku": first.lower(), **update(places[0], 5)}, "RESOURCE_NOT_FOUND"),
        ({"sku": second, **update(places[0], 0)}, None),
    ]


@pytest.mark.rule("INV-12")
def test_each_update_of_many_is_right_or_wrong_by_itself(
    full: Actor, mixed: list[tuple[dict[str, Any], str | None]]
) -> None:
    """A result for each, in order, with the record as it is after the whole request, or the code that it gets alone."""
    wrong = [sent["sku"] for sent, code in mixed if code and code != "RESOURCE_NOT_FOUND"]
    before = {sku: record(full, sku) for sku in wrong}
    made = full.call("bulkSetInventory", body={"updates": [sent for sent, _ in mixed]}).ok().data
    results = made["results"]

    assert (made["updated"], made["failed"]) == (3, 5)
    assert [(row["sku"], row["warehouse_id"]) for row in results] == [(s["sku"], s["warehouse_id"]) for s, _ in mixed]
    assert [(row["error"] or {}).get("code") for row in results] == [code for _, code in mixed]
    for (sent, code), row in zip(mixed, results, strict=True):
        if code is None:
            assert row["inventory"] == record(full, sent["sku"])
            assert levels(row["inventory"])[sent["warehouse_id"]] == (sent["quantity"], 0)
        else:
            alone = full.call("setInventory", {"sku": sent["sku"]}, body={k: v for k, v in sent.items() if k != "sku"})
            alone.refused(code)
    assert {sku: record(full, sku) for sku in wrong} == before


@pytest.mark.rule("INV-12")
def test_many_updates_do_what_single_ones_do(full: Actor, population: Population, places: list[str]) -> None:
    one, many = (str(population.product(title="Alike")["sku"]) for _ in range(2))
    units = dict(zip(places, range(3, 3 + len(places)), strict=True))
    for place, quantity in units.items():
        set_level(full, one, place, quantity).ok()
    updates = [{"sku": many, **update(place, quantity)} for place, quantity in units.items()]
    full.call("bulkSetInventory", body={"updates": updates}).ok()

    assert {**record(full, many), "sku": one} == record(full, one)


@pytest.mark.rule("INV-13")
def test_the_same_level_twice_is_refused(full: Actor, population: Population, places: list[str]) -> None:
    """All of it, the others in the request too; another SKU or warehouse is not the same."""
    first, second = (str(population.product()["sku"]) for _ in range(2))
    updates = [{"sku": second, **update(places[0], 4)}, *({"sku": first, **update(places[0], units)} for units in (5, 6))]
    for order in (updates, updates[::-1], [*updates[:2], updates[1]]):
        full.call("bulkSetInventory", body={"updates": order}).refused("VALIDATION_ERROR")

    assert [record(full, sku)["warehouses"] for sku in (first, second)] == [[], []]


@pytest.mark.rule("INV-13")
def test_as_many_updates_as_the_document_allows_are_made(
    full: Actor, population: Population, product: Row, places: list[str]
) -> None:
    """One more is refused, and nothing is changed; none at all is refused too."""
    others = [population.sku() for _ in range(MOST)]
    updates = [{"sku": sku, **update(places[0], 5)} for sku in [product["sku"], *others]]
    for number in (0, MOST + 1):
        full.call("bulkSetInventory", body={"updates": updates[:number]}).refused("VALIDATION_ERROR")
        assert record(full, product["sku"])["warehouses"] == []
    made = full.call("bulkSetInventory", body={"updates": updates[:MOST]}).ok().data

    assert (made["updated"], made["failed"], len(made["results"])) == (1, MOST - 1, MOST)
    assert levels(record(full, product["sku"])) == {places[0]: (5, 0)}


@pytest.mark.rule("INV-16")
def test_the_inventory_ends_with_its_product(full: Actor, population: Population, product: Row, places: list[str]) -> None:
    """Gone from every answer; a new product with its SKU begins without stock."""
    sku = product["sku"]
    set_level(full, sku, places[0], 5).ok()
    total = full.call("listInventory", query={"limit": 1}).ok().meta["total"]
    full.call("deleteProduct", {"sku": sku}).ok()

    assert (listed(full, sku), sku in walk(full, INVENTORY).values("sku")) == ([], False)
    assert full.call("listInventory", query={"limit": 1}).ok().meta["total"] == total - 1
    full.call("getInventory", {"sku": sku}).refused("RESOURCE_NOT_FOUND")
    set_level(full, sku, places[0], 5).refused("RESOURCE_NOT_FOUND")
    population.product(sku=sku)
    assert (record(full, sku)["total_on_hand"], record(full, sku)["warehouses"]) == (0, [])


@pytest.mark.rule("INV-02")
def test_the_safety_stock_is_kept_in_own_warehouses_alone(full: Actor) -> None:
    """Of one record in both kinds, where there is one: the law itself is judged on every answer."""
    kinds = {row["id"]: row["type"] for row in walk(full, by_id("listWarehouses")).rows}
    rows = [row for row in walk(full, INVENTORY).rows if row["safety_stock"]]
    if not rows:
        not_run(Why.TOO_LITTLE, "tenant `main` has no record with a safety stock")
    for row in rows:
        for level in row["warehouses"]:
            assert level.get("type", kinds[level["warehouse_id"]]) == kinds[level["warehouse_id"]], row["sku"]
            safety = row["safety_stock"] if kinds[level["warehouse_id"]] == OWN else 0
            assert level["available"] == level["on_hand"] - level["reserved"] - safety, row["sku"]
