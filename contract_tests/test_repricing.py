"""What came of the jobs: recommendations as the rules say, prices changed where that was asked for, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from contract_tests.absence import Why, not_run
from contract_tests.document import by_id
from contract_tests.matching import instant
from contract_tests.paging import walk
from contract_tests.population import read
from contract_tests.seen import Row
from contract_tests.trials import PRICE, TRIALS, of_rule
from contract_tests.work import RECOMMENDATIONS, Work, there

ORDER = ("high", "normal", "low")
PICKUP = timedelta(seconds=1.5)  # a job that was dispatched so shortly before another started need not have been seen
FORWARD = {"queued": 0, "running": 1, "completed": 2, "failed": 2, "cancelled": 2}


def tried(work: Work, name: str) -> Row:
    """What is recommended for a trial's product."""
    found = work.recommended("plain")
    assert work.skus[name] in found, f"expected a recommendation for {work.skus[name]}"
    return found[work.skus[name]]


def judged(work: Work, name: str) -> None:
    trial, price = TRIALS[name], tried(work, name)["recommended_price"]
    told = ", ".join(f"{rule['type']} {rule['value']} (priority {rule['priority']})" for rule in trial.rules)
    expected = f"{trial.least}" if trial.least == trial.most else f"{trial.least} to {trial.most}"
    assert trial.least <= price <= trial.most, f"expected {expected}, got {price}; cost {trial.cost}, rules: {told}"


@pytest.mark.rule("PRC-09")
def test_without_apply_each_sku_gets_one_recommendation(work: Work) -> None:
    """`pending`, but where the later job has recommended anew; the job's result names them all, and applied none."""
    found, job = work.recommended("plain"), work.completed("plain")
    work.completed("again")
    renewed = {sku for sku, _ in zip(work.skus.values(), range(2), strict=False)}

    assert sorted(found) == sorted(job["params"]["skus"])
    assert sorted(job["result"]["recommendation_ids"]) == sorted(row["id"] for row in found.values())
    assert job["result"]["applied_count"] == 0
    assert {row["status"] for sku, row in found.items() if sku not in renewed} == {"pending"}


@pytest.mark.rule("PRC-09")
def test_without_apply_no_price_changes(work: Work) -> None:
    work.completed("plain")
    for sku in work.skus.values():
        assert (read(work.actor, {"sku": sku})["price"], read(work.actor, {"sku": sku})["listings"]) == (PRICE, [])
    for before in work.listed[:1]:
        assert read(work.actor, before) == before


@pytest.mark.rule("PRC-10")
def test_with_apply_the_listing_gets_the_recommended_price(work: Work) -> None:
    """And nothing else of the product changes; a product without a listing there keeps its recommendation pending."""
    work.need_listings()
    found, job = work.recommended("applied"), work.completed("applied")
    listed = {row["sku"]: row for row in work.listed[1:]}

    assert sorted(found) == sorted(job["params"]["skus"])
    assert job["result"]["applied_count"] == len(listed)
    assert {sku: row["status"] for sku, row in found.items()} == {
        sku: "applied" if sku in listed else "pending" for sku in found
    }
    for sku, before in listed.items():
        assert found[sku]["recommended_price"] == work.goal, "floor and ceiling leave no other price"
        after = read(work.actor, before)
        assert (there(after, work.marketplace) or {})["price"] == work.goal
        others = [each for each in before["listings"] if each["marketplace"] != work.marketplace]
        assert [each for each in after["listings"] if each["marketplace"] != work.marketplace] == others
        assert {**after, "listings": [], "updated_at": ""} == {**before, "listings": [], "updated_at": ""}


@of_rule("PRC-11")
@pytest.mark.rule("PRC-11")
def test_floor_and_ceiling_bound_what_is_recommended(name: str, work: Work) -> None:
    judged(work, name)


@of_rule("PRC-12")
@pytest.mark.rule("PRC-12")
def test_the_lower_number_wins(name: str, work: Work) -> None:
    judged(work, name)


@of_rule("PRC-13")
@pytest.mark.rule("PRC-13")
def test_a_percentage_is_above_cost(name: str, work: Work) -> None:
    judged(work, name)


@of_rule("PRC-14")
@pytest.mark.rule("PRC-14")
def test_a_strategy_sets_the_price_to_aim_at(name: str, work: Work) -> None:
    judged(work, name)


@of_rule("PRC-15")
@pytest.mark.rule("PRC-15")
def test_a_rule_that_does_not_concern_the_product_decides_nothing(name: str, work: Work) -> None:
    judged(work, name)


@pytest.mark.rule("PRC-16")
def test_the_current_price_is_the_price_there(work: Work) -> None:
    """The listing's; the product's where it has none."""
    for sku, row in work.recommended("plain").items():
        before = next((product for product in work.listed if product["sku"] == sku), None)
        listing = there(before, work.marketplace) if before else None
        assert row["current_price"] == (listing["price"] if listing else PRICE), sku
    for sku, row in work.recommended("applied").items():
        before = next((product for product in work.listed if product["sku"] == sku), None)
        assert row["current_price"] == ((there(before, work.marketplace) or {})["price"] if before else PRICE), sku


