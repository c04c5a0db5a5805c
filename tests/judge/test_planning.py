"""What rate limits make of a run."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from contract_tests.costs import Cost
from contract_tests.planning import Limits, limits, planned, seconds

NOW = 1_700_000_000


def headers(limit: int, remaining: int, reset: int) -> dict[str, str]:
    numbers = {"limit": limit, "remaining": remaining, "reset": NOW + reset}
    return {"date": formatdate(NOW, usegmt=True), **{f"x-ratelimit-{name}": str(each) for name, each in numbers.items()}}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (headers(60, 59, 30), Limits(60, 1_000, 59, 30)),  # Starter, by the minute
        (headers(1_000, 12, 2_000), Limits(60, 1_000, 12, 2_000)),  # Starter, by the hour
        (headers(1_000, 12, 30), Limits(1_000, 100_000, 12, 30)),  # Enterprise, by the minute
        (headers(70, 69, 30), Limits(70, None, 69, 30)),
        (headers(700, 69, 300), Limits(None, 700, 69, 300)),
        ({}, None),
        ({**headers(60, 59, 30), "x-ratelimit-limit": "many"}, None),
    ],
)
def test_one_window_tells_the_other_where_the_plan_is_known(told: dict[str, str], expected: Limits | None) -> None:
    assert expected == limits(told)


def test_without_a_date_our_clock_is_taken() -> None:
    told = headers(60, 59, 0) | {"x-ratelimit-reset": str(int(time.time()) + 30)}
    del told["date"]
    seen = limits(told)

    assert seen is not None
    assert 0 < seen.reset <= 30


@pytest.mark.parametrize(
    ("requests", "known", "expected"),
    [
        (10, None, 0),
        (59, Limits(60, 1_000, 60, 30), 0),  # one is left for others
        (60, Limits(60, 1_000, 60, 30), 30),
        (59 + 59, Limits(60, 1_000, 60, 30), 30),
        (59 + 60, Limits(60, 1_000, 60, 30), 90),
        (59 + 999, Limits(60, 1_000, 60, 30), 30 + 16 * 60),
        (59 + 1_000, Limits(60, 1_000, 60, 30), 30 + 3_600),
        (5, Limits(None, 1_000, 1, 2_000), 2_000),
        (5, Limits(60, None, 0, 2), 2),
    ],
)
def test_a_request_beyond_a_window_waits_for_the_next(requests: int, known: Limits | None, expected: float) -> None:
    assert expected == seconds(requests, known)


STARTER = Limits(60, 1_000, 60, 60.0)
COSTS = {"A": Cost(50, {"full": 50}), "B": Cost(70, {"full": 70}), "C": Cost(9, {"reader": 9}, 5.0), "tidying": Cost(3, {})}


def test_a_plan_says_what_each_caller_needs() -> None:
    plan = planned(COSTS, {"full": STARTER}, 0.0)

    assert [("full", 120), ("reader", 9)] == [(need.caller, need.requests) for need in plan.needs]
    assert (132, 120.0, ()) == (plan.cost.requests, plan.seconds, plan.late)


def test_what_does_not_fit_is_late_and_others_may_still_be_in_time() -> None:
    assert ("B",) == planned(COSTS, {"full": STARTER}, 0.0, within=45).late
    assert ("C",) == planned(COSTS, {}, 0.0, within=4).late


def test_a_slow_target_and_a_bound_of_all_callers_take_their_time() -> None:
    assert pytest.approx(132 * 1.005 + 5) == planned(COSTS, {}, 1.0).seconds
    assert pytest.approx(132) == planned(COSTS, {}, 0.0, per_minute=60).seconds


def test_a_key_that_is_to_be_used_up_is_not_waited_for() -> None:
    assert planned({"A": Cost(50, {"quota": 50})}, {"quota": Limits(20, None, 0, 60.0)}, 0.0).seconds < 1
