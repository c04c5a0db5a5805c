"""What a run does first for the sake of webhooks: their waiting passes while all else is judged."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import pytest

from contract_tests.absence import Why, not_run
from contract_tests.changes import CHANGES
from contract_tests.document import by_id, has
from contract_tests.endpoint import Endpoint
from contract_tests.population import Population, params
from contract_tests.receiver import Delivery, Reply
from contract_tests.rules import Effect
from contract_tests.stock import MERCHANTS, of_types, set_level

CREATED = "product.created"
LIMIT = 10.0  # seconds in which an answer must come to be one
ENDED = ("cancelled", "completed")  # orders of these states never move again
# How the first tries of a delivery are answered; the next one gets a 204.
REPLIES: Mapping[str, tuple[Reply, ...]] = {
    "500": (Reply(500),),
    "404": (Reply(404),),
    "redirect": (Reply(302, "{moved}"),),
    "silence": (Reply(204, after=LIMIT + 2),),
    "twice": (Reply(500), Reply(500)),
    "accepted": (Reply(202),),
}
FAILURES = ("500", "404", "redirect", "silence")


class Trial(NamedTuple):
    """A product whose creation is delivered, and how the tries of that are answered."""

    name: str
    sku: str
    at: float
    endpoint: Endpoint

    def tries(self) -> list[Delivery]:
        """Every delivery of that event, in the order in which they came."""
        marks = (self.sku.encode(), CREATED.encode())
        return [each for each in self.endpoint.deliveries() if all(mark in each.body for mark in marks)]

    def first(self) -> Delivery:
        """The try that was answered first; not run where none came, which is a fault of another rule."""
        tries = self.endpoint.awaited(self.tries, self.at)
        return tries[0] if tries else not_run(Why.TOO_LITTLE, f"no {CREATED} of {self.sku} came, to be answered {self.name}")

    def again(self) -> Delivery | None:
        """The next try, which comes when the target's pause is over."""
        since = self.first().at + min(self.first().reply.after, LIMIT)
        tries = self.endpoint.awaited(lambda: self.tries()[1:], since, self.endpoint.hosting.again)
        return tries[0] if tries else None


class Unheard(NamedTuple):
    """What must not be told: of each resource (a text that its events hold) anything but one event of each of these types.

    `since` is the target's clock before it, what is told of earlier times does not count; `at` the monotonic clock after it.
    """

    allowed: Mapping[str, tuple[str, ...]]
    since: str
    at: float

    def heard(self, endpoint: Endpoint) -> list[Delivery]:
        """What was told all the same, by the time at which it would have come."""
        endpoint.settle(self.at)
        recent = [each for each in endpoint.deliveries() if str(each.event.get("created_at")) >= self.since]
        found = []
        for mark, types in self.allowed.items():
            known: dict[str, str] = {}  # type -> the id of its one event
            about = [each for each in recent if mark.encode() in each.body]
            found += [each for each in about if each.type not in types or not _same(known, each)]
        return found


def _same(known: dict[str, str], delivery: Delivery) -> bool:
    """Whether it is the first event of its type, or a try of that."""
    return known.setdefault(delivery.type, delivery.id) == delivery.id


class Rehearsal:
    """What was done, by name. What could not be done is raised again where it is asked for."""

    def __init__(self) -> None:
        self._done: dict[str, Any] = {}

    def do(self, name: str, make: Callable[[], Any]) -> None:
        try:
            self._done[name] = make()
        except BROKEN as why:
            self._done[name] = why

    def __getitem__(self, name: str) -> Any:
        done = self._done[name]
        if isinstance(done, BROKEN):
            raise done
        return done


# What a target that is broken makes a request of the judge end in.
BROKEN = (AssertionError, LookupError, TypeError, ValueError, AttributeError, pytest.skip.Exception)


def rehearse(population: Population, endpoint: Endpoint) -> Rehearsal:
    """The slowest first."""
    rehearsal = Rehearsal()
    for name in sorted(REPLIES, key=lambda name: -sum(reply.after for reply in REPLIES[name])):
        rehearsal.do(name, partial(_tried, population, endpoint, name))
    for name, make in {"refused": _refused, "foreign": _foreign, "stopped": _stopped}.items():
        rehearsal.do(name, partial(make, population))
    for name, change in CHANGES.items():
        rehearsal.do(name, partial(change.make, population))
    return rehearsal


def _tried(population: Population, endpoint: Endpoint, name: str) -> Trial:
    sku = population.sku()
    replies = [reply._replace(location=reply.location and endpoint.moved) for reply in REPLIES[name]]
    endpoint.receiver.plan((sku, CREATED), replies)
    population.product(sku=sku)
    return Trial(name, sku, time.monotonic(), endpoint)


def _refused(population: Population) -> Unheard:
    """Writes that are refused, for every kind of reason: of a product, of one that never was, of an order that has ended."""
    full, other = population.full, population.other
    product, never = population.product(title="Left alone"), population.sku()
    path, wrong = {"sku": str(product["sku"])}, {"price": -1}
    population.create(sku=never, price=-1).refused("VALIDATION_ERROR")
    population.create(sku=product["sku"]).refused("SKU_ALREADY_EXISTS")
    full.call("updateProduct", path, body=wrong).refused("VALIDATION_ERROR")
    full.at(other.tenant).call("updateProduct", path, body={"title": "Taken"}).refused("TENANT_ACCESS_DENIED")
    full.call("deleteProduct", {"sku": never}).refused("RESOURCE_NOT_FOUND")
    allowed: dict[str, tuple[str, ...]] = {path["sku"]: (CREATED,), never: ()}
    if has("setInventory", "listWarehouses"):
        for place in of_types(full, *MERCHANTS)[:1]:
            set_level(full, path["sku"], place, -1).refused("VALIDATION_ERROR")
            set_level(full, never, place, 5).refused("RESOURCE_NOT_FOUND")
    may_move = Effect.DESTRUCTIVE in full.service.gate.allows and has("cancelOrder", "listOrders")
    for state in ENDED if may_move else ():
        for order in full.call("listOrders", query={"status": state, "limit": 1}).ok().rows:
            full.call("cancelOrder", {"orderId": order["id"]}).refused("INVALID_STATE_TRANSITION")
            allowed[str(order["id"])] = ()
    return Unheard(allowed, str(product["created_at"]), time.monotonic())


def _foreign(population: Population) -> Unheard:
    """Changes of the tenant `other`."""
    product = population.product(population.other, title="Theirs")
    path = {"sku": str(product["sku"])}
    population.other.call("updateProduct", path, body={"title": "Theirs again", "price": 1.75}).ok()
    population.other.call("deleteProduct", path).ok()
    return Unheard({path["sku"]: (), str(product["id"]): ()}, str(product["created_at"]), time.monotonic())


def _stopped(population: Population) -> Unheard:
    """A job that was cancelled: it has neither been completed nor failed."""
    skus = [str(population.product()["sku"])]
    body = {"type": "review_sentiment", "params": params("review_sentiment", skus)}
    job = population.dispatch("dispatchJob", body).ok().data
    answer = population.full.call("cancelJob", {"jobId": job["id"]})
    if answer.status != by_id("cancelJob").success:
        not_run(Why.TOO_LITTLE, "the job had ended before it could be cancelled")
    return Unheard({str(job["id"]): ()}, str(job["created_at"]), time.monotonic())
