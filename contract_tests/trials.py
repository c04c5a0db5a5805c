"""What repricing is asked, so that one job answers many questions: each trial is a product with rules of its own.

A margin target makes the price certain without the floors and ceilings; these then bound it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

FIRST, SECOND, THIRD = 1, 2, 3  # priorities; FOREMOST is the highest number of them
FOREMOST = THIRD
HIGHEST = 99_999_999.99
PRICE = 50.0


class Trial(NamedTuple):
    """A product with this cost and rules, and what its recommended price must lie between. `rule` is the catalogue's.

    A rule concerns the product alone, on this marketplace, with the first priority, unless it says otherwise; the values
    ELSEWHERE and CATEGORY are put in when it is made, and one with `deleted` is deleted before the job is dispatched.
    """

    rule: str
    rules: tuple[Mapping[str, Any], ...]
    least: float
    most: float
    cost: float | None = 20.0


def _rule(kind: str, value: float, priority: int = FIRST, **members: Any) -> dict[str, Any]:
    return {"type": kind, "value": value, "value_type": "fixed", "priority": priority, **members}


def _percent(kind: str, value: float, priority: int = FIRST) -> dict[str, Any]:
    return _rule(kind, value, priority, value_type="percentage")


def _exactly(rule: str, price: float, *rules: dict[str, Any], cost: float | None = 20.0) -> Trial:
    return Trial(rule, rules, price, price, cost)


AIM = _rule("margin_target", 10, THIRD)  # 30.00: the cost and 10
ELSEWHERE = "another_place"

TRIALS: Mapping[str, Trial] = {
    "floor": Trial("PRC-11", (_rule("floor", 500),), 500, HIGHEST),
    "ceiling": Trial("PRC-11", (_rule("ceiling", 5),), 0, 5),
    "floor-above-target": _exactly("PRC-11", 40, AIM, _rule("floor", 40)),
    "ceiling-below-target": _exactly("PRC-11", 25.5, AIM, _rule("ceiling", 25.5)),
    "bounds-that-do-not-bind": _exactly("PRC-11", 30, AIM, _rule("floor", 29.99), _rule("ceiling", 30.01)),
    "floor-of-a-category": _exactly("PRC-11", 41, AIM, _rule("floor", 41, applies_to="category")),
    "floor-of-all-marketplaces": _exactly("PRC-11", 42, AIM, _rule("floor", 42, marketplace="all")),
    "two-floors": _exactly("PRC-12", 100, _rule("floor", 200, SECOND), _rule("floor", 100), AIM),
    "two-ceilings": _exactly("PRC-12", 28, _rule("ceiling", 22, SECOND), _rule("ceiling", 28), AIM),
    "two-targets": _exactly("PRC-12", 35, _rule("margin_target", 90, SECOND), _rule("margin_target", 15)),
    "floor-before-ceiling": _exactly("PRC-12", 45, AIM, _rule("floor", 45), _rule("ceiling", 40, SECOND)),
    "ceiling-before-floor": _exactly("PRC-12", 40, AIM, _rule("floor", 45, SECOND), _rule("ceiling", 40)),
    "percentage-floor": _exactly("PRC-13", 40, AIM, _percent("floor", 100)),
    "percentage-ceiling": _exactly("PRC-13", 22, AIM, _percent("ceiling", 10)),
    "percentage-of-nothing": _exactly("PRC-13", 20, AIM, _percent("ceiling", 0)),
    "percentage-to-the-cent": _exactly("PRC-13", 13.32, _percent("margin_target", 33.33), cost=9.99),
    "percentage-without-cost": _exactly(
        "PRC-13", 7, _percent("floor", 1000), _rule("floor", 7, SECOND), _rule("ceiling", 7, THIRD), cost=None
    ),
    "margin-target": _exactly("PRC-14", 30, AIM),
    "margin-target-in-percent": _exactly("PRC-14", 30, _percent("margin_target", 50)),
    "competitor-match": Trial("PRC-14", (_rule("competitor_match", 300),), 300, HIGHEST),
    "buy-box-target": Trial("PRC-14", (_rule("buy_box_target", 300),), 300, HIGHEST),
    "not-active": _exactly("PRC-15", 30, AIM, _rule("floor", 500, is_active=False)),
    "deleted": _exactly("PRC-15", 30, AIM, _rule("floor", 500, deleted=True)),
    "another-marketplace": _exactly("PRC-15", 30, AIM, _rule("floor", 500, marketplace=ELSEWHERE)),
    "another-sku": _exactly("PRC-15", 30, AIM, _rule("floor", 500, skus=[ELSEWHERE])),
    "another-category": _exactly("PRC-15", 30, AIM, _rule("floor", 500, applies_to="category", category=ELSEWHERE)),
    "price-of-nothing": _exactly("PRC-17", 0, _rule("ceiling", 0)),
}


def of_rule(rule: str) -> pytest.MarkDecorator:
    """The trials of a rule of the catalogue."""
    return pytest.mark.parametrize("name", [name for name, trial in TRIALS.items() if trial.rule == rule])
