"""What a run will need of a target: requests by caller, and the time that their rate limits make of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from contract_tests.client import BURNT
from contract_tests.costs import NOTHING, TIDYING, Cost
from contract_tests.pacing import HOUR, SPARE
from nexuscommerce.contract import load

MINUTE = 60
OWN = 0.005  # seconds of a request beside the target's: what the judge does for it


class Limits(NamedTuple):
    """A caller's rate limit, as far as the headers of one answer tell; `reset` is in seconds from now."""

    per_minute: int | None
    per_hour: int | None
    remaining: int
    reset: float


class Need(NamedTuple):
    """The requests of a caller, and the seconds that its limit, if it is known, lets pass until the last of them."""

    caller: str
    requests: int
    limits: Limits | None
    seconds: float


@dataclass(frozen=True)
class Plan:
    """A run. `late` are the rules that its time limit leaves no time for; `needs` and `cost` are those of all rules."""

    cost: Cost
    needs: tuple[Need, ...]
    seconds: float
    late: tuple[str, ...]


def limits(headers: Mapping[str, str]) -> Limits | None:
    """What the headers say, by their names in lower case; None if they say nothing.

    They tell of one window. Where its limit is that of a plan of the document, the plan tells the other.
    """
    try:
        limit, remaining, reset = (int(headers[f"x-ratelimit-{name}"]) for name in ("limit", "remaining", "reset"))
    except (KeyError, ValueError):
        return None
    left = max(reset - _clock(headers), 0.0)
    hourly = left > MINUTE + 1
    for plan in load().plans.values():
        if limit == (plan.per_hour if hourly else plan.per_minute):
            return Limits(plan.per_minute, plan.per_hour, remaining, left)
    return Limits(None if hourly else limit, limit if hourly else None, remaining, left)


def _clock(headers: Mapping[str, str]) -> float:
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError):
        return time.time()


def seconds(requests: int, known: Limits | None) -> float:
    """Until the last of so many requests may be sent, when the first is sent now and none is refused."""
    if known is None or requests <= known.remaining - SPARE:
        return 0.0
    left, waited = requests - max(known.remaining - SPARE, 0), known.reset
    minutely = max(known.per_minute - SPARE, 1) if known.per_minute else None
    hourly = max(known.per_hour - SPARE, 1) if known.per_hour else None
    if hourly:
        hourly = min(hourly, MINUTE * minutely) if minutely else hourly
        waited += (left - 1) // hourly * HOUR
        left -= (left - 1) // hourly * hourly
    if minutely:
        waited += (left - 1) // minutely * MINUTE
    return waited


def planned(
    costs: Mapping[str, Cost],
    known: Mapping[str, Limits | None],
    latency: float,
    per_minute: int | None = None,
    within: float | None = None,
) -> Plan:
    """`costs` by rule, in the order in which they are judged; `latency` is that of the target, `within` the time limit."""
    whole = sum(costs.values(), NOTHING)
    needs = tuple(
        Need(caller, requests, known.get(caller), _waits(caller, requests, known))
        for caller, requests in sorted(whole.callers.items(), key=lambda item: -item[1])
    )
    lasts = _lasts(whole, known, latency, per_minute)
    return Plan(whole, needs, lasts, tuple(_late(costs, known, latency, per_minute, within)) if within else ())


def _waits(caller: str, requests: int, known: Mapping[str, Limits | None]) -> float:
    """Nobody keeps below the limit of a key that is to be used up: how long its rules wait was measured."""
    return 0.0 if caller == BURNT else seconds(requests, known.get(caller))


def _lasts(cost: Cost, known: Mapping[str, Limits | None], latency: float, per_minute: int | None) -> float:
    """While one caller waits the windows of the others go by, so the longest wait is what counts."""
    limited = [_waits(caller, requests, known) for caller, requests in cost.callers.items()]
    paced = cost.requests * MINUTE / per_minute if per_minute else 0.0
    return max([cost.waits + cost.requests * (latency + OWN), paced, *limited])


def _late(
    costs: Mapping[str, Cost],
    known: Mapping[str, Limits | None],
    latency: float,
    per_minute: int | None,
    within: float,
) -> Iterable[str]:
    """As a run has it: a rule that cannot be judged in time is left out, and a later one of another caller may still be."""
    spent = NOTHING
    for rule, cost in costs.items():
        if rule == TIDYING or not cost.requests:
            continue
        if _lasts(spent + cost, known, latency, per_minute) > within:
            yield rule
        else:
            spent += cost
