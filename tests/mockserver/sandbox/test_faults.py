"""Requests that fail on purpose: which, how often, and how."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver.sandbox.faults import MOST, Faults
from mockserver.sandbox.possible import Possible
from mockserver.sandbox.rule import Wildcard
from nexuscommerce.contract import Contract
from tests.inside import START, Inside, open_inside
from tests.mockserver.sandbox.turning import breaches, code, control, entry, fault, faults, of, pointers

OPERATIONS = ("listOrders", "getProduct", "confirmShipment", "setInventory", "createProduct")


def _statuses(inside: Inside, times: int, path: str = "/api/orders", **options: Any) -> list[int]:
    return [inside.call("GET", path, **options).status_code for _ in range(times)]


def test_a_fault_strikes_so_many_times_and_then_no_more(inside: Inside) -> None:
    fault(inside, operation_id="listOrders", code="RATE_LIMITED", times=2)

    assert [429, 429, 200, 200] == _statuses(inside, 4)
    assert [2] == [row["applied"] for row in faults(inside)]


def test_a_fault_is_shown_as_it_was_asked_for_with_every_member(inside: Inside) -> None:
    """The status of its code, and the code of its status."""
    fault(inside, operation_id="getProduct", status=404)
    fault(inside, code="RATE_LIMITED", delay={"min_ms": 5}, path="/orders/*", share=0.5, retry_after=7)

    first, second = faults(inside)
    assert ("RESOURCE_NOT_FOUND", 404, None) == (first["code"], first["status"], first["delay"])
    assert (429, {"min_ms": 5, "max_ms": 5}, "/orders/*", 7) == tuple(
        second[name] for name in ("status", "delay", "path", "retry_after")
    )
    assert [] == breaches("Fault", first) + breaches("Fault", second)


def test_a_fault_of_a_world_is_none_of_another(inside: Inside) -> None:
    fault(inside, status=500)

    assert [500] == _statuses(inside, 1)
    assert [200] == _statuses(inside, 1, tenant=1)
    assert [] == faults(inside, 1)


def test_the_servers_faults_come_after_a_worlds_own(inside: Inside) -> None:
    fault(inside, None, status=500)
    fault(inside, code="RATE_LIMITED", times=1)

    assert [429, 500] == _statuses(inside, 2)
    assert [500] == _statuses(inside, 1, tenant=1)


@pytest.mark.parametrize(
    ("rule", "struck"),
    [
        ({"operation_id": "listOrders"}, ["GET /api/orders", "HEAD /api/orders"]),
        ({"method": "HEAD"}, ["HEAD /api/orders"]),
        ({"method": "GET"}, ["GET /api/orders", "GET /api/products", "GET /api/products/SKU-001"]),
        ({"path": "/products"}, ["GET /api/products"]),
        ({"path": "/products*"}, ["GET /api/products", "GET /api/products/SKU-001"]),
        ({"path": "*/SKU-*"}, ["GET /api/products/SKU-001"]),
        ({"path": "/api/products"}, []),
    ],
)
def test_a_fault_strikes_what_it_matches(inside: Inside, rule: dict[str, Any], struck: list[str]) -> None:
    fault(inside, status=500, **rule)
    requests = ("GET /api/orders", "HEAD /api/orders", "GET /api/products", "GET /api/products/SKU-001")

    assert struck == [each for each in requests if inside.call(*each.split(" ")).status_code == 500]


def test_a_fault_of_a_key_strikes_that_key_alone(inside: Inside) -> None:
    keys = control(inside, "GET", f"{of(inside, 0)}/keys").json()["data"]
    (chosen,) = (row for row in keys if row["name"] == "reader")
    fault(inside, status=500, key_id=chosen["id"])

    assert [200] == _statuses(inside, 1)
    assert [500] == _statuses(inside, 1, key="reader")


def test_a_share_is_struck_and_the_same_one_for_the_same_seed(tmp_path: Path, contract: Contract) -> None:
    """By the number of the request that matched, so that a run can be repeated."""
    seen = []
    for number, seed in enumerate((7, 7, 8)):
        (tmp_path / str(number)).mkdir()
        inside = open_inside(tmp_path / str(number), contract, limits=False)
        fault(inside, status=500, share=0.3, seed=seed, operation_id="getProduct")
        seen.append(_statuses(inside, 100, "/api/products/SKU-001"))
        inside.database.close()

    assert seen[0] == seen[1]
    assert seen[0] != seen[2]
    assert all(15 <= each.count(500) <= 45 for each in seen)


def test_what_a_share_leaves_over_is_the_next_faults(inside: Inside) -> None:
    fault(inside, status=500, share=0.0)
    fault(inside, code="RATE_LIMITED")

    assert [429] == _statuses(inside, 1)


def test_times_are_exact_for_requests_all_at_once(tmp_path: Path, contract: Contract) -> None:
    inside = open_inside(tmp_path, contract, limits=False)
    fault(inside, status=500, times=7, delay={"min_ms": 20})

    async def all_at_once() -> list[int]:
        headers = {"Authorization": f"Bearer {inside.key('full')}", "X-Tenant-ID": inside.world.tenants[0]["id"]}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(inside.app), base_url="http://mock") as client:
            answers = await asyncio.gather(*(client.get("/api/orders", headers=headers) for _ in range(40)))
        return [answer.status_code for answer in answers]

    assert 7 == asyncio.run(all_at_once()).count(500)
    inside.database.close()


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_every_code_of_an_operation_can_be_had_and_its_answer_is_the_contracts(
    contract: Contract, operation_id: str
) -> None:
    """What a fault answers breaks no schema of the document: clients are generated from it."""
    operation, possible = contract.operations[operation_id], Possible(contract)
    assert possible.codes(operation)
    for name in possible.codes(operation):
        staged = possible.staged(operation, name, START)
        body = {"error": {"code": staged.code, "message": staged.message, "details": dict(staged.details)}}
        schema = operation.responses[possible.status(name) or 0]["content"]["application/json"]["schema"]

        assert [] == [error.message for error in operation.schemas.validator(schema).iter_errors(body)], name


def test_the_codes_of_an_operation_are_those_of_its_responses(contract: Contract) -> None:
    possible = Possible(contract)
    found = {name: set(possible.codes(contract.operations[name])) for name in OPERATIONS}

    assert {"FULFILLMENT_NOT_BY_MERCHANT", "SHIPMENT_EXCEEDS_ORDER"} <= found["confirmShipment"]
    assert {"WAREHOUSE_READ_ONLY", "STOCK_BELOW_RESERVED"} <= found["setInventory"]
    assert {"SKU_ALREADY_EXISTS"} == {name for name in found["createProduct"] if possible.status(name) == 409}
    assert not {name for name in found["listOrders"] if possible.status(name) in (404, 409)}


@pytest.mark.parametrize("retry_after", [None, 17])
def test_a_429_says_when_to_come_back(inside: Inside, retry_after: int | None) -> None:
    """Until the minute ends (the clock shows :10), unless it is said."""
    fault(inside, code="RATE_LIMITED", retry_after=retry_after)
    answer = inside.call("GET", "/api/orders")

    wait = retry_after or 50
    now = int(START.timestamp())
    assert (str(wait), "0", str(now + wait)) == tuple(
        answer.headers[name] for name in ("Retry-After", "X-RateLimit-Remaining", "X-RateLimit-Reset")
    )


def test_a_401_has_its_challenge(inside: Inside) -> None:
    fault(inside, code="TOKEN_EXPIRED")
    answer = inside.call("GET", "/api/orders")

    assert (401, "TOKEN_EXPIRED", 'Bearer error="invalid_token"') == (
        answer.status_code,
        code(answer),
        answer.headers["WWW-Authenticate"],
    )


def test_an_answer_that_a_fault_makes_has_the_headers_of_every_answer_and_counts(inside: Inside) -> None:
    before = inside.call("GET", "/api/orders").headers["X-RateLimit-Remaining"]
    fault(inside, status=500)
    answer = inside.call("GET", "/api/orders", headers={"Origin": "https://shop.example", "X-Request-ID": "mine"})

    assert int(before) - 1 == int(answer.headers["X-RateLimit-Remaining"])
    assert ("mine", "https://shop.example") == (
        answer.headers["X-Request-ID"],
        answer.headers["Access-Control-Allow-Origin"],
    )


def test_head_is_struck_without_a_body(inside: Inside) -> None:
    fault(inside, operation_id="listOrders", code="RATE_LIMITED")
    answer = inside.call("HEAD", "/api/orders")

    assert (429, b"") == (answer.status_code, answer.content)


def test_what_is_refused_anyway_is_refused_as_ever_and_strikes_nothing(inside: Inside) -> None:
    """No credentials, no tenant, no scope: a world's faults are for requests that pass."""
    fault(inside, status=500)
    refused = [
        inside.call("GET", "/api/orders", key=None),
        inside.call("GET", "/api/orders", headers={"X-Tenant-ID": None}),
        inside.call("POST", "/api/products", key="reader", json={}),
    ]

    assert [401, 400, 403] == [answer.status_code for answer in refused]
    assert 0 == faults(inside)[0]["applied"]


