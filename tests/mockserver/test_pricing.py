"""Pricing: which rules concern a product, what price they make, and how recommendations and listings follow each other."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from mockserver.domain.pricing import HIGHEST, Market, Offer, amount, cents, competitors, concerning, price, recommendation
from tests.machine import invariants
from tests.machine.inside import Mock
from tests.machine.world import made_id

Row = dict[str, Any]
_OFFERS = (Offer("A", 1900, False), Offer("B", 1950, True), Offer("C", 2100, False))
MARKET = Market(current=2000, cost=800, offers=_OFFERS)
ALONE = Market(current=2000, cost=None, offers=())
_NUMBERS = itertools.count(1)


def _rule(kind: str, value: float, value_type: str = "fixed", priority: int = 5, **members: Any) -> Row:
    number = next(_NUMBERS)
    return {
        "id": made_id("rule", number),
        "name": f"{kind} {value}",
        "type": kind,
        "value": value,
        "value_type": value_type,
        "applies_to": "all",
        "category": None,
        "skus": None,
        "marketplace": "all",
        "priority": priority,
        "is_active": True,
        "created_at": f"2026-03-01T00:00:{number % 60:02}.000Z",
    } | members


def _asked(market: Market, *rules: Row) -> int:
    return price(sorted(rules, key=lambda rule: rule["priority"]), market)[0]


# What a rule's value comes to


@pytest.mark.parametrize(
    ("value", "value_type", "cost", "expected"),
    [
        *((9.99, "fixed", 800, 999), (9.99, "fixed", None, 999), (35, "percentage", 800, 1080)),
        *((0, "percentage", 800, 800), (12.5, "percentage", 499, 561), (35, "percentage", None, None)),
        *((0.1, "percentage", 500, 501), (99_999_999.99, "percentage", 100_000, HIGHEST)),
    ],
)
def test_a_value_is_an_amount_or_a_percentage_above_cost(
    value: float, value_type: str, cost: int | None, expected: int | None
) -> None:
    """Half a cent is rounded up, a product without a cost is not concerned, no price is higher than the schema's maximum."""
    assert expected == amount({"value": value, "value_type": value_type}, cost)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (_rule("competitor_match", 0), 1900),
        (_rule("competitor_match", 19.2), 1920),
        (_rule("competitor_match", 150, "percentage"), 2000),
        (_rule("buy_box_target", 0), 1949),
        (_rule("buy_box_target", 25), 2500),
        (_rule("margin_target", 5), 1300),
        (_rule("margin_target", 50, "percentage"), 1200),
        (_rule("floor", 25), 2500),
        (_rule("floor", 1), 1950),
        (_rule("ceiling", 15), 1500),
        (_rule("ceiling", 100, "percentage"), 1600),
    ],
    ids=lambda value: value["name"] + value["value_type"] if isinstance(value, dict) else None,
)
def test_each_type_of_rule_aims_or_bounds(rule: Row, expected: int) -> None:
    """The lowest competitor asks 19.00, 19.50 holds the Buy Box, the cost is 8.00; without an aim it is halfway from 20.00
    to the lowest."""
    assert expected == _asked(MARKET, rule)


@pytest.mark.parametrize("kind", ["competitor_match", "buy_box_target", "margin_target", "floor", "ceiling"])
def test_a_percentage_without_a_cost_is_passed_over(kind: str) -> None:
    assert _asked(ALONE) == _asked(ALONE, _rule(kind, 500, "percentage"))


def test_a_margin_without_a_cost_is_passed_over_and_the_next_one_aims() -> None:
    assert 2500 == _asked(ALONE, _rule("margin_target", 5, priority=1), _rule("competitor_match", 25, priority=2))
    assert 2000 == _asked(ALONE, _rule("margin_target", 5))


