"""AI jobs: what is asked for is what is queued, and a job that was cancelled stays so.

Every job here is cancelled before its test is over. Those that are waited for are in work.py.
"""

from __future__ import annotations

import time
from typing import Any

import pytest

from contract_tests.absence import Why, not_run
from contract_tests.client import Actor, Answer
from contract_tests.document import CONTRACT, JOBS, by_id
from contract_tests.paging import walk
from contract_tests.population import Population, params
from contract_tests.seen import Row

LIST, DISPATCH, CANCEL = (by_id(name) for name in ("listJobs", "dispatchJob", "cancelJob"))
STATES: tuple[str, ...] = tuple(CONTRACT.schemas.named("JobStatus")["enum"])
FINAL = [state for state in STATES if not CANCEL.transitions.get(state)]
PATIENCE = 60  # seconds that a job may wait for a worker
kinds = pytest.mark.parametrize("kind", JOBS)


def read(actor: Actor, job: Row) -> Row:
    row: Row = actor.call("getJob", {"jobId": job["id"]}).ok().data
    return row


def cancel(actor: Actor, job: Row) -> Answer:
    return actor.call("cancelJob", {"jobId": job["id"]})


def count(actor: Actor) -> Any:
    return actor.call("listJobs", query={"limit": 1}).ok().meta["total"]


def steady(job: Row) -> Row:
    """What no state changes."""
    return {name: job[name] for name in ("id", "type", "priority", "params", "created_at")}


@kinds
@pytest.mark.rule("JOB-06")
def test_a_job_is_queued_as_it_was_asked_for(kind: str, full: Actor, population: Population, product: Row) -> None:
    """With the document's defaults for what was left out, alone and in the list."""
    asked = {name: value for name, value in params(kind, [product["sku"]]).items() if name in ("skus", "marketplace")}
    for body in (
        {"type": kind, "params": asked},
        {"type": kind, "params": params(kind, [product["sku"]]), "priority": "low"},
    ):
        made = population.dispatch("dispatchJob", body).ok().data
        seen = read(full, made)
        cancel(full, made)
        expected = CONTRACT.schemas.filled(DISPATCH.body or {}, body)
        assert {name: made[name] for name in expected} == expected
        assert (made["status"], made["started_at"], made["completed_at"]) == ("queued", None, None)
        assert made["estimated_completion_at"] >= made["created_at"]
        assert steady(seen) == steady(made)
        assert [steady(row) for row in walk(full, LIST, {"type": kind}).rows if row["id"] == made["id"]] == [steady(made)]


@pytest.mark.parametrize("priority", CONTRACT.schemas.named("JobPriority")["enum"])
@pytest.mark.rule("JOB-06")
def test_a_jobs_priority_is_kept(priority: str, full: Actor, population: Population, product: Row) -> None:
    body = {"type": "listing_optimize", "params": params("listing_optimize", [product["sku"]]), "priority": priority}
    made = population.dispatch("dispatchJob", body).ok().data
    cancel(full, made)

    assert (made["priority"], read(full, made)["priority"]) == (priority, priority)


# Params that no type takes, and what in them is wrong; `None` takes a member away.
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"skus": None}, "skus"),
    ({"skus": []}, "skus"),
    ({"skus": "SKU-001"}, "skus"),
    ({"skus": ["A", "A"]}, "skus"),
    ({"skus": [f"A{n}" for n in range(501)]}, "skus"),
    ({"skus": ["A", "!"]}, "skus/1"),
    ({"nonsense": 1}, "nonsense"),
]
# Type -> what it does not take beside that.
WRONG_FOR: dict[str, list[tuple[dict[str, Any], str]]] = {
    "pricing_recalculate": [
        ({"apply": "yes"}, "apply"),
        ({"marketplace": None}, "marketplace"),
        ({"lookback_days": 7}, "lookback_days"),
    ],
    "review_sentiment": [({"lookback_days": 0}, "lookback_days"), ({"lookback_days": 366}, "lookback_days")],
    "return_classify": [({"lookback_days": 1.5}, "lookback_days"), ({"marketplace": "amazon_us"}, "marketplace")],
    "llm_visibility_score": [({"assistants": []}, "assistants"), ({"assistants": ["Me"]}, "assistants/0")],
    "competitor_scan": [({"marketplace": "Amazon"}, "marketplace"), ({"apply": True}, "apply")],
    "listing_optimize": [({"marketplace": None}, "marketplace"), ({"assistants": ["ChatGPT"]}, "assistants")],
}