def test_the_servers_faults_strike_strangers_too(inside: Inside) -> None:
    fault(inside, None, status=500, times=1)

    assert [500, 401] == _statuses(inside, 2, key=None)


def test_an_operation_of_many_scopes_strikes_a_stranger_once(inside: Inside) -> None:
    """Connexion tries each of its alternatives."""
    fault(inside, None, operation_id="listJobs", status=500, times=2)

    assert [500, 500, 401] == _statuses(inside, 3, "/api/ai-jobs", key=None)


def test_health_has_the_servers_faults(inside: Inside) -> None:
    fault(inside, None, operation_id="getHealth", status=500, times=1)

    assert [500, 200] == _statuses(inside, 2, "/api/health", key=None)


def test_a_delay_comes_before_the_request_is_carried_out_and_holds_nobody_else(tmp_path: Path, contract: Contract) -> None:
    inside = open_inside(tmp_path, contract)
    fault(inside, operation_id="deleteProduct", delay={"min_ms": 300})
    headers = {"Authorization": f"Bearer {inside.key('full')}", "X-Tenant-ID": inside.world.tenants[0]["id"]}
    product = "/api/products/SKU-001"

    async def meanwhile() -> tuple[int, float, int, float]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(inside.app), base_url="http://mock") as client:
            started = time.perf_counter()
            slow = asyncio.create_task(client.delete(product, headers=headers))
            await asyncio.sleep(0.02)
            there = (await client.get(product, headers=headers)).status_code
            between = time.perf_counter() - started
            deleted = (await slow).status_code
        return there, between, deleted, time.perf_counter() - started

    there, between, deleted, whole = asyncio.run(meanwhile())
    assert (200, 204) == (there, deleted)
    assert between < 0.3 <= whole
    inside.database.close()