def test_the_lowest_priority_number_wins_within_each_kind() -> None:
    aims = (
        _rule("margin_target", 9, priority=3),
        _rule("competitor_match", 0, priority=2),
        _rule("buy_box_target", 0, priority=4),
    )
    floors = (_rule("floor", 19.2, priority=7), _rule("floor", 30, priority=8))
    ceilings = (_rule("ceiling", 40, priority=9), _rule("ceiling", 10, priority=10))

    assert 1900 == _asked(MARKET, *aims)
    assert 1920 == _asked(MARKET, *aims, *floors)
    assert 1920 == _asked(MARKET, *aims, *floors, *ceilings)


@pytest.mark.parametrize(("floor", "ceiling", "expected"), [(1, 2, 2500), (2, 1, 1500)])
def test_where_floor_and_ceiling_contradict_the_lower_number_wins(floor: int, ceiling: int, expected: int) -> None:
    assert expected == _asked(MARKET, _rule("floor", 25, priority=floor), _rule("ceiling", 15, priority=ceiling))


def test_of_equal_priorities_the_older_rule_wins() -> None:
    older = _rule("margin_target", 1, created_at="2026-01-01T00:00:00.000Z")
    newer = _rule("margin_target", 2, created_at="2026-02-01T00:00:00.000Z")
    product = {"sku": "S", "category": None}

    assert [older, newer] == concerning([newer, older], product, "amazon_us")


@pytest.mark.parametrize(
    ("members", "concerns"),
    [
        ({}, True),
        ({"is_active": False}, False),
        ({"marketplace": "shopify"}, True),
        ({"marketplace": "amazon_us"}, False),
        ({"applies_to": "category", "category": "Tools"}, True),
        ({"applies_to": "category", "category": "tools"}, False),
        ({"applies_to": "skus", "skus": ["X", "S-1"]}, True),
        ({"applies_to": "skus", "skus": ["s-1"]}, False),
    ],
)
def test_a_rule_concerns_its_marketplace_category_or_skus(members: Row, concerns: bool) -> None:
    product = {"sku": "S-1", "category": "Tools"}

    assert concerns == bool(concerning([_rule("floor", 1, **members)], product, "shopify"))


def test_a_rule_for_a_category_does_not_concern_products_without_one() -> None:
    assert [] == concerning(
        [_rule("floor", 1, applies_to="category", category="Tools")], {"sku": "S", "category": None}, "x"
    )


def test_competitors_are_always_the_same_and_the_cheapest_comes_first() -> None:
    for number in range(200):
        offers = competitors(f"S-{number}", "amazon_us", 2000)
        assert offers == competitors(f"S-{number}", "amazon_us", 2000)
        assert sorted(offer.price for offer in offers) == [offer.price for offer in offers]
        assert sum(offer.has_buy_box for offer in offers) <= 1


@pytest.mark.parametrize("current", [0, 1, 2, HIGHEST])
def test_the_extremes_stay_within_the_schema(current: int) -> None:
    """A price is at least 0 and at most the highest, a probability between 0 and 1, a margin at most 1."""
    for number in range(50):
        market = Market(current, 0, competitors(f"S-{number}", "x", current))
        advice = recommendation([], market, "seed")
        assert 0 <= cents(advice["recommended_price"]) <= HIGHEST
        assert 0 <= advice["confidence"] <= 1
        assert 0 <= advice["buy_box_probability"] <= 1
        assert advice["estimated_margin"] is None or advice["estimated_margin"] <= 1


# Repricing


def _recalculate(small: Mock, *skus: str, marketplace: str = "amazon_us", apply: bool = False) -> list[Row]:
    """What a repricing recommends, in the order of the SKUs."""
    body = {"skus": list(skus), "marketplace": marketplace, "apply": apply}
    job_id = small.send("recalculatePrices", body).data["job_id"]
    small.clock.advance(seconds=90)
    ids = small.send("getJob", path={"jobId": job_id}).data["result"]["recommendation_ids"]
    rows = {row["id"]: row for row in small.all("listRecommendations")}
    return [rows[name] for name in ids]


def _without_rules(small: Mock) -> None:
    for row in small.all("listPricingRules"):
        small.send("deletePricingRule", path={"ruleId": row["id"]})


def _add(small: Mock, kind: str, value: float, value_type: str = "fixed", **members: Any) -> str:
    body = {"name": kind, "type": kind, "value": value, "value_type": value_type, "applies_to": "all", "marketplace": "all"}
    return str(small.send("createPricingRule", body | {"priority": 1} | members).data["id"])


