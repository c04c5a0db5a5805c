"""Jobs in the model. When a job ends is the mock's to choose, within its type's range; all else follows from the clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.machine.model import Expected, Row, State, missing
from tests.machine.pricing import reprice

SECONDS = {
    "pricing_recalculate": (10, 60),
    "review_sentiment": (30, 120),
    "return_classify": (20, 90),
    "llm_visibility_score": (60, 300),
    "competitor_scan": (15, 60),
    "listing_optimize": (30, 120),
}
DEFAULTS: Mapping[str, Row] = {
    "pricing_recalculate": {"apply": False},
    "review_sentiment": {"lookback_days": 7},
    "return_classify": {"lookback_days": 60},
    "llm_visibility_score": {"assistants": ["ChatGPT", "Gemini", "Perplexity"]},
    "competitor_scan": {},
    "listing_optimize": {},
}
RANKS = ("high", "normal", "low")
AT_A_TIME = 2
READY = timedelta(seconds=1)


def dispatch(state: State, at: str, type_: str, params: Row, priority: str, given: Row) -> Expected:
    """`given` are the new job's id and its estimate."""
    if any(sku not in state.products for sku in params["skus"]):
        return missing()
    job: Row = {
        "id": given.get("id"),
        "type": type_,
        "status": "queued",
        "priority": priority,
        "params": DEFAULTS[type_] | params,
        "created_at": at,
        "estimated_completion_at": given.get("estimated_completion_at"),
        **dict.fromkeys(("started_at", "completed_at", "result", "error")),
    }
    state.jobs[job["id"]] = job
    state.waking[job["id"]] = False
    earliest = _later(at, READY + timedelta(seconds=SECONDS[type_][0]))
    assert job["estimated_completion_at"] is None or earliest <= job["estimated_completion_at"], job
    return Expected(202, data=job)


def cancel(state: State, at: str, job_id: str) -> Expected:
    job = state.jobs.get(job_id)
    if job is None:
        return missing()
    if job["status"] not in ("queued", "running"):
        details = {"from": job["status"], "to": "cancelled", "allowed": []}
        return Expected(409, "INVALID_STATE_TRANSITION", details=details)
    job |= {"status": "cancelled", "completed_at": at}
    state.waking.pop(job_id, None)
    answered = dict(job)
    _start(state, at)
    return Expected(200, data=answered)


def catch_up(state: State, now: str, jobs: Mapping[str, Row], recommendations: Mapping[str, Row]) -> None:
    """Everything that has happened until now, in its order; `jobs` and `recommendations` are what the mock shows."""
    while step := _next(state, now, jobs):
        at, ends, *_, job_id = step
        if ends:
            _end(state, at, state.jobs[job_id], jobs[job_id], recommendations)
        else:
            state.waking[job_id] = True
        _start(state, at)
    for job in _running(state):
        longest = timedelta(seconds=SECONDS[job["type"]][1])
        assert now < _later(job["started_at"], longest), f"{job} should have ended by {now}"


def _next(state: State, now: str, jobs: Mapping[str, Row]) -> tuple[Any, ...] | None:
    """The earliest step until now: its instant, whether a job ends (else one is ready), and the job's place and id."""
    steps: list[tuple[Any, ...]] = []
    for job_id, ready in state.waking.items():
        job = state.jobs[job_id]
        place = (RANKS.index(job["priority"]), job["created_at"], job_id)
        if job["status"] == "running" and jobs[job_id]["status"] in ("completed", "failed"):
            steps.append((jobs[job_id]["completed_at"], True, *place))
        if job["status"] == "queued" and not ready:
            steps.append((_later(job["created_at"], READY), False, *place))
    first = min(steps, default=None)
    return first if first and first[0] <= now else None


def _running(state: State) -> list[Row]:
    return [state.jobs[job_id] for job_id in state.waking if state.jobs[job_id]["status"] == "running"]


def _start(state: State, at: str) -> None:
    """`high` before `normal` before `low`, then the older."""
    waiting = [state.jobs[job_id] for job_id, ready in state.waking.items() if ready]
    waiting = [job for job in waiting if job["status"] == "queued"]
    waiting.sort(key=lambda job: (RANKS.index(job["priority"]), job["created_at"], job["id"]))
    for job in waiting[: AT_A_TIME - len(_running(state))]:
        job |= {"status": "running", "started_at": at}


def _end(state: State, at: str, job: Row, seen: Row, recommendations: Mapping[str, Row]) -> None:
    lasted = datetime.fromisoformat(at) - datetime.fromisoformat(job["started_at"])
    shortest, longest = SECONDS[job["type"]]
    assert shortest <= lasted.total_seconds() <= longest, f"{job} lasted {lasted}"
    skus = job["params"]["skus"]
    left = [sku for sku in skus if sku in state.products]
    fails = not left or any(sku.startswith("FAIL-") for sku in skus)
    job |= {"status": "failed" if fails else "completed", "completed_at": at}
    job |= {"error" if fails else "result": seen["error" if fails else "result"]}
    assert job["status"] == seen["status"], f"{seen} should be {job['status']}"
    del state.waking[job["id"]]
    if not fails and job["type"] == "pricing_recalculate":
        reprice(state, at, job, seen["result"], recommendations)
    elif not fails:
        assert left == [item["sku"] for item in seen["result"]["items"]], seen
        for item in seen["result"]["items"]:
            CHECKS[job["type"]](item, job["params"], state.products[item["sku"]])
    state.tell(f"ai_job.{job['status']}", job["id"], at, job)


def _later(at: str, by: timedelta) -> str:
    return (datetime.fromisoformat(at) + by).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# What the document says of each item of a result.


def _sentiment(item: Row, params: Row, product: Row) -> None:
    mentions = [topic["mentions"] for topic in item["topics"]]
    assert sorted(mentions, reverse=True) == mentions, item
    assert all(count <= item["reviews_analyzed"] for count in mentions), item


def _returns(item: Row, params: Row, product: Row) -> None:
    counts = [reason["count"] for reason in item["reasons"]]
    assert (sorted(counts, reverse=True), sum(counts)) == (counts, item["returns_classified"]), item
    assert len({reason["reason"] for reason in item["reasons"]}) == len(counts), item


def _visibility(item: Row, params: Row, product: Row) -> None:
    scores = [row["score"] for row in item["assistants"]]
    assert params["assistants"] == [row["assistant"] for row in item["assistants"]], item
    assert abs(item["score"] - sum(scores) / len(scores)) <= 0.5, item


def _competitors(item: Row, params: Row, product: Row) -> None:
    prices = [offer["price"] for offer in item["competitors"]]
    assert (sorted(prices), min(prices, default=None)) == (prices, item["lowest_price"]), item
    assert sum(offer["has_buy_box"] for offer in item["competitors"]) <= 1, item


def _proposals(item: Row, params: Row, product: Row) -> None:
    for proposal in item["proposals"]:
        assert product[proposal["member"]] == proposal["current"], item
        assert proposal["proposed"] != proposal["current"], item


CHECKS: Mapping[str, Any] = {
    "review_sentiment": _sentiment,
    "return_classify": _returns,
    "llm_visibility_score": _visibility,
    "competitor_scan": _competitors,
    "listing_optimize": _proposals,
}