def test_a_delay_is_spread_evenly_between_its_bounds(inside: Inside, contract: Contract) -> None:
    """Drawn from the seed: no clock is needed to see it."""
    rules = Faults(contract)
    rules.add("", {"delay": {"min_ms": 100, "max_ms": 200}, "seed": 3}, START)
    inside.call("GET", "/api/orders")
    visit = _Visited(inside)
    drawn = [strike.delay for _ in range(400) if (strike := rules.choose(visit, contract.operations["listOrders"]))]  # type: ignore[arg-type]

    assert 400 == len(drawn)
    assert (0.1, 0.2) == (round(min(drawn), 2), round(max(drawn), 2))
    assert 0.145 < sum(drawn) / 400 < 0.155


class _Visited:
    """As much of a Visit as a rule looks at."""

    principal = None
    method = "GET"

    def __init__(self, inside: Inside) -> None:
        self.path = "/api/orders"


def test_a_delay_may_be_all(inside: Inside) -> None:
    fault(inside, operation_id="listOrders", delay={"min_ms": 1, "max_ms": 2})

    assert [200] == _statuses(inside, 1)
    assert faults(inside)[0]["id"] == entry(inside)["fault"]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, [""]),
        ({"operation_id": "listOrders"}, [""]),
        ({"delay": {"min_ms": 0}}, [""]),
        ({"operation_id": "nothing", "status": 500}, ["/operation_id"]),
        ({"operation_id": "listOrders", "status": 409}, ["/status"]),
        ({"operation_id": "listOrders", "code": "RESOURCE_NOT_FOUND"}, ["/code"]),
        ({"code": "NOTHING"}, ["/code"]),
        ({"code": "ROUTE_NOT_FOUND"}, ["/code"]),
        ({"status": 418}, ["/status"]),
        ({"code": "RATE_LIMITED", "status": 500}, ["/status"]),
        ({"delay": {"min_ms": 9, "max_ms": 8}}, ["/delay/max_ms"]),
        ({"status": 500, "connection": "drop"}, ["/connection"]),
        ({"status": 500, "retry_after": 3}, ["/retry_after"]),
        ({"operation_id": "listOrders", "method": "POST", "status": 500}, ["/method"]),
        ({"operation_id": "nothing", "delay": {"min_ms": 9, "max_ms": 8}}, ["/operation_id", "/delay/max_ms"]),
        ({"connection": "explode"}, ["/connection"]),
        ({"delay": {"min_ms": 60001}}, ["/delay/min_ms"]),
        ({"share": 1.5, "status": 500}, ["/share"]),
        ({"nonsense": 1}, ["/nonsense"]),
    ],
)
def test_a_fault_that_cannot_be_is_refused_with_the_place(inside: Inside, rule: dict[str, Any], expected: list[str]) -> None:
    answer = control(inside, "POST", f"{of(inside, 0)}/faults", rule)

    assert expected == pointers(answer)
    assert [] == faults(inside)


