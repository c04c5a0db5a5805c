"""The window that the rate-limit headers of an answer describe."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from contract_tests.client import Answer
from contract_tests.document import CONTRACT
from contract_tests.seen import LAG, clock

TRIES = 4  # a window may end in the midst of any test: then it is made again
MINUTE, HOUR = 60, 3600


class Window(NamedTuple):
    """What the headers of one answer say."""

    limit: int
    remaining: int
    reset: int


def window(answer: Answer) -> Window:
    return Window(*(answer.whole(f"X-RateLimit-{name}") for name in ("Limit", "Remaining", "Reset")))


def within(run: Callable[[], list[Answer]]) -> list[Window]:
    """The windows of a few answers, all of one window: made again if one ended in between."""
    for _ in range(TRIES):
        seen = [window(answer) for answer in run()]
        if len({each.reset for each in seen}) == 1:
            return seen
    raise AssertionError(f"expected one reset within a window, got {[each.reset for each in seen]} again and again")


def fallen(seen: list[Window]) -> bool:
    """Whether each request took from what the one before it left. Others may ask from the same address meanwhile."""
    return all(after.remaining < before.remaining or before.remaining == 0 for before, after in pairwise(seen))


def plans_of(answer: Answer) -> set[str]:
    """The plans whose minute or hour this may be: at its end, and with fewer requests left than the other can have."""
    limit, remaining, reset = window(answer)
    left = reset - clock(answer.seen)
    return {
        name
        for name, plan in CONTRACT.plans.items()
        if (limit == plan.per_minute and left <= MINUTE + LAG)
        or (limit == plan.per_hour and reset % HOUR == 0 and remaining < plan.per_minute)
    }
