"""What price to recommend: which rules concern a product, which of them wins, and how floor and ceiling bound the result.

Amounts are whole cents. Competitors are invented, and always the same for a SKU on a marketplace.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

Row = Mapping[str, Any]
BOUNDS = ("floor", "ceiling")
HIGHEST = 9_999_999_999
_SELLERS = ("Bargain Barn", "Gadget Garage", "Parcel Palace", "Price Pirates", "Warehouse Wonders")


class Offer(NamedTuple):
    """What a competitor asks, in cents."""

    seller: str
    price: int
    has_buy_box: bool


class Market(NamedTuple):
    """A product on a marketplace: its price there, its cost, and the competitors' offers, the cheapest first."""

    current: int
    cost: int | None
    offers: Sequence[Offer]

    @property
    def lowest(self) -> int:
        """The lowest competitor's price; the product's own where there is none."""
        return self.offers[0].price if self.offers else self.current

    @property
    def buy_box(self) -> int:
        """The highest price that still wins the Buy Box: a cent below who holds it."""
        return next((max(offer.price - 1, 1) for offer in self.offers if offer.has_buy_box), self.current)


def cents(amount: float) -> int:
    return round(amount * 100)


def competitors(sku: str, marketplace: str, price: int) -> list[Offer]:
    """Up to four offers around a price, the cheapest first; one of them may hold the Buy Box."""
    chance = random.Random(f"{sku} {marketplace}")  # noqa: S311  the same ones every time is what is wanted
    sellers = chance.sample(_SELLERS, chance.randint(0, 4))
    asked = sorted((max(price * chance.randint(88, 115) // 100, 1), seller) for seller in sellers)
    holder = chance.choice([0, 0, 1, None])
    return [Offer(seller, min(amount, HIGHEST), index == holder) for index, (amount, seller) in enumerate(asked)]


def concerning(rules: Iterable[Row], product: Row, marketplace: str) -> list[Row]:
    """The active rules that apply, the winner first: the lowest priority number, then the older."""
    found = [
        rule
        for rule in rules
        if rule["is_active"] and rule["marketplace"] in ("all", marketplace) and _CONCERNS[rule["applies_to"]](rule, product)
    ]
    return sorted(found, key=lambda rule: (rule["priority"], rule["created_at"], rule["id"]))


_CONCERNS: Mapping[str, Callable[[Row, Row], bool]] = {
    "all": lambda rule, product: True,
    "category": lambda rule, product: bool(rule["category"] == product["category"]),
    "skus": lambda rule, product: product["sku"] in rule["skus"],
}


# What a rule that applies to this needs, of what it has otherwise none.
_NEEDS = {"category": "category", "skus": "skus"}


def incomplete(rule: Row) -> Iterator[tuple[str, str]]:
    """The members that keep a rule from being whole, each with the reason."""
    for scope, member in _NEEDS.items():
        if rule["applies_to"] == scope and rule[member] is None:
            yield member, f"a rule that applies to {scope} needs its {member}"
        if rule["applies_to"] != scope and rule[member] is not None:
            yield member, f"{member} must be null in a rule that applies to {rule['applies_to']}"


def amount(rule: Row, cost: int | None) -> int | None:
    """What a rule's value comes to: itself, or a percentage above cost; nothing where the cost is not known."""
    if rule["value_type"] == "fixed":
        return cents(rule["value"])
    if cost is None:
        return None
    above = Decimal(cost) * (100 + Decimal(str(rule["value"]))) / 100
    return min(int(above.quantize(Decimal(1), ROUND_HALF_UP)), HIGHEST)


def _margin(rule: Row, market: Market) -> int | None:
    """The cost plus the amount, or the percentage above it."""
    least = amount(rule, market.cost)
    if rule["value_type"] == "percentage" or least is None or market.cost is None:
        return least if market.cost is not None else None
    return market.cost + least


def _at_least(rule: Row, market: Market, price: int) -> int | None:
    least = amount(rule, market.cost)
    return None if least is None else max(price, least)


# The strategies: what price a rule of the type aims at, or None where it cannot tell.
_AIMS: Mapping[str, Callable[[Row, Market], int | None]] = {
    "competitor_match": lambda rule, market: _at_least(rule, market, market.lowest),
    "buy_box_target": lambda rule, market: _at_least(rule, market, market.buy_box),
    "margin_target": _margin,
}


def price(rules: Sequence[Row], market: Market) -> tuple[int, list[str]]:
    """The price in cents that these rules, the winner first, make of a market, and why.

    The first strategy that can tell aims; without one the price goes halfway towards the lowest competitor. Then the first
    floor and the first ceiling bound it, and where they contradict each other the one whose priority number is lower wins.
    """
    aim, why = (market.current + market.lowest) // 2, [f"The lowest competitor asks {market.lowest / 100:.2f}"]
    for rule in rules:
        wanted = _AIMS[rule["type"]](rule, market) if rule["type"] in _AIMS else None
        if wanted is not None:
            aim, why = wanted, [f"{_short(rule['name'])} ({rule['type']}) aims at {wanted / 100:.2f}"]
            break
    bounds: dict[str, tuple[int, str]] = {}
    for rule in rules:
        limit = amount(rule, market.cost)
        if rule["type"] in BOUNDS and limit is not None:
            bounds.setdefault(rule["type"], (limit, rule["name"]))
    for kind, (limit, name) in reversed(bounds.items()):
        bounded = max(aim, limit) if kind == "floor" else min(aim, limit)
        if bounded != aim:
            aim, why = bounded, [*why, f"the {kind} {_short(name)} is {limit / 100:.2f}"]
    return min(max(aim, 0), HIGHEST), why


def _short(name: str) -> str:
    """Three of them fit into a reasoning, which holds 500 characters."""
    return name if len(name) <= 80 else name[:79] + "…"


def recommendation(rules: Sequence[Row], market: Market, seed: str) -> dict[str, Any]:
    """The members of a recommendation that pricing decides. Probabilities depend on the seed alone and on the price."""
    asked, why = price(rules, market)
    chance = random.Random(seed)  # noqa: S311  the same every time is what is wanted
    dearer = max(asked - market.buy_box, 0) / max(market.buy_box, 1)
    margin = None if market.cost is None or asked == 0 else round((asked - market.cost) / asked, 4)
    return {
        "current_price": market.current / 100,
        "recommended_price": asked / 100,
        "confidence": chance.randint(50, 99) / 100,
        "buy_box_probability": round(max(0.95 - 3 * dearer, 0.02), 2),
        "estimated_margin": margin,
        "reasoning": "; ".join(why) + ".",
    }
