"""Repricing is dispatched: what is answered at once. The jobs run while the judge goes on; test_repricing looks at them."""

from __future__ import annotations

import pytest

from contract_tests.client import Actor
from contract_tests.document import by_id
from contract_tests.population import Population
from contract_tests.seen import Row
from contract_tests.work import Work


@pytest.mark.parametrize("name", ["plain", "applied"])
@pytest.mark.rule("PRC-07")
def test_a_recalculation_is_a_queued_job(name: str, work: Work) -> None:
    """A `pricing_recalculate` of normal priority, with what was asked for and the document's defaults."""
    answer = work.receipts[name].ok()
    job = work.actor.call("getJob", {"jobId": work.jobs[name]}).ok().data
    skus = job["params"]["skus"]

    assert (answer.data["status"], answer.data["sku_count"]) == ("queued", len(skus))
    assert set(answer.data) == set(by_id("recalculatePrices").members)
    assert (job["type"], job["priority"]) == ("pricing_recalculate", "normal")
    assert job["params"] == {"skus": skus, "marketplace": work.marketplace, "apply": name == "applied"}
    if name == "plain":
        assert skus == [*work.skus.values(), *(row["sku"] for row in work.listed[:1])]


@pytest.mark.rule("PRC-08")
def test_an_unknown_sku_is_not_repriced(full: Actor, population: Population, product: Row) -> None:
    """Neither alone nor beside one that exists: nothing is dispatched."""
    before = full.call("listJobs", query={"limit": 1}).ok().meta["total"]
    for skus in ([population.sku()], [product["sku"], population.sku()]):
        population.dispatch("recalculatePrices", {"skus": skus, "marketplace": "amazon_us"}).refused("RESOURCE_NOT_FOUND")

    assert full.call("listJobs", query={"limit": 1}).ok().meta["total"] == before


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"skus": None}, "/skus"),
        ({"skus": []}, "/skus"),
        ({"skus": ["A", "A"]}, "/skus"),
        ({"skus": [f"A{n}" for n in range(501)]}, "/skus"),
        ({"skus": ["!"]}, "/skus/0"),
        ({"marketplace": None}, "/marketplace"),
        ({"marketplace": "Amazon"}, "/marketplace"),
        ({"apply": "yes"}, "/apply"),
        ({"priority": "high"}, "/priority"),
    ],
)
@pytest.mark.rule("PRC-07")
def test_a_recalculation_that_is_none_is_refused(
    members: dict[str, object], pointer: str, population: Population, product: Row
) -> None:
    whole = {"skus": [product["sku"]], "marketplace": "amazon_us", **members}
    body = {name: value for name, value in whole.items() if value is not None}
    answer = population.dispatch("recalculatePrices", body).refused("VALIDATION_ERROR")

    assert pointer in {error["pointer"] for error in answer.details["errors"]}