@pytest.mark.rule("PRC-16")
def test_what_is_pending_starts_from_todays_price(work: Work) -> None:
    """Of every recommendation of the tenant, whoever made it."""
    work.wait()
    for row in walk(work.actor, RECOMMENDATIONS, {"status": "pending"}).rows:
        product = read(work.actor, row)
        assert row["current_price"] == (there(product, row["marketplace"]) or product)["price"], f"{row['sku']}, {row['id']}"


@pytest.mark.parametrize("name", TRIALS)
@pytest.mark.rule("PRC-17")
def test_the_margin_is_the_share_above_cost(name: str, work: Work) -> None:
    """To 4 decimals; null where the cost is not known or the price is 0."""
    row, cost = tried(work, name), TRIALS[name].cost
    price, margin = row["recommended_price"], row["estimated_margin"]
    if cost is None or price == 0:
        assert margin is None
    else:
        assert margin is not None
        assert abs(margin - (price - cost) / price) <= 0.00005 + 1e-9, f"{margin} of {price} with cost {cost}"


@of_rule("PRC-17")
@pytest.mark.rule("PRC-17")
def test_a_price_may_be_nothing(name: str, work: Work) -> None:
    judged(work, name)


@pytest.mark.rule("PRC-02")
def test_a_newer_recommendation_takes_the_place_of_the_pending_one(work: Work) -> None:
    """Two jobs have recommended for the same SKUs: what ended later is pending, the other dismissed."""
    jobs = {name: work.completed(name) for name in ("plain", "again")}
    later = max(jobs, key=lambda name: jobs[name]["completed_at"])
    found = {name: work.recommended(name) for name in jobs}
    for sku in jobs["again"]["params"]["skus"]:
        expected = {name: "pending" if name == later else "dismissed" for name in jobs}
        assert {name: found[name][sku]["status"] for name in jobs} == expected, sku


@pytest.mark.rule("PRC-02")
def test_of_all_recommendations_one_is_pending(work: Work) -> None:
    work.wait()
    rows = walk(work.actor, RECOMMENDATIONS, {"status": "pending"}).rows
    places = [(row["sku"], row["marketplace"]) for row in rows]

    assert sorted(places) == sorted(set(places))


@pytest.mark.rule("PRC-18")
def test_another_price_dismisses_what_was_recommended(work: Work) -> None:
    """The same price again does not; nor does a change of anything else."""
    name = list(TRIALS)[-1]
    sku = work.skus[name]
    assert tried(work, name)["status"] == "pending"
    for change, expected in (({"title": "Renamed"}, "pending"), ({"price": PRICE + 1}, "dismissed")):
        work.actor.call("updateProduct", {"sku": sku}, body=change).ok()
        assert tried(work, name)["status"] == expected, f"after {change}"


@pytest.mark.rule("JOB-09")
def test_jobs_go_forward_only(work: Work) -> None:
    """queued, running, ended, each looked at again and again; what was asked for stays as it was, what has ended too."""
    ended = work.wait()
    for name, rows in work.history.items():
        steps = [FORWARD[row["status"]] for row in rows]
        assert steps == sorted(steps), f"{name}: {[row['status'] for row in rows]}"
        for member in ("id", "type", "priority", "params", "created_at"):
            assert all(row[member] == rows[0][member] for row in rows), f"{name}: {member} has changed"
        started = {row["started_at"] for row in rows if row["started_at"]}
        assert len(started) <= 1, f"{name} was started at {started}"
        assert work.actor.call("getJob", {"jobId": work.jobs[name]}).ok().data == ended[name]


@pytest.mark.parametrize("name", ["plain", "applied", "again"])
@pytest.mark.rule("JOB-09")
def test_a_job_comes_to_its_end(name: str, work: Work) -> None:
    """Without fault in what was asked for it is completed."""
    work.completed(name)


@pytest.mark.rule("JOB-12")
def test_high_comes_before_normal_before_low(work: Work) -> None:
    """Seen where jobs had to wait: of two that did, the one of higher priority was started first."""
    jobs = [row for row in work.wait().values() if row["started_at"]]
    waited = [
        (first, second)
        for first, second in permutations(jobs, 2)
        if first["started_at"] < second["started_at"]
        and instant(second["created_at"]) + PICKUP < instant(first["started_at"])
        and first["priority"] != second["priority"]
    ]
    if not waited:
        not_run(Why.TOO_LITTLE, "no job had to wait for another")
    for first, second in waited:
        assert ORDER.index(first["priority"]) < ORDER.index(second["priority"]), (
            f"a job of priority {first['priority']} was started before one of priority {second['priority']} that waited"
        )


@pytest.mark.rule("JOB-02")
def test_a_result_is_of_the_jobs_own_skus(work: Work) -> None:
    """The recommendations that it names are the job's, and lead back to it."""
    for name in ("plain", "applied", "again"):
        named = set(work.completed(name)["result"]["recommendation_ids"])
        rows = [row for row in walk(work.actor, by_id("listRecommendations")).rows if row["id"] in named]
        assert {row["job_id"] for row in rows} == {work.jobs[name]}
        assert len(rows) == len(named)
