"""When jobs start and end. A job's state follows from the clock alone, so it is the same after a restart."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

# Seconds by type, as documented (api-facts 1.6, Job types).
DURATIONS: Mapping[str, tuple[int, int]] = {
    "pricing_recalculate": (10, 60),
    "review_sentiment": (30, 120),
    "return_classify": (20, 90),
    "llm_visibility_score": (60, 300),
    "competitor_scan": (15, 60),
    "listing_optimize": (30, 120),
}
PRIORITIES = ("high", "normal", "low")  # the first is processed first; within one, the oldest
WORKERS = 2  # jobs of one tenant that run at a time
PICKUP = timedelta(seconds=1)  # a job is queued for at least so long
WAITING = "9999-12-31T23:59:59.999Z"  # wakes_at of a job that waits for a worker
FAILING = "FAIL-"  # a SKU that begins so makes its job fail, so that front ends can show it


def duration(job_id: str, type_: str) -> timedelta:
    """How long a job runs: within its type's range, the same for the same job."""
    shortest, longest = DURATIONS[type_]
    chance = random.Random(job_id)  # noqa: S311  the same every time is what is wanted
    return timedelta(milliseconds=chance.randint(shortest * 1000, longest * 1000))


def estimate(ends: Sequence[datetime], ahead: Iterable[timedelta], ready: datetime, lasts: timedelta) -> datetime:
    """When a job will end that is ready at a time: after the running ones (`ends`) and those ahead of it in the queue."""
    workers = [*ends, *[ready] * WORKERS][: max(WORKERS, len(ends))]
    heapq.heapify(workers)
    for earlier in ahead:
        heapq.heapreplace(workers, max(workers[0], ready) + earlier)
    return max(workers[0], ready) + lasts


def failure(params: Mapping[str, Any], known: Iterable[str]) -> dict[str, str] | None:
    """Why a job on these SKUs fails, of which `known` still exist; None if it does not."""
    failing = next((sku for sku in params["skus"] if sku.startswith(FAILING)), None)
    if failing:
        return {"code": "WORKER_FAILED", "message": f"The worker gave up on {failing} after 3 tries"}
    if not any(True for _ in known):
        return {"code": "WORKER_FAILED", "message": "None of the products exists any more"}
    return None
