"""AI jobs: when they start and end, which goes first, how they fail, and what they find."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mockserver.domain import jobs
from nexuscommerce.contract import Contract
from tests.inside import START
from tests.machine import invariants
from tests.machine.inside import Mock
from tests.machine.jobs import CHECKS, SECONDS
from tests.machine.world import made_id

Row = dict[str, Any]
# The component of the document that describes the result of each type.
RESULTS: Mapping[str, str] = {
    "pricing_recalculate": "PricingRecalculateResult",
    "review_sentiment": "ReviewSentimentResult",
    "return_classify": "ReturnClassifyResult",
    "llm_visibility_score": "LlmVisibilityScoreResult",
    "competitor_scan": "CompetitorScanResult",
    "listing_optimize": "ListingOptimizeResult",
}
LOCAL = ("pricing_recalculate", "competitor_scan", "listing_optimize")
NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)


def _dispatch(small: Mock, type_: str = "competitor_scan", priority: str = "normal", *skus: str) -> str:
    params = {"skus": list(skus or ("S-1",))} | ({"marketplace": "amazon_us"} if type_ in LOCAL else {})
    answer = small.send("dispatchJob", {"type": type_, "params": params, "priority": priority})
    assert 202 == answer.status, answer
    return str(answer.data["id"])


def _job(small: Mock, job_id: str) -> Row:
    row: Row = small.send("getJob", path={"jobId": job_id}).data
    return row


def _statuses(small: Mock, *ids: str) -> list[str]:
    return [_job(small, job_id)["status"] for job_id in ids]


def _cancel(small: Mock, job_id: str) -> Any:
    return small.send("cancelJob", path={"jobId": job_id})


def _seconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


# When they start and end


@pytest.mark.parametrize("type_", SECONDS)
def test_a_job_lasts_as_long_as_its_type_is_documented_to(type_: str) -> None:
    """Within the range, the same for the same id, and not the same for all: both halves of the range are met."""
    shortest, longest = SECONDS[type_]
    found = [jobs.duration(made_id("job", number), type_) for number in range(300)]

    assert found == [jobs.duration(made_id("job", number), type_) for number in range(300)]
    assert timedelta(seconds=shortest) <= min(found) <= timedelta(seconds=shortest + (longest - shortest) / 10)
    assert timedelta(seconds=longest - (longest - shortest) / 10) <= max(found) <= timedelta(seconds=longest)


@pytest.mark.parametrize("type_", SECONDS)
def test_a_job_is_queued_then_runs_then_is_completed(small: Mock, type_: str) -> None:
    job_id = _dispatch(small, type_)
    small.clock.advance(milliseconds=999)
    queued = _job(small, job_id)
    small.clock.advance(milliseconds=1)
    running = _job(small, job_id)
    small.clock.advance(seconds=301)
    ended = _job(small, job_id)

    assert ("queued", None, None) == (queued["status"], queued["started_at"], queued["completed_at"])
    assert ("running", None) == (running["status"], running["completed_at"])
    assert 1 == _seconds(running["created_at"], running["started_at"])
    assert ("completed", None) == (ended["status"], ended["error"])
    shortest, longest = SECONDS[type_]
    assert shortest <= _seconds(ended["started_at"], ended["completed_at"]) <= longest
    assert ended["estimated_completion_at"] == ended["completed_at"]


def test_what_is_seen_does_not_depend_on_who_looks(contract: Contract, tmp_path: Path) -> None:
    """One mock is asked every second and restarted on the way, another only at the end: the same jobs, the same events."""
    ends, told = [], []
    for watched in (True, False):
        mock = Mock(tmp_path, contract)
        for number in range(9):
            _dispatch(mock, tuple(SECONDS)[number % 6], jobs.PRIORITIES[number % 3], "S-1", "S-2")
        for second in range(900):
            mock.clock.advance(seconds=1)
            if watched and second % 100 == 50:
                mock.restart()
            if watched:
                invariants.jobs_keep_order(mock.all("listJobs"), mock.at, since=START.isoformat()[:19])
        ends.append([_comparable(row) for row in mock.all("listJobs", {"order": "asc"})])
        told.append([(event.type, event.resource, event.at) for event in mock.told(0)[1]])
        mock.close()

    assert 9 == sum(row["status"] == "completed" and row["created_at"] >= "2026-03-12" for row in ends[0])
    assert ends[0] == ends[1]
    assert sorted(told[0]) == sorted(told[1])


def _comparable(job: Row) -> Row:
    """Recommendations have new ids each time."""
    result = job["result"] or {}
    return job | {"result": result.get("items") or len(result.get("recommendation_ids", ()))}


def test_two_run_at_a_time_and_the_third_waits_for_the_first_to_end(small: Mock) -> None:
    ids = [_dispatch(small) for _ in range(3)]
    small.clock.advance(seconds=1)
    early = _statuses(small, *ids)
    small.clock.advance(seconds=200)
    rows = [_job(small, job_id) for job_id in ids]

    assert ["running", "running", "queued"] == early
    assert rows[2]["started_at"] == min(row["completed_at"] for row in rows[:2])


def test_jobs_of_one_tenant_do_not_wait_for_another_s(small: Mock) -> None:
    for _ in range(3):
        _dispatch(small)
    params = {"skus": ["S-1"]}
    job_id = small.send("dispatchJob", {"type": "review_sentiment", "params": params}, key=1).data["id"]
    small.clock.advance(seconds=1)

    assert "running" == small.send("getJob", path={"jobId": job_id}, key=1).data["status"]


def test_the_fixtures_jobs_stand_still_and_take_no_worker(small: Mock) -> None:
    ids = [_dispatch(small) for _ in range(2)]
    small.clock.advance(seconds=2)

    assert ["queued", "running"] == _statuses(small, made_id("job", 2), made_id("job", 3))
    assert ["running", "running"] == _statuses(small, *ids)
    assert [200, 200] == [_cancel(small, made_id("job", number)).status for number in (2, 3)]


# Which goes first


def test_high_goes_before_normal_before_low_and_then_the_older(small: Mock) -> None:
    """Two run; the others wait, and each takes the next worker that is free."""
    for _ in range(2):
        _dispatch(small, "llm_visibility_score")
    wanted = ("low", "normal", "high", "normal", "high", "low")
    ids = []
    for priority in wanted:
        small.clock.advance(milliseconds=100)
        ids.append(_dispatch(small, "competitor_scan", priority))
    small.clock.advance(seconds=1200)

    started = sorted(ids, key=lambda job_id: str(_job(small, job_id)["started_at"]))
    assert [ids[number] for number in (2, 4, 1, 3, 0, 5)] == started


def test_a_job_without_a_priority_is_normal(small: Mock) -> None:
    answer = small.send("dispatchJob", {"type": "review_sentiment", "params": {"skus": ["S-1"]}})

    assert ("normal", 7) == (answer.data["priority"], answer.data["params"]["lookback_days"])


def test_jobs_that_are_created_at_once_end_when_they_are_estimated_to(small: Mock) -> None:
    """As long as nothing comes before them later. Six are created in the order in which they will run."""
    ids = [
        _dispatch(small, type_, priority) for priority in jobs.PRIORITIES for type_ in ("competitor_scan", "return_classify")
    ]
    estimated = [_job(small, job_id)["estimated_completion_at"] for job_id in ids]
    small.clock.advance(seconds=1200)

    assert estimated == [_job(small, job_id)["completed_at"] for job_id in ids]


def test_an_estimate_counts_the_running_and_those_ahead() -> None:
    """Two workers, of which one is free at 10 s and the other at 20 s; two jobs of 15 s are ahead."""
    ends = [NOON + timedelta(seconds=seconds) for seconds in (20, 10)]
    ahead = [timedelta(seconds=15)] * 2

    assert NOON + timedelta(seconds=25 + 5) == jobs.estimate(ends, ahead, NOON, timedelta(seconds=5))
    assert NOON + timedelta(seconds=10 + 5) == jobs.estimate(ends, [], NOON, timedelta(seconds=5))
    assert NOON + timedelta(seconds=5) == jobs.estimate(ends[:1], [], NOON, timedelta(seconds=5))
    assert NOON + timedelta(seconds=5) == jobs.estimate([], [], NOON, timedelta(seconds=5))


def test_a_recalculation_says_in_whole_seconds_how_long_it_will_take(small: Mock) -> None:
    data = small.send("recalculatePrices", {"skus": ["S-1", "S-2"], "marketplace": "shopify"}).data
    job = _job(small, data["job_id"])

    assert ("queued", 2, "pricing_recalculate", "normal") == (
        *(data[name] for name in ("status", "sku_count")),
        *(job[name] for name in ("type", "priority")),
    )
    left = _seconds(job["created_at"], job["estimated_completion_at"])
    assert left <= data["estimated_completion_seconds"] < left + 1
    assert {"skus": ["S-1", "S-2"], "marketplace": "shopify", "apply": False} == job["params"]


# How they end otherwise


def test_a_cancelled_job_frees_its_worker_at_once(small: Mock) -> None:
    ids = [_dispatch(small) for _ in range(4)]
    small.clock.advance(seconds=3)
    answer = _cancel(small, ids[0])
    small.clock.advance(seconds=0)

    assert ("cancelled", small.at, None) == tuple(answer.data[name] for name in ("status", "completed_at", "result"))
    assert ["cancelled", "running", "running", "queued"] == _statuses(small, *ids)
    assert small.at == _job(small, ids[2])["started_at"]
    small.clock.advance(seconds=600)
    assert ["cancelled", "completed", "completed", "completed"] == _statuses(small, *ids)


def test_a_queued_job_that_is_cancelled_never_starts(small: Mock) -> None:
    ids = [_dispatch(small) for _ in range(3)]
    _cancel(small, ids[2])
    small.clock.advance(seconds=600)

    assert ["completed", "completed", "cancelled"] == _statuses(small, *ids)
    assert _job(small, ids[2])["started_at"] is None
    assert 2 == len(small.told(0)[1])


def test_what_has_ended_cannot_be_cancelled(small: Mock) -> None:
    """Nor what has ended meanwhile, although nobody has looked."""
    ids = [_dispatch(small), _dispatch(small, "review_sentiment", "normal", "FAIL-1"), _dispatch(small)]
    _cancel(small, ids[2])
    small.clock.advance(seconds=600)

    answers = [_cancel(small, job_id) for job_id in ids]
    assert [("completed", 409), ("failed", 409), ("cancelled", 409)] == [
        (answer.body["error"]["details"]["from"], answer.status) for answer in answers
    ]


@pytest.mark.parametrize("type_", SECONDS)
def test_a_sku_that_begins_with_fail_makes_its_job_fail(small: Mock, type_: str) -> None:
    """Whatever else it is about; nothing is recommended, and its end is told of."""
    before = small.all("listRecommendations")
    job_id = _dispatch(small, type_, "high", "S-1", "FAIL-1")
    small.clock.advance(seconds=400)
    job = _job(small, job_id)

    assert ("failed", None, "WORKER_FAILED") == (job["status"], job["result"], job["error"]["code"])
    assert "FAIL-1" in job["error"]["message"]
    assert before == small.all("listRecommendations")
    assert [("ai_job.failed", job)] == [(event.type, event.data) for event in small.told(0)[1]]


def test_a_sku_that_does_not_exist_is_refused(small: Mock) -> None:
    body = {"type": "review_sentiment", "params": {"skus": ["S-1", "NOPE"]}}

    assert (404, 404) == (
        small.send("dispatchJob", body).status,
        small.send("recalculatePrices", {"skus": ["NOPE"], "marketplace": "ebay"}).status,
    )
    assert 3 == len(small.all("listJobs"))


@pytest.mark.parametrize("type_", SECONDS)
def test_a_product_that_is_deleted_meanwhile_is_left_out(small: Mock, type_: str) -> None:
    job_id = _dispatch(small, type_, "normal", "S-1", "S-2", "S-4")
    small.clock.advance(seconds=2)
    small.send("deleteProduct", path={"sku": "S-2"})
    small.clock.advance(seconds=400)
    result = _job(small, job_id)["result"]

    advised = {row["id"]: row["sku"] for row in small.all("listRecommendations")}
    found = [item["sku"] for item in result.get("items", ())] or [advised[name] for name in result["recommendation_ids"]]
    assert ["S-1", "S-4"] == found


@pytest.mark.parametrize("type_", SECONDS)
def test_a_job_whose_products_are_all_gone_has_failed(small: Mock, type_: str) -> None:
    job_id = _dispatch(small, type_, "normal", "S-2")
    small.send("deleteProduct", path={"sku": "S-2"})
    small.clock.advance(seconds=400)

    assert ("failed", None) == tuple(_job(small, job_id)[name] for name in ("status", "result"))


def test_a_product_that_is_made_anew_meanwhile_is_the_one_that_counts(small: Mock) -> None:
    job_id = small.send("recalculatePrices", {"skus": ["S-1"], "marketplace": "amazon_us", "apply": True}).data["job_id"]
    small.send("deleteProduct", path={"sku": "S-1"})
    small.send("createProduct", {"sku": "S-1", "title": "Another", "price": 3})
    small.clock.advance(seconds=100)

    (name,) = _job(small, job_id)["result"]["recommendation_ids"]
    row = next(row for row in small.all("listRecommendations") if row["id"] == name)
    assert ("pending", 3, None) == (row["status"], row["current_price"], row["estimated_margin"])


# What they find


@pytest.mark.parametrize("type_", SECONDS)
def test_a_result_has_the_shape_of_its_type(small: Mock, contract: Contract, type_: str) -> None:
    """Not only of any type: each has a component of its own, and sentences that say how its members hang together."""
    skus = ["S-1", "S-2", "S-3", "S-4"]
    ids = [_dispatch(small, type_, "high", *skus) for _ in range(3)]
    small.clock.advance(seconds=2000)
    validator = contract.schemas.validator(contract.schemas.named(RESULTS[type_]))
    products = {row["sku"]: row for row in small.all("listProducts")}

    for job_id in ids:
        job = _job(small, job_id)
        assert [] == [error.message for error in validator.iter_errors(job["result"])]
        if type_ == "pricing_recalculate":
            assert (4, 0) == (len(job["result"]["recommendation_ids"]), job["result"]["applied_count"])
            continue
        assert skus == [item["sku"] for item in job["result"]["items"]]
        for item in job["result"]["items"]:
            CHECKS[type_](item, job["params"], products[item["sku"]])


def test_only_the_assistants_that_were_named_are_asked(small: Mock) -> None:
    params = {"skus": ["S-1"], "assistants": ["Perplexity", "ChatGPT"]}
    job_id = small.send("dispatchJob", {"type": "llm_visibility_score", "params": params}).data["id"]
    small.clock.advance(seconds=400)

    (item,) = _job(small, job_id)["result"]["items"]
    assert ["Perplexity", "ChatGPT"] == [row["assistant"] for row in item["assistants"]]


def test_a_long_title_is_still_proposed_within_the_schema(small: Mock, contract: Contract) -> None:
    """A title of 200 characters and a description of 5,000 are the longest that a product has."""
    small.send("createProduct", {"sku": "LONG", "title": "t" * 200, "description": "d" * 5000, "price": 1})
    job_id = _dispatch(small, "listing_optimize", "normal", "LONG")
    small.clock.advance(seconds=400)
    (item,) = _job(small, job_id)["result"]["items"]

    titles = contract.schemas.validator(contract.schemas.named("ProductTitle"))
    proposed = next(row["proposed"] for row in item["proposals"] if row["member"] == "title")
    assert [] == [error.message for error in titles.iter_errors(proposed)], "the proposed title cannot be set"


def test_durations_are_those_of_the_document(contract: Contract) -> None:
    """Twice: for people in the description, for the mock in a table."""
    text = contract.schemas.named("JobType")["description"]
    told = {name: (int(low), int(high)) for name, low, high in re.findall(r"(\w+) (\d+) to\s+(\d+) s", text)}

    assert told == jobs.DURATIONS