def test_a_world_has_so_many_faults_and_no_more(inside: Inside) -> None:
    for _ in range(MOST):
        fault(inside, status=500)

    refused = control(inside, "POST", f"{of(inside, 0)}/faults", {"status": 500})
    assert (409, "QUOTA_EXCEEDED") == (refused.status_code, code(refused))
    assert 201 == control(inside, "POST", "/server/faults", {"status": 500}).status_code


@pytest.mark.parametrize("tenant", [0, None])
def test_faults_are_removed_one_by_one_or_all(inside: Inside, tenant: int | None) -> None:
    first, second, third = (fault(inside, tenant, status=500) for _ in range(3))
    path = f"{of(inside, tenant)}/faults"

    assert 204 == control(inside, "DELETE", f"{path}/{second['id']}").status_code
    assert 404 == control(inside, "DELETE", f"{path}/{second['id']}").status_code
    assert [first["id"], third["id"]] == [row["id"] for row in faults(inside, tenant)]
    assert 204 == control(inside, "DELETE", path).status_code
    assert [200] == _statuses(inside, 1)


def test_a_fault_of_another_world_cannot_be_removed(inside: Inside) -> None:
    made = fault(inside, status=500)

    assert 404 == control(inside, "DELETE", f"{of(inside, 1)}/faults/{made['id']}").status_code
    assert 404 == control(inside, "DELETE", f"/server/faults/{made['id']}").status_code


def test_a_reset_removes_a_worlds_faults(inside: Inside) -> None:
    fault(inside, status=500)
    control(inside, "POST", f"{of(inside, 0)}/reset")

    assert [200] == _statuses(inside, 1)


@pytest.mark.parametrize(
    ("pattern", "path", "takes"),
    [
        ("/orders", "/orders", True),
        ("/orders", "/orders/1", False),
        ("/orders/*", "/orders/", True),
        ("*", "", True),
        ("a*a", "a", False),
        ("a**a", "aa", True),
        ("*ab*ab*", "xabab", True),
        ("*ab*ab*", "xabxb", False),
        ("a*b*c", "a-b-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("/a.b/*?", "/a.b/\n?", True),
        ("/a.b/*", "/aXb/c", False),
    ],
)
def test_a_star_stands_for_any_characters(pattern: str, path: str, takes: bool) -> None:
    assert takes is Wildcard(pattern).takes(path)


def test_many_stars_cost_no_time() -> None:
    """As a regular expression these tried every way to share out the path, and stopped the mock for all its worlds."""
    started = time.perf_counter()

    assert not Wildcard("*a" * 99 + "*b").takes("a" * 20_000)
    assert time.perf_counter() - started < 0.5
