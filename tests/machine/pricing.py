"""Pricing in the model: which rules concern a product, and between which prices a recommendation must lie."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from tests.machine.model import Expected, Row, State, cents, invalid, missing, pending, price_on

HIGHEST = 9_999_999_999  # cents


def create_rule(state: State, at: str, body: Row, given: Row) -> Expected:
    empty = {"category": None, "skus": None, "is_active": True}
    rule = {**empty, **body, "id": given.get("id"), "created_at": at, "updated_at": at}
    state.rules[rule["id"]] = rule
    return Expected(201, data=rule)


def update_rule(state: State, at: str, rule_id: str, body: Row) -> Expected:
    """A rule for a category has a category and no SKUs, one for SKUs has SKUs and no category, one for all neither."""
    rule = state.rules.get(rule_id)
    if rule is None:
        return missing()
    after = rule | body | {"updated_at": at}
    needs = {"category": after["applies_to"] == "category", "skus": after["applies_to"] == "skus"}
    if any(needed != (after[name] is not None) for name, needed in needs.items()):
        return invalid()
    state.rules[rule_id] = after
    return Expected(200, data=after)


def delete_rule(state: State, rule_id: str) -> Expected:
    return missing() if state.rules.pop(rule_id, None) is None else Expected(204)


def between(state: State, sku: str, marketplace: str) -> tuple[int, int]:
    """The lowest and the highest price in cents that the rules allow now.

    The winning strategy says where to aim (`margin_target` exactly, the others at least), then the winning floor and the
    winning ceiling bound it, the one with the lower number last.
    """
    product = state.products[sku]
    cost = None if product["cost_price"] is None else cents(product["cost_price"])
    rules = [rule for rule in state.rules.values() if _concerns(rule, product, marketplace)]
    rules = [rule for rule in rules if rule["value_type"] == "fixed" or cost is not None]
    rules.sort(key=lambda rule: (rule["priority"], rule["created_at"], rule["id"]))
    low, high = 0, HIGHEST
    for rule in rules:
        if rule["type"] == "margin_target" and cost is not None:
            aim = amount(rule, cost) + (cost if rule["value_type"] == "fixed" else 0)
            low = high = min(aim, HIGHEST)
            break
        if rule["type"] in ("competitor_match", "buy_box_target"):
            low = amount(rule, cost)
            break
    winners = [next((rule for rule in rules if rule["type"] == kind), None) for kind in ("floor", "ceiling")]
    bounds = sorted((rule for rule in winners if rule), key=rules.index, reverse=True)
    for rule in bounds:
        limit, bound = amount(rule, cost), max if rule["type"] == "floor" else min
        low, high = bound(low, limit), bound(high, limit)
    return low, high


def amount(rule: Row, cost: int | None) -> int:
    """A rule's value in cents: itself, or so many percent above cost, rounded to the cent."""
    value = Fraction(str(rule["value"]))
    exact = value * 100 if rule["value_type"] == "fixed" else Fraction(cost or 0) * (100 + value) / 100
    return min(math.floor(exact + Fraction(1, 2)), HIGHEST)


def _concerns(rule: Row, product: Row, marketplace: str) -> bool:
    if not rule["is_active"] or rule["marketplace"] not in ("all", marketplace):
        return False
    scope = rule["applies_to"]
    return scope == "all" or (
        product["category"] == rule["category"] if scope == "category" else product["sku"] in rule["skus"]
    )


def reprice(state: State, at: str, job: Row, result: Row, seen: Mapping[str, Row]) -> None:
    """What a repricing that ends now leaves behind. Prices and odds are the mock's to choose, within the rules."""
    params = job["params"]
    skus = [sku for sku in params["skus"] if sku in state.products]
    made = [seen[rec_id] for rec_id in result["recommendation_ids"]]
    assert skus == [row["sku"] for row in made], f"{job['id']}: one recommendation for each SKU, in their order"
    applied = 0
    for row in made:
        product, marketplace = state.products[row["sku"]], params["marketplace"]
        current = price_on(state, row["sku"], marketplace)
        low, high = between(state, row["sku"], marketplace)
        assert low <= cents(row["recommended_price"]) <= high, f"{row}: not between {low} and {high} cents"
        assert (marketplace, current, job["id"], at) == tuple(
            row[name] for name in ("marketplace", "current_price", "job_id", "created_at")
        ), row
        _require_margin(row, product["cost_price"])
        for earlier in pending(state, row["sku"]):
            if earlier["marketplace"] == marketplace:
                earlier["status"] = "dismissed"
        listing = next((it for it in product["listings"] if it["marketplace"] == marketplace), None)
        follows = params["apply"] and listing is not None
        state.recommendations[row["id"]] = {**row, "status": "applied" if follows else "pending"}
        if follows and listing:
            applied += 1
            listing |= {"price": row["recommended_price"], "last_synced_at": at}
            product["updated_at"] = at
            state.tell("product.updated", product["id"], at, product)
    assert applied == result["applied_count"], f"{job['id']}: {result}"


def _require_margin(row: Row, cost: float | None) -> None:
    price, margin = row["recommended_price"], row["estimated_margin"]
    if cost is None or price == 0:
        assert margin is None, row
    else:
        assert abs(margin - (price - cost) / price) < 1e-4, row
