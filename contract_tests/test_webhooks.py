"""Webhooks: what holds for every delivery, what is tried again and how, and what nobody may be told of.

These tests come when most others are done: they look at all that was delivered, and at what was begun by rehearsal.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping

import pytest

from contract_tests import events
from contract_tests.absence import Why, not_run
from contract_tests.changes import CHANGES, Change, Expected
from contract_tests.endpoint import Endpoint, fail
from contract_tests.population import read
from contract_tests.receiver import Delivery
from contract_tests.rehearsal import FAILURES, Rehearsal, Trial
from contract_tests.report.sameness import shape
from contract_tests.work import Work
from nexuscommerce.webhooks import DELIVERY

MOST = 5  # breaches in a failure
GROWN = 1.1  # times the pause before: less is no growth, but chance
THRICE = 10.0  # times the first pause is as long as the second may be
SAME: Mapping[str, Callable[[Delivery], object]] = {
    "the delivery's id": lambda each: each.header(DELIVERY),
    "the event's id": lambda each: each.id,
    "the bytes": lambda each: each.body,
}


@pytest.fixture
def delivered(rehearsal: Rehearsal, endpoint: Endpoint) -> list[Delivery]:
    """Everything that has come; a second try of something is among it, where there are any."""
    trial: Trial = rehearsal["500"]
    if not endpoint.awaited(endpoint.deliveries, trial.at):
        not_run(Why.TOO_LITTLE, endpoint.told())
    endpoint.awaited(lambda: trial.tries()[1:], trial.at, endpoint.hosting.again)
    return endpoint.deliveries()


def all_keep(law: events.Law, delivered: list[Delivery], endpoint: Endpoint) -> None:
    """Every delivery of the run keeps a law. Of each type of event the first that breaks it is shown."""
    broken = [(each, lines) for each in delivered if (lines := law(each, endpoint))]
    first = {each.type: (each, lines) for each, lines in reversed(broken)}
    if broken:
        kinds = {shape(line): line for _, lines in first.values() for line in lines}
        told = "; ".join([*kinds.values()][:MOST])
        fail(f"{len(broken)} of {len(delivered)} deliveries break it: {told}", [each for each, _ in first.values()])


@pytest.mark.rule("WHK-05")
def test_every_delivery_is_signed(delivered: list[Delivery], endpoint: Endpoint) -> None:
    all_keep(events.is_signed, delivered, endpoint)


@pytest.mark.rule("WHK-06")
def test_every_delivery_names_its_event_and_itself(delivered: list[Delivery], endpoint: Endpoint) -> None:
    all_keep(events.names_event_and_delivery, delivered, endpoint)


@pytest.mark.rule("WHK-07")
def test_every_delivery_is_as_the_document_says(delivered: list[Delivery], endpoint: Endpoint) -> None:
    all_keep(events.is_as_documented, delivered, endpoint)


@pytest.mark.rule("WHK-09")
def test_every_event_is_of_the_tenant(delivered: list[Delivery], endpoint: Endpoint) -> None:
    all_keep(events.is_of_the_tenant, delivered, endpoint)


@pytest.mark.parametrize("change", CHANGES.values(), ids=str)
@pytest.mark.rule("WHK-08")
def test_the_data_are_what_the_get_answers(change: Change, rehearsal: Rehearsal, endpoint: Endpoint) -> None:
    for expected in rehearsal[str(change)]:
        is_told_as_it_is(expected, endpoint)


def is_told_as_it_is(expected: Expected, endpoint: Endpoint) -> None:
    found = expected.found(endpoint)
    if not found:
        not_run(Why.TOO_LITTLE, f"{expected} did not come")
    if all(list(expected.different(each)) for each in found):
        line = f"{expected} is not told as its GET answers it: {'; '.join(expected.different(found[0]))}"
        fail(line, found)


@pytest.mark.rule("WHK-01")
def test_a_listing_that_was_repriced_is_told_of(endpoint: Endpoint, rehearsal: Rehearsal, work: Work) -> None:
    """A change that no request makes, but a job."""
    work.need_listings()
    work.completed("applied")
    for before in work.listed[1:]:
        product = read(work.actor, before)
        expected = Expected(
            "product.updated", {"id": product["id"], "listings": product["listings"]}, product, time.monotonic()
        )
        if not expected.found(endpoint):
            fail(f"expected {expected} when a job had repriced it; {endpoint.told(str(product['id']))}")


@pytest.mark.rule("WHK-04")
def test_the_end_of_a_job_is_told_of(endpoint: Endpoint, rehearsal: Rehearsal, work: Work) -> None:
    """With the job as its GET answers it."""
    for name in ("plain", "applied"):
        job = work.completed(name)
        expected = Expected("ai_job.completed", {"id": job["id"]}, job, time.monotonic())
        if not expected.found(endpoint):
            fail(f"expected {expected} when it had ended; {endpoint.told(str(job['id']))}")
        is_told_as_it_is(expected, endpoint)


@pytest.mark.rule("WHK-04")
def test_a_cancelled_job_has_neither_been_completed_nor_failed(rehearsal: Rehearsal, endpoint: Endpoint) -> None:
    nothing_is_heard("stopped", "a job was cancelled", rehearsal, endpoint)


@pytest.mark.usefixtures("delivered")
@pytest.mark.rule("WHK-09")
def test_no_tenant_is_told_of_anothers_changes(rehearsal: Rehearsal, endpoint: Endpoint) -> None:
    nothing_is_heard("foreign", "products of the tenant `other` were changed", rehearsal, endpoint)


@pytest.mark.usefixtures("delivered")
@pytest.mark.rule("WHK-11")
def test_what_was_refused_is_not_told_of(rehearsal: Rehearsal, endpoint: Endpoint) -> None:
    nothing_is_heard("refused", "writes were refused", rehearsal, endpoint)


def nothing_is_heard(name: str, what: str, rehearsal: Rehearsal, endpoint: Endpoint) -> None:
    heard = rehearsal[name].heard(endpoint)
    if heard:
        fail(f"{what}, and {len(heard)} deliveries tell of it", heard)


def no_clash(
    delivered: list[Delivery], same: Callable[[Delivery], Hashable], apart: Callable[[Delivery], Hashable], said: str
) -> None:
    """No two deliveries are the same in one respect and apart in the other; None is like nothing else."""
    known: dict[Hashable, Delivery] = {}
    for each in delivered:
        key = same(each)
        first = each if key is None else known.setdefault(key, each)
        if apart(first) != apart(each):
            fail(f"{said}: {key}", [first, each])


@pytest.mark.rule("WHK-10")
def test_an_event_has_an_id_of_its_own(delivered: list[Delivery]) -> None:
    no_clash(delivered, lambda each: each.id, events.what, "two events have one id")


@pytest.mark.rule("WHK-10")
def test_what_happens_once_is_one_event(delivered: list[Delivery]) -> None:
    no_clash(delivered, events.once, lambda each: each.id, "what happens once is told as two events")


@pytest.mark.parametrize("name", FAILURES)
@pytest.mark.rule("WHK-12")
def test_what_was_not_answered_with_a_2xx_is_tried_again(name: str, rehearsal: Rehearsal, endpoint: Endpoint) -> None:
    """After a 500, a 404, a redirect, and a 204 that comes 2 s too late."""
    trial: Trial = rehearsal[name]
    if not trial.again():
        hosting = endpoint.hosting
        longest = f"within its first pause and {hosting.patience:g} s ([webhooks] `pause` is {hosting.pause:g} s)"
        fail(f"expected another try {longest}; this one was answered {trial.first().reply}", trial.tries())


@pytest.mark.parametrize("name", FAILURES)
@pytest.mark.rule("WHK-13")
def test_a_try_is_the_same_delivery_of_the_same_bytes(name: str, rehearsal: Rehearsal) -> None:
    trial: Trial = rehearsal[name]
    again = trial.again()
    if not again:
        not_run(Why.TOO_LITTLE, f"what was answered {name} was not tried again")
    first = trial.first()
    for respect, of in SAME.items():
        if of(first) != of(again):
            fail(f"{respect} of a second try is another", [first, again])


@pytest.mark.rule("WHK-13")
def test_a_delivery_has_an_id_of_its_own(delivered: list[Delivery]) -> None:
    no_clash(delivered, lambda each: each.header(DELIVERY), lambda each: each.id, "two events came as one delivery")


@pytest.mark.rule("WHK-14")
def test_a_redirect_is_not_followed(rehearsal: Rehearsal, endpoint: Endpoint) -> None:
    trial: Trial = rehearsal["redirect"]
    endpoint.settle(trial.first().at)
    followed = [each for each in endpoint.strays() if endpoint.moved.endswith(each.path)]
    if followed:
        fail(f"a {trial.first().reply} with a Location was followed", followed)


@pytest.mark.slow
@pytest.mark.rule("WHK-15")
def test_the_pauses_grow(rehearsal: Rehearsal, endpoint: Endpoint) -> None:
    """Between three tries, of which the first two were answered 500."""
    trial: Trial = rehearsal["twice"]
    second = trial.again()
    if not second:
        not_run(Why.TOO_LITTLE, "what was answered 500 was not tried again")
    tries = endpoint.awaited(lambda: trial.tries()[2:], second.at, THRICE * endpoint.hosting.pause)
    if not tries:
        not_run(Why.OUT_OF_TIME, f"no third try came within {THRICE * endpoint.hosting.pause:.0f} s")
    first, then = second.at - trial.first().at, tries[0].at - second.at
    assert then > GROWN * first, f"the first pause was {first:.1f} s, the second {then:.1f} s"


@pytest.mark.rule("WHK-16")
def test_what_was_answered_with_a_2xx_does_not_come_again(rehearsal: Rehearsal, endpoint: Endpoint) -> None:
    """A 204, or any other: when that would be tried again, it has not been."""
    trial: Trial = rehearsal["accepted"]
    endpoint.awaited(lambda: trial.tries()[1:], trial.first().at, endpoint.hosting.pause + 1)
    accepted: dict[str, Delivery] = {}
    for each in endpoint.deliveries():
        first = accepted.get(each.id)
        if first:
            fail(f"answered {first.reply}, it came again", [first, each])
        if each.accepted:
            accepted[each.id] = each
