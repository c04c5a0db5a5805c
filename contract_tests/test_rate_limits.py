"""Rate limits: what the headers say is what happens. Runs last, for it uses a key up."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from contract_tests.absence import Why, not_run
from contract_tests.client import Actor, Answer
from contract_tests.document import CONTRACT, LISTS
from contract_tests.population import Population
from contract_tests.seen import LAG, clock
from contract_tests.windows import TRIES, fallen, window, within

MOST = 300  # requests that the judge is ready to spend on using a key up


def until_reset(answer: Answer) -> float:
    """Seconds until a window ends. The judge waits for a minute, not for an hour."""
    left = window(answer).reset - clock(answer.seen)
    if left > 60 + LAG:
        not_run(Why.OUT_OF_TIME, "the key's hour is used up, and the judge does not wait for the next")
    return max(0.0, left) + 1.1  # Date tells whole seconds


@pytest.fixture
def used_up(quota: Actor) -> Callable[[], Answer]:
    """Use the key up, and answer its first 429."""

    def until_refused() -> Answer:
        first = window(quota.call("listProducts", query={"limit": 1}))
        if first.limit > MOST:
            not_run(Why.TOO_LITTLE, f"the credential `quota` allows {first.limit} requests, more than {MOST}")
        for _ in range(2 * first.limit + 2):  # twice: the window may end once on the way
            answer = quota.call("listProducts", query={"limit": 1})
            if answer.status == 429:
                return answer.refused("RATE_LIMITED")
        raise AssertionError(f"expected 429 after {first.limit} requests; {2 * first.limit + 3} were answered")

    return until_refused


def while_used_up(used_up: Callable[[], Answer], act: Callable[[], Answer]) -> Answer:
    """An answer that came while the key was used up: the same window before and after."""
    for _ in range(TRIES):
        before = window(used_up()).reset
        answer = act()
        if window(used_up()).reset == before:
            return answer
    raise AssertionError("expected a window to last for a few requests")


@pytest.mark.rule("RAT-05")
def test_as_many_as_remain_are_answered(quota: Actor) -> None:
    """Neither one less nor one more. The first of these tests: where little remains it waits for the next window."""
    first = quota.call("listProducts", query={"limit": 1})
    if window(first).limit > MOST:
        not_run(Why.TOO_LITTLE, f"the credential `quota` allows {window(first).limit} requests, more than {MOST}")
    for _ in range(TRIES):
        if window(first).remaining == 0:
            time.sleep(until_reset(first))
            first = quota.call("listProducts", query={"limit": 1}).ok()
        answers = [quota.call("listProducts", query={"limit": 1}) for _ in range(window(first).remaining + 1)]
        if window(answers[-1]).reset == window(first).reset:
            assert [answer.status for answer in answers] == [200] * window(first).remaining + [429]
            return
        first = answers[-1]
    raise AssertionError("expected a window to last for a few requests")


@pytest.mark.rule("RAT-03")
def test_every_request_takes_one(full: Actor, other_full: Actor) -> None:
    """Also one that is refused for what it asks: a limit that only counts successes does not protect."""

    def run() -> list[Answer]:
        return [
            full.call("listProducts"),
            full.call("listOrders"),
            full.call("listProducts", query={"limit": "0"}).refused("VALIDATION_ERROR"),
            full.call("getProduct", {"sku": "JT-nowhere"}).refused("RESOURCE_NOT_FOUND"),
            full.at(None).call("listProducts").refused("TENANT_HEADER_MISSING"),
            full.at(other_full.tenant).call("listProducts").refused("TENANT_ACCESS_DENIED"),
            full.call("createProduct", body={}).refused("VALIDATION_ERROR"),
            full.send("HEAD", "/products"),
            full.call("listProducts"),
        ]

    seen = within(run)

    assert [each.remaining for each in seen] == [seen[0].remaining - n for n in range(len(seen))]
    assert len({each.limit for each in seen}) == 1


@pytest.mark.parametrize("credential", ["full", "reader", "quota", "jwt_viewer"])
@pytest.mark.rule("RAT-03")
def test_every_caller_is_counted(credential: str, actor: Callable[[str], Actor]) -> None:
    caller = actor(credential)
    seen = within(lambda: [caller.call("listProducts", query={"limit": 1}) for _ in range(4)])

    assert [each.remaining for each in seen] == [max(0, seen[0].remaining - n) for n in range(4)]


@pytest.mark.rule("RAT-03")
def test_callers_without_credentials_are_counted(anonymous: Actor) -> None:
    """Schemathesis is one of them meanwhile."""
    seen = within(lambda: [anonymous.call("listProducts", query={"limit": 1}) for _ in range(4)])

    assert fallen(seen), f"{[each.remaining for each in seen]} remain after one request each"


@pytest.mark.parametrize("credential", ["full", "quota"])
@pytest.mark.rule("RAT-04")
def test_reset_ends_this_minute_or_hour(credential: str, actor: Callable[[str], Actor]) -> None:
    answer = actor(credential).call("listProducts")
    now, reset = clock(answer.seen), window(answer).reset

    assert reset % 60 == 0, f"X-RateLimit-Reset {reset} is no whole minute"
    assert reset % 3600 == 0 or reset - now <= 60 + LAG, f"X-RateLimit-Reset {reset} ends neither this minute nor an hour"
    assert now - 1 <= reset <= now + 3600 + LAG, f"X-RateLimit-Reset {reset} is {reset - now} s from now"


@pytest.mark.rule("RAT-05")
def test_beyond_the_limit_is_refused(quota: Actor, other_full: Actor, used_up: Callable[[], Answer]) -> None:
    """For every list and write, before anything else about the request is looked at."""
    for listing in LISTS:
        while_used_up(used_up, lambda listing=listing: quota.call(listing.id)).refused("RATE_LIMITED")  # type: ignore[misc]
    while_used_up(used_up, lambda: quota.at(None).call("listProducts")).refused("RATE_LIMITED")
    while_used_up(used_up, lambda: quota.at(other_full.tenant).call("listProducts")).refused("RATE_LIMITED")
    while_used_up(used_up, lambda: quota.call("createProduct", body={})).refused("RATE_LIMITED")


@pytest.mark.rule("ERR-13")
def test_a_route_is_looked_for_before_the_limit(quota: Actor, used_up: Callable[[], Answer]) -> None:
    while_used_up(used_up, lambda: quota.send("GET", "/nowhere")).refused("ROUTE_NOT_FOUND")
    while_used_up(used_up, lambda: quota.send("PUT", "/products")).refused("METHOD_NOT_ALLOWED")


@pytest.mark.rule("RAT-05")
def test_a_refused_request_has_no_effect(
    quota: Actor, full: Actor, population: Population, used_up: Callable[[], Answer]
) -> None:
    sku = population.sku()
    while_used_up(used_up, lambda: population.create(quota, sku=sku)).refused("RATE_LIMITED")

    full.call("getProduct", {"sku": sku}).refused("RESOURCE_NOT_FOUND")


@pytest.mark.rule("RAT-06")
def test_a_key_counts_by_itself(full: Actor, quota: Actor, used_up: Callable[[], Answer]) -> None:
    """Another key of the same tenant, from the same address, loses nothing."""

    def run() -> list[Answer]:
        before = full.call("listProducts").ok()
        used_up()
        return [before, full.call("listProducts").ok()]

    before, after = within(run)

    assert after.remaining == before.remaining - 1


@pytest.mark.rule("RAT-07")
def test_the_health_check_and_options_count_nothing(full: Actor) -> None:
    def run() -> list[Answer]:
        before = full.call("listProducts")
        for _ in range(3):
            full.call("getHealth").ok()
            full.send("OPTIONS", "/products")
        return [before, full.call("listProducts")]

    before, after = within(run)

    assert after.remaining == before.remaining - 1


@pytest.mark.rule("RAT-07")
def test_the_health_check_and_options_are_never_refused(quota: Actor, used_up: Callable[[], Answer]) -> None:
    while_used_up(used_up, lambda: quota.call("getHealth")).ok()
    for path in CONTRACT.methods:
        if "{" not in path:
            while_used_up(used_up, lambda path=path: quota.send("OPTIONS", path)).ok()  # type: ignore[misc]
