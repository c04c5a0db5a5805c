"""Who counts as whom under the rate limits, and by which numbers. Nothing is used up here."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contract_tests.absence import Why, not_run
from contract_tests.client import Actor, Answer
from contract_tests.document import CONTRACT
from contract_tests.windows import fallen, plans_of, window, within

Find = Callable[[str], Actor]
NUMBERS = ", ".join(f"{plan.per_minute} a minute or {plan.per_hour} an hour" for plan in CONTRACT.plans.values())
USERS = ("jwt_manager", "jwt_viewer")


def look(caller: Actor) -> Answer:
    return caller.call("listProducts", query={"limit": 1})


@pytest.mark.rule("RAT-09")
def test_a_users_tokens_count_together(actor: Find) -> None:
    first, second = actor("jwt_manager"), actor("jwt_again")
    if first.token == second.token:
        not_run(Why.TOO_LITTLE, "the credentials `jwt_manager` and `jwt_again` are one token")
    seen = within(lambda: [look(caller) for caller in (first, second, first, second)])

    assert [each.remaining for each in seen] == [max(0, seen[0].remaining - n) for n in range(4)]


@pytest.mark.parametrize("other", ["full", "jwt_viewer"])
@pytest.mark.rule("RAT-09")
def test_a_user_counts_apart(other: str, actor: Find) -> None:
    """Neither a key of the tenant nor another of its users takes from what is left."""
    user, neighbour = actor("jwt_manager"), actor(other)

    def run() -> list[Answer]:
        before = look(user)
        for _ in range(3):
            look(neighbour)
        return [before, look(user)]

    before, after = within(run)

    assert after.remaining == before.remaining - 1


@pytest.mark.rule("RAT-10")
def test_callers_without_valid_credentials_count_together(anonymous: Actor) -> None:
    garbage, other = (anonymous.with_token("garbage", token) for token in ("nxc_live_nothing", "a.b.c"))
    seen = within(lambda: [look(caller) for caller in (anonymous, garbage, other, anonymous)])

    assert fallen(seen), f"{[each.remaining for each in seen]} remain after one request each"


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP", "CF-Connecting-IP"])
@pytest.mark.rule("RAT-10")
def test_they_count_by_the_address_that_they_have(header: str, anonymous: Actor) -> None:
    """And not by one that they claim: each claim would be a fresh quota."""

    def run() -> list[Answer]:
        claims = [f"for={address}" if header == "Forwarded" else address for address in ("192.0.2.1", "198.51.100.7")]
        return [look(anonymous), *(anonymous.call("listProducts", headers={header: claim}) for claim in claims)]

    seen = within(run)

    assert fallen(seen), f"{[each.remaining for each in seen]} remain after one request each"


@pytest.mark.rule("RAT-10")
def test_they_count_by_a_plan_of_their_own(anonymous: Actor) -> None:
    answer = look(anonymous)
    plan = CONTRACT.plan_without_credentials

    assert plan in [CONTRACT.plans[name] for name in plans_of(answer)], (
        f"expected {plan.per_minute} a minute or {plan.per_hour} an hour, got {window(answer)}; {answer}"
    )


@pytest.mark.parametrize("credential", USERS)
@pytest.mark.rule("RAT-11")
def test_a_users_limit_is_a_plans(credential: str, actor: Find) -> None:
    """Only a key can have a limit of its own. Where the hour's window is told, fewer are left in it than in the minute's."""
    answer = look(actor(credential))

    assert plans_of(answer), f"expected {NUMBERS}, of the window with fewer left, got {window(answer)}; {answer}"


@pytest.mark.rule("RAT-11")
def test_users_of_a_tenant_have_its_plan(actor: Find) -> None:
    first, second = (plans_of(look(actor(credential))) for credential in USERS)

    assert first & second, f"one user has the limit of {first}, another of the same tenant that of {second}"
