"""Rate limits: the clock's windows, the plans' numbers, and what counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.quotas import Quota, Quotas
from mockserver.stores import UnusableStore
from nexuscommerce.contract import Contract, Plan
from tests.inside import Inside, open_inside

WHOLE_HOUR = 1_741_784_400.0


def _three(response: object) -> tuple[int, int, int]:
    names = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
    limit, remaining, reset = (int(response.headers[name]) for name in names)  # type: ignore[attr-defined]
    return limit, remaining, reset


def test_the_minute_is_the_clocks_and_not_the_callers() -> None:
    """A window that began with the first request would end at another second."""
    quotas = Quotas("memory://")

    seen = [quotas.take("a", Plan(2, 100), WHOLE_HOUR + second) for second in (59.5, 59.9, 59.95, 60.0)]

    end = int(WHOLE_HOUR) + 60
    assert [(1, end, 0), (0, end, 0), (0, end, 1), (1, end + 60, 0)] == [(q.remaining, q.reset, q.wait) for q in seen]


def test_the_window_with_fewer_requests_left_is_told() -> None:
    quotas = Quotas("memory://")

    seen = quotas.take("a", Plan(10, 5), WHOLE_HOUR + 10)

    assert Quota(5, 4, int(WHOLE_HOUR) + 3600, window="hour") == seen


def test_on_a_tie_the_minutes_window_is_told() -> None:
    assert "minute" == Quotas("memory://").take("a", Plan(5, 5), WHOLE_HOUR).window


def test_a_wait_outlasts_both_windows_when_both_are_used_up() -> None:
    """Retry-After that ended with the minute would lead into the next refusal."""
    quotas = Quotas("memory://")

    seen = [quotas.take("a", Plan(2, 2), WHOLE_HOUR + 0.5) for _ in range(3)][-1]

    assert (0, int(WHOLE_HOUR) + 60, 3600) == (seen.remaining, seen.reset, seen.wait)


def test_a_refused_request_costs_nothing_in_the_hour() -> None:
    quotas = Quotas("memory://")
    for _ in range(10):
        quotas.take("a", Plan(2, 100), WHOLE_HOUR)

    assert 97 == quotas.take("a", Plan(1000, 100), WHOLE_HOUR + 60).remaining


def test_looking_counts_nothing() -> None:
    quotas = Quotas("memory://")

    assert [5, 5, 4] == [quotas.look("a", Plan(5, 9), 0).remaining for _ in range(2)] + [
        quotas.take("a", Plan(5, 9), 0).remaining
    ]


def test_with_limits_off_nothing_is_counted_and_nobody_waits() -> None:
    quotas = Quotas("memory://", enforced=False)

    assert {(5, 0)} == {(q.remaining, q.wait) for q in (quotas.take("a", Plan(5, 9), 0) for _ in range(20))}


@pytest.mark.parametrize("url", ["foo://x", "nonsense", "async+memory://"])
def test_an_unusable_store_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(UnusableStore):
        Quotas(url)


@pytest.mark.parametrize(("tenant", "limit"), [(0, 300), (1, 60), (2, 1000), (3, 1_000_000)])
def test_a_plan_has_the_documentations_numbers(inside: Inside, tenant: int, limit: int) -> None:
    """api-overview: Rate Limits. The last tenant's key has an override."""
    assert limit == _three(inside.call("GET", "/api/products", tenant=tenant))[0]


def test_the_61st_request_of_a_starters_minute_is_refused_and_changes_nothing(inside: Inside) -> None:
    product = {"sku": "REFUSED", "title": "x", "price": 1}
    for _ in range(60):
        assert 200 == inside.call("GET", "/api/products", tenant=1, params={"limit": 1}).status_code
    refused = inside.call("POST", "/api/products", tenant=1, json=product)
    another = inside.call("GET", "/api/products", tenant=1, key="reader")
    inside.clock.advance(seconds=50)
    later = inside.call("GET", "/api/products/REFUSED", tenant=1)

    assert (429, "RATE_LIMITED", "50") == (
        refused.status_code,
        refused.json()["error"]["code"],
        refused.headers["Retry-After"],
    )
    assert 0 == _three(refused)[1]
    assert 200 == another.status_code
    assert 404 == later.status_code


def test_an_invalid_request_costs_one_and_so_do_unknown_paths_and_methods(inside: Inside) -> None:
    """contract: an invalid request still costs one."""
    requests = [("GET", "/api/products?limit=x"), ("GET", "/api/nope"), ("PUT", "/api/products"), ("GET", "/api/products")]

    assert [299, 298, 297, 296] == [_three(inside.call(*request))[1] for request in requests]


def test_health_options_and_pages_cost_nothing_and_still_tell(inside: Inside) -> None:
    free = [("GET", "/api/health"), ("OPTIONS", "/api/products"), ("GET", "/openapi.yaml"), ("GET", "/api/health")]

    assert [300] * 4 == [_three(inside.call(*request))[1] for request in free]


def test_callers_without_valid_credentials_count_by_address(inside: Inside) -> None:
    """At the Enterprise plan's numbers; a key that may not be used from here is no credential here."""
    seen = [
        inside.call("GET", "/api/products", key=None),
        inside.call("GET", "/api/products", token="nxc_live_wrong"),
        inside.call("GET", "/api/products", key="elsewhere"),
    ]
    inside.address = "127.0.0.2"
    elsewhere = inside.call("GET", "/api/products", key=None)

    assert [(1000, 999), (1000, 998), (1000, 997)] == [_three(response)[:2] for response in seen]
    assert (1000, 999) == _three(elsewhere)[:2]


def test_401_comes_before_429(tmp_path: Path, contract: Contract) -> None:
    """The order of x-refusals: an address that has used up its requests still learns that its token is wrong."""
    narrow = open_inside(tmp_path, contract, anonymous_per_minute=1)

    codes = [narrow.call("GET", "/api/products", key=None).json()["error"]["code"] for _ in range(3)]
    narrow.database.close()

    assert ["UNAUTHENTICATED"] * 3 == codes


def test_an_override_counts_on_enterprise_alone(inside: Inside) -> None:
    """api-overview: rate limit override, Enterprise only."""
    with inside.database.transaction(writes=True) as connection:
        connection.exec_driver_sql("UPDATE keys SET per_minute = 7, per_hour = 9 WHERE name = 'full'")

    limits = [_three(inside.call("GET", "/api/products", tenant=tenant))[0] for tenant in (0, 1, 2)]

    assert [300, 60, 7] == limits
