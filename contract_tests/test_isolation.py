"""Isolation over the whole run: when it ends the tenant `other` sees what it saw when it began."""

from __future__ import annotations

from itertools import islice

import pytest

from contract_tests.absence import Why, enough, not_run
from contract_tests.client import Actor
from contract_tests.document import LISTS, by_id, has
from contract_tests.population import Population, params
from contract_tests.rules import Effect
from contract_tests.stock import MERCHANTS, of_types, set_level, update
from contract_tests.surroundings import Surroundings, changes, seen_by

JOB = "competitor_scan"
MOST = 5  # differences that are told of one list


@pytest.mark.rule("TEN-09")
def test_the_whole_run_changed_nothing_of_another_tenant(
    full: Actor, other_full: Actor, population: Population, surroundings: Surroundings
) -> None:
    """After all that the other tests did to the tenant `main`, and one write of each kind for those that were left out."""
    write(full, population)
    enough([name for rows in surroundings.lists.values() for name in rows], 1, "rows of tenant `other`")
    now = seen_by(other_full)._replace(restless=surroundings.restless)
    if set(now.lists.get("listOrders", ())) - set(surroundings.lists.get("listOrders", ())):
        not_run(Why.TOO_LITTLE, "orders have come to the tenant `other` meanwhile, which nobody can make by the API")
    for listing in LISTS:
        before, after = (
            {name: row for name, row in seen.settled(listing.id).items() if not population.has_made(row)}
            for seen in (surroundings, now)
        )
        found = list(islice(changes(before, after), MOST))

        assert found == [], f"{listing.id} of tenant `other` has changed"


def write(full: Actor, population: Population) -> None:
    """Each kind of write once, on what the judge made itself and on one order."""
    product = population.product(category="Isolated")
    path = {"sku": product["sku"]}
    full.call("updateProduct", path, body={"title": "Isolated", "price": 1.01}).ok()
    for place in of_types(full, *MERCHANTS)[:1] if has("setInventory", "listWarehouses") else ():
        set_level(full, product["sku"], place, 5).ok()
        full.call("bulkSetInventory", body={"updates": [{**update(place, 6), **path}]}).ok()
    if has("createPricingRule"):
        rule = {"ruleId": population.rule(applies_to="skus", skus=[product["sku"]])["id"]}
        full.call("updatePricingRule", rule, body={"priority": 1, "value": 0.02}).ok()
        full.call("deletePricingRule", rule).ok()
    for operation, body in jobs(str(product["sku"])).items() if has("dispatchJob", "cancelJob") else ():
        job = population.dispatch(operation, body).ok().data
        full.call("cancelJob", {"jobId": job.get("id", job.get("job_id"))}).ok()
    if has("updateOrder") and Effect.DESTRUCTIVE in full.service.gate.allows:
        move(full)
    full.call("deleteProduct", path).ok()


def jobs(sku: str) -> dict[str, dict[str, object]]:
    """Operation -> a body that dispatches a job on a SKU."""
    bodies: dict[str, dict[str, object]] = {"dispatchJob": {"type": JOB, "params": params(JOB, [sku])}}
    if has("recalculatePrices"):
        bodies["recalculatePrices"] = {"skus": [sku], "marketplace": "amazon_us"}
    return bodies


def move(full: Actor) -> None:
    """An order from one state to the next, if there is one that can move."""
    for state, ahead in by_id("updateOrder").transitions.items():
        rows = full.call("listOrders", query={"status": state, "limit": 1}).ok().rows if ahead else []
        for row in rows:
            full.call("updateOrder", {"orderId": row["id"]}, body={"status": ahead[0]}).ok()
            return