@kinds
@pytest.mark.rule("JOB-07")
def test_params_are_those_of_the_type(kind: str, full: Actor, population: Population, product: Row) -> None:
    before = count(full)
    for wrong, where in [*WRONG, *WRONG_FOR[kind]]:
        given = {name: value for name, value in {**params(kind, [product["sku"]]), **wrong}.items() if value is not None}
        answer = population.dispatch("dispatchJob", {"type": kind, "params": given}).refused("VALIDATION_ERROR")
        assert f"/params/{where}" in {error["pointer"] for error in answer.details["errors"]}, f"params {wrong}"

    assert count(full) == before


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"type": "nonsense"}, "/type"),
        ({"type": None}, "/type"),
        ({"type": "Competitor_Scan"}, "/type"),
        ({"params": None}, "/params"),
        ({"params": []}, "/params"),
        ({"priority": "urgent"}, "/priority"),
        ({"priority": 1}, "/priority"),
        ({"status": "completed"}, "/status"),
    ],
)
@pytest.mark.rule("JOB-07")
def test_a_job_that_is_none_is_refused(
    members: dict[str, Any], pointer: str, full: Actor, population: Population, product: Row
) -> None:
    whole = {"type": "competitor_scan", "params": params("competitor_scan", [product["sku"]]), **members}
    body = {name: value for name, value in whole.items() if value is not None}
    before = count(full)
    answer = population.dispatch("dispatchJob", body).refused("VALIDATION_ERROR")

    assert pointer in {error["pointer"] for error in answer.details["errors"]}
    assert count(full) == before


@kinds
@pytest.mark.rule("JOB-08")
def test_a_job_on_an_unknown_sku_is_not_found(kind: str, full: Actor, population: Population, product: Row) -> None:
    """Also beside one that exists; and one that was deleted is unknown too."""
    gone = population.product()["sku"]
    full.call("deleteProduct", {"sku": gone}).ok()
    before = count(full)
    for skus in ([population.sku()], [product["sku"], population.sku()], [gone]):
        body = {"type": kind, "params": params(kind, skus)}
        population.dispatch("dispatchJob", body).refused("RESOURCE_NOT_FOUND")

    assert count(full) == before


@pytest.mark.rule("JOB-10")
def test_a_job_that_was_cancelled_stays_so(full: Actor, population: Population, product: Row) -> None:
    """What was asked for stays told; nothing came of it."""
    body = {"type": "review_sentiment", "params": params("review_sentiment", [product["sku"]])}
    made = population.dispatch("dispatchJob", body).ok().data
    answered = cancel(full, made).ok().data
    after = read(full, made)

    assert (answered["status"], answered["result"], answered["error"]) == ("cancelled", None, None)
    assert steady(answered) == steady(made)
    assert after == answered
    for state in ("queued", "running", "cancelled"):
        among = made["id"] in walk(full, LIST, {"status": state}).values("id")
        assert among == (state == "cancelled"), f"the list of status {state}"


@pytest.mark.rule("JOB-10")
def test_a_running_job_can_be_cancelled(full: Actor, population: Population, product: Row) -> None:
    body = {"type": "llm_visibility_score", "params": params("llm_visibility_score", [product["sku"]]), "priority": "high"}
    made = population.dispatch("dispatchJob", body).ok().data
    until = time.monotonic() + PATIENCE
    while (before := read(full, made))["status"] == "queued":
        if time.monotonic() > until:
            cancel(full, made)
            not_run(Why.OUT_OF_TIME, f"the job was still queued after {PATIENCE} s")
        time.sleep(0.25)
    if before["status"] != "running":
        not_run(Why.TOO_LITTLE, f"the job was {before['status']} before it was seen running")
    answered = cancel(full, made).ok().data
    after = read(full, made)

    assert (answered["status"], answered["result"], answered["error"]) == ("cancelled", None, None)
    assert {**steady(answered), "started_at": answered["started_at"]} == {**steady(made), "started_at": before["started_at"]}
    assert after == answered


@pytest.mark.parametrize("state", FINAL)
@pytest.mark.rule("JOB-11")
def test_a_job_that_has_ended_is_not_cancelled(state: str, full: Actor, population: Population) -> None:
    rows = full.call("listJobs", query={"status": state, "limit": 1}).ok().rows
    if not rows and state != "cancelled":
        not_run(Why.TOO_LITTLE, f"tenant `main` has no job of status {state}")
    job = rows[0] if rows else population.job()
    before = read(full, job)
    for _ in range(2):
        answer = cancel(full, job).refused("INVALID_STATE_TRANSITION")
        assert (answer.details["from"], answer.details["to"], answer.details["allowed"]) == (state, "cancelled", [])

    assert read(full, job) == before
