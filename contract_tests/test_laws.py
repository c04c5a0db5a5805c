"""The laws of every answer. They are applied to all that the run has seen; these tests look back on what was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from random import Random
from typing import ParamSpec, TypeVar

import pytest

from contract_tests.absence import Why, not_run
from contract_tests.client import Actor
from contract_tests.consecutive import EVERY
from contract_tests.document import LISTS, OPERATIONS, by_id, has
from contract_tests.ledger import Ledger
from contract_tests.paging import walk
from contract_tests.population import Population, existing, nowhere, sample
from contract_tests.rules import Effect
from contract_tests.stock import WAREHOUSES, update
from contract_tests.target import Target
from nexuscommerce.contract import Operation

GARBAGE = "nxc_live_of_nobody_000000000000"  # long enough to be known again where it is repeated
MOST = 300  # requests that the sweep is ready to spend on a 429
REFUSALS = 3  # of them

P = ParamSpec("P")
T = TypeVar("T")


@pytest.fixture(scope="module")
def sweep(
    full: Actor, anonymous: Actor, target: Target, ledger: Ledger, chance: Random, request: pytest.FixtureRequest
) -> None:
    """Every kind of answer at least once, so that a run of a single law has something to judge; as far as it is allowed.

    Where the target fails on the way, the rule about that accuses it, and not every law: they look at what was answered.
    """
    nothing = tried(nowhere, full, chance)
    if nothing is None:
        return
    if not full.service.gate.writes:
        read(full, anonymous, {**nothing, **existing(full)})
        return
    population: Population | None = tried(request.getfixturevalue, "population")
    if population is not None:
        tried(swept, full, anonymous, target, population, nothing)
    if not ledger.applied["RAT-02"] and "quota" in target.tokens and Effect.BURN_QUOTA in target.allows:
        quota = full.with_token("quota", target.tokens["quota"])
        refused = (n for n in range(MOST) if quota.call("listProducts", query={"limit": 1}).status == 429)
        list(islice(refused, REFUSALS))


def tried(step: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T | None:
    """What a step gives; None where the target does not do its part in it."""
    try:
        return step(*arguments, **options)
    except AssertionError:
        return None


def swept(full: Actor, anonymous: Actor, target: Target, population: Population, nothing: Mapping[str, str]) -> None:
    """Every kind of answer that reading and writing get."""
    product = tried(population.product) or {"sku": population.sku()}
    path = {**nothing, **existing(full), "sku": product["sku"]}
    for operation in OPERATIONS:
        url = operation.path.format(**path)
        for query in queries(operation) if operation.method == "GET" else ():
            full.send("GET", url, query)
        for method in ("HEAD", "OPTIONS", "PUT"):
            full.send(method, url)
        for actor in strangers(full, anonymous):
            actor.call(operation.id, path, body=sample(operation))
    for name in {"reader", "writer", "nothing", "jwt_viewer"} & set(target.tokens):
        for operation in OPERATIONS:
            body = {"nonsense": 1} if operation.body else None  # nothing is done, whoever is let in
            full.with_token(name, target.tokens[name]).call(operation.id, nothing, body=body)
    full.call("createProduct", body={"sku": product["sku"]})
    full.call("updateProduct", path, body={"title": "Swept"})
    if has("bulkSetInventory", "listWarehouses"):
        walked = tried(walk, full, WAREHOUSES)
        places = (walked.values("id") if walked else []) or [sample(by_id("setInventory"))["warehouse_id"]]
        for sku in (product["sku"], population.sku()):
            full.call("bulkSetInventory", body={"updates": [{**update(place, 5), "sku": sku} for place in places]})
    if has("createPricingRule"):
        tried(population.rule)
    if has("dispatchJob"):
        tried(population.job)
    for listing in LISTS:
        tried(walk, full, listing)
    full.send("PATCH", f"/products/{product['sku']}", (), {"Content-Type": "application/json"}, b"{")
    full.send("PATCH", f"/products/{product['sku']}", (), {"Content-Type": "text/plain"}, b"{}")
    full.call("deleteProduct", path)
    full.call("getProduct", path)
    full.send("GET", "/nowhere")


def read(full: Actor, anonymous: Actor, path: Mapping[str, str]) -> None:
    """Every kind of answer that reading gets."""
    for operation in OPERATIONS:
        url = operation.path.format(**path)
        for method in ("HEAD", "OPTIONS"):
            full.send(method, url)
        for query in queries(operation) if operation.method == "GET" else ():
            full.send("GET", url, query)
        for actor in strangers(full, anonymous) if operation.method == "GET" else ():
            actor.call(operation.id, path)
    for listing in LISTS:
        tried(walk, full, listing)
    full.send("GET", "/nowhere")


def queries(operation: Operation) -> list[dict[str, str]]:
    """None, wrong ones, and a selection."""
    return [{}, {"nonsense": "1"}, {"cursor": "forged"}] + [{"fields": name} for name in operation.members[-1:]]


def strangers(full: Actor, anonymous: Actor) -> tuple[Actor, ...]:
    """Callers that are refused for who they are, or for the tenant that they name."""
    return anonymous, full.with_token("garbage", GARBAGE), full.at(None), full.at("nonsense")


@pytest.mark.usefixtures("sweep")
@pytest.mark.parametrize("law", [pytest.param(law, marks=pytest.mark.rule(law)) for law in EVERY])
def test_every_answer_keeps_the_law(law: str, ledger: Ledger) -> None:
    if not ledger.applied[law]:
        not_run(Why.TOO_LITTLE, "no answer came to which this applies")
    breaches = list(ledger.of(law))
    ledger.exchanges.clear()
    if breaches:
        pytest.fail("\n".join([f"{len(breaches)} kinds of answer break it", *breaches[:10]]), pytrace=False)
