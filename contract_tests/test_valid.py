"""Plain valid requests, one of each operation that changes nothing but what the judge made.

What other tests need beforehand is asked for so too; where that fails it is a breach of this rule, and of no other.
"""

from __future__ import annotations

import pytest

from contract_tests.client import Actor
from contract_tests.document import OPERATIONS, named
from contract_tests.population import Population, existing
from nexuscommerce.contract import Operation

READING = [operation for operation in OPERATIONS if operation.method == "GET"]


@pytest.mark.parametrize("operation", READING, ids=named)
@pytest.mark.rule("STA-10")
def test_what_is_there_is_shown(operation: Operation, full: Actor) -> None:
    full.call(operation.id, existing(full)).ok()


@pytest.mark.rule("STA-10")
def test_a_product_is_made_changed_and_deleted(full: Actor, population: Population) -> None:
    path = {"sku": population.product()["sku"]}

    full.call("updateProduct", path, body={"title": "Valid"}).ok()
    full.call("deleteProduct", path).ok()


@pytest.mark.rule("STA-10")
def test_a_rule_is_made_changed_and_deleted(full: Actor, population: Population) -> None:
    path = {"ruleId": population.rule()["id"]}

    full.call("updatePricingRule", path, body={"name": "Valid"}).ok()
    full.call("deletePricingRule", path).ok()


@pytest.mark.rule("STA-10")
def test_a_job_is_dispatched_and_cancelled(population: Population) -> None:
    population.job()