def _listed(small: Mock, sku: str) -> dict[str, float]:
    listings = small.send("getProduct", path={"sku": sku}).data["listings"]
    return {listing["marketplace"]: listing["price"] for listing in listings}


def _prices_agree(small: Mock) -> None:
    products = [small.send("getProduct", path={"sku": row["sku"]}).data for row in small.all("listProducts")]
    invariants.prices_agree(products, small.all("listRecommendations"))


def test_rules_of_the_world_make_these_prices(small: Mock) -> None:
    """Tools have a ceiling of 150 % above cost, toys a margin of 40 %; all a floor of 6."""
    saw, top = _recalculate(small, "S-1", "S-4")

    assert 6 <= saw["recommended_price"] <= 20
    assert 7 == top["recommended_price"]
    assert (19.5, 6) == (saw["current_price"], top["current_price"])
    assert 0.2857 == top["estimated_margin"]


def test_the_price_is_the_listing_s_or_else_the_product_s(small: Mock) -> None:
    assert [10, 99.99] == [row["current_price"] for row in _recalculate(small, "S-2", "S-3", marketplace="shopify")]
    assert [10] == [row["current_price"] for row in _recalculate(small, "S-2", marketplace="amazon_us")]


def test_without_a_cost_there_is_no_margin(small: Mock) -> None:
    (row,) = _recalculate(small, "S-2")

    assert row["estimated_margin"] is None


def test_apply_changes_the_listings_and_nothing_else(small: Mock) -> None:
    """S-3 has no listing: there is nothing to change, and the recommendation stays pending."""
    before = {row["sku"]: row for row in small.all("listProducts")}
    rows = _recalculate(small, "S-1", "S-3", "S-4", apply=True)
    job = small.send("getJob", path={"jobId": rows[0]["job_id"]}).data

    assert ["applied", "pending", "applied"] == [row["status"] for row in rows]
    assert 2 == job["result"]["applied_count"]
    assert {"amazon_us": rows[0]["recommended_price"], "shopify": 21} == _listed(small, "S-1")
    assert {"amazon_us": 7} == _listed(small, "S-4")
    after = {row["sku"]: row for row in small.all("listProducts")}
    assert {"S-1", "S-4"} == {sku for sku in after if after[sku] != before[sku]}
    assert {job["completed_at"]} == {after[sku]["updated_at"] for sku in ("S-1", "S-4")}
    assert {before[sku] | {"updated_at": job["completed_at"]} == after[sku] for sku in ("S-1", "S-4")} == {True}
    _prices_agree(small)


def test_a_new_recommendation_dismisses_the_pending_one_before_it(small: Mock) -> None:
    """On its own marketplace alone."""
    (elsewhere,) = _recalculate(small, "S-1", marketplace="shopify")
    (first,) = _recalculate(small, "S-1")
    (second,) = _recalculate(small, "S-1")

    statuses = {row["id"]: row["status"] for row in small.all("listRecommendations")}
    assert ("pending", "dismissed", "pending") == tuple(statuses[row["id"]] for row in (elsewhere, first, second))
    assert "dismissed" == statuses[made_id("rec", 1)]
    _prices_agree(small)


def test_a_new_price_dismisses_what_was_recommended_from_another(small: Mock) -> None:
    """Where the product has a listing the price there is still true, and so is the recommendation."""
    (there,) = _recalculate(small, "S-1")
    (nowhere,) = _recalculate(small, "S-1", marketplace="ebay")
    small.send("updateProduct", {"price": 20}, {"sku": "S-1"})
    same = {row["id"]: row["status"] for row in small.all("listRecommendations")}
    small.send("updateProduct", {"price": 22}, {"sku": "S-1"})
    other = {row["id"]: row["status"] for row in small.all("listRecommendations")}

    assert ("pending", "pending") == (same[there["id"]], same[nowhere["id"]])
    assert ("pending", "dismissed") == (other[there["id"]], other[nowhere["id"]])
    _prices_agree(small)


def test_a_product_s_end_dismisses_what_was_recommended_for_it(small: Mock) -> None:
    _recalculate(small, "S-1")
    small.send("deleteProduct", path={"sku": "S-1"})
    small.send("createProduct", {"sku": "S-1", "title": "Another", "price": 3})

    assert {"dismissed"} == {row["status"] for row in small.all("listRecommendations") if row["sku"] == "S-1"}
    assert [3] == [row["current_price"] for row in _recalculate(small, "S-1")]


def test_a_deleted_rule_bounds_nothing_any_more(small: Mock) -> None:
    _without_rules(small)
    rule_id = _add(small, "ceiling", 5)
    (bounded,) = _recalculate(small, "S-1")
    small.send("deletePricingRule", path={"ruleId": rule_id})
    (free,) = _recalculate(small, "S-1")

    assert 5 == bounded["recommended_price"] < free["recommended_price"]


def test_a_rule_is_as_it_is_when_the_job_ends(small: Mock) -> None:
    """It is switched off while the job runs."""
    _without_rules(small)
    rule_id = _add(small, "ceiling", 5)
    job_id = small.send("recalculatePrices", {"skus": ["S-1"], "marketplace": "amazon_us"}).data["job_id"]
    small.clock.advance(seconds=2)
    small.send("updatePricingRule", {"is_active": False}, {"ruleId": rule_id})
    small.clock.advance(seconds=90)

    made = [row for row in small.all("listRecommendations") if row["job_id"] == job_id]
    assert [True] == [row["recommended_price"] > 5 for row in made]


@pytest.mark.parametrize("sku", ["S-1", "S-2", "S-3", "S-4", "S-7", "S-8", "S-9"])
def test_a_scan_finds_the_competitors_that_repricing_meets(small: Mock, sku: str) -> None:
    """competitor_match aims at the lowest price that a competitor_scan shows, buy_box_target a cent below who holds it."""
    _without_rules(small)
    small.send("createProduct", {"sku": sku, "title": sku, "price": 33.33})
    body = {"type": "competitor_scan", "params": {"skus": [sku], "marketplace": "amazon_us"}}
    job_id = small.send("dispatchJob", body).data["id"]
    small.clock.advance(seconds=90)
    (item,) = small.send("getJob", path={"jobId": job_id}).data["result"]["items"]
    _add(small, "competitor_match", 0)
    (matched,) = _recalculate(small, sku)
    _without_rules(small)
    _add(small, "buy_box_target", 0)
    (won,) = _recalculate(small, sku)

    holder = next((offer["price"] for offer in item["competitors"] if offer["has_buy_box"]), None)
    assert matched["recommended_price"] == (item["lowest_price"] or matched["current_price"])
    assert cents(won["recommended_price"]) == (cents(won["current_price"]) if holder is None else cents(holder) - 1)


# Rules


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"applies_to": "category", "category": "Tools"}, 200),
        ({"applies_to": "category"}, 400),
        ({"category": "Tools"}, 400),
        ({"applies_to": "skus", "skus": ["S-1"]}, 200),
        ({"applies_to": "skus", "skus": []}, 400),
        ({"applies_to": "skus", "skus": ["S-1"], "category": "Tools"}, 400),
        ({"priority": 0}, 400),
        ({"value": 1.001}, 400),
        ({}, 400),
        ({"value": 0}, 200),
    ],
)
def test_what_results_of_a_change_is_a_whole_rule(small: Mock, body: Row, status: int) -> None:
    before = small.send("getPricingRule", path={"ruleId": made_id("rule", 1)}).data

    answer = small.send("updatePricingRule", body, {"ruleId": before["id"]})

    after = small.send("getPricingRule", path={"ruleId": before["id"]}).data
    assert status == answer.status
    assert (before if status == 400 else before | body | {"updated_at": small.at}) == after


def test_a_rule_that_is_not_given_it_is_active(small: Mock) -> None:
    rule_id = _add(small, "floor", 1)

    assert small.send("getPricingRule", path={"ruleId": rule_id}).data["is_active"] is True
