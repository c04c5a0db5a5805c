"""The faults of several processes are one: at once, and counted exactly."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from mockserver.sandbox.faults import MOST
from tests.live import Mock
from tests.mockserver.live.conftest import Two, control, two
from tests.mockserver.sandbox.wire import HEADERS, TENANT
from tests.redis_server import redis_server

_FAULTS = f"/worlds/{TENANT}/faults"


def _status(mock: Mock, path: str = "/orders") -> int:
    return httpx.get(mock.address + path, headers=HEADERS).status_code


def _fault(mock: Mock, **fault: Any) -> Any:
    return control(mock, "POST", _FAULTS, {"operation_id": "listOrders", "code": "RATE_LIMITED"} | fault).json()["data"]


def _faults(mock: Mock) -> list[Any]:
    return list(control(mock, "GET", _FAULTS).json()["data"])


def test_a_fault_strikes_in_the_other_process_at_once_and_is_gone_there_at_once(pair: Two) -> None:
    seen = []
    for number in range(10):
        made, struck = (pair.one, pair.other)[:: 1 if number % 2 else -1]
        fault = _fault(made)
        before = _status(struck)
        control(struck, "DELETE", f"{_FAULTS}/{fault['id']}")
        seen.append((before, _status(made), _faults(made)))

    assert [(429, 200, [])] * 10 == seen


def test_times_are_those_of_all_processes_together(pair: Two) -> None:
    fault = _fault(pair.one, times=17)
    with ThreadPoolExecutor(8) as threads:
        seen = Counter(threads.map(_status, pair.mocks * 30))
    rows = [_faults(mock) for mock in pair.mocks]
    control(pair.one, "DELETE", _FAULTS)

    assert {429: 17, 200: 43} == seen
    assert [[{**fault, "applied": 17}]] * 2 == rows


def test_shares_are_drawn_by_the_number_of_the_request_whoever_answers_it(pair: Two) -> None:
    def drawn(mocks: list[Mock]) -> list[int]:
        _fault(pair.one, share=0.4, seed=5)
        seen = [_status(mock) for mock in mocks]
        control(pair.other, "DELETE", _FAULTS)
        return seen

    alone = drawn([pair.one] * 20)

    assert {200, 429} == {*alone}
    assert alone == drawn([pair.one, pair.other] * 10)


def test_the_first_fault_strikes_and_the_order_is_the_same_everywhere(pair: Two) -> None:
    made = [_fault(mock, code=code) for mock, code in zip(pair.mocks, ("INTERNAL_ERROR", "RATE_LIMITED"), strict=True)]
    orders = [[row["id"] for row in _faults(mock)] for mock in pair.mocks]
    statuses = [_status(mock) for mock in pair.mocks]
    control(pair.one, "DELETE", _FAULTS)

    assert [[fault["id"] for fault in made]] * 2 == orders
    assert [500, 500] == statuses


def test_the_bound_is_that_of_all_processes_together(pair: Two) -> None:
    for number in range(MOST):
        _fault(pair.mocks[number % 2])
    refused = control(pair.other, "POST", _FAULTS, {"operation_id": "listOrders", "code": "RATE_LIMITED"})
    control(pair.one, "DELETE", _FAULTS)

    assert (409, "QUOTA_EXCEEDED") == (refused.status_code, refused.json()["error"]["code"])
    assert [[], []] == [_faults(mock) for mock in pair.mocks]


def test_the_servers_faults_and_those_of_a_deleted_world(pair: Two) -> None:
    world = control(pair.one, "POST", "/worlds", {"fixtures": "kleines-kontor"}).json()["data"]["tenant_id"]
    control(pair.one, "POST", f"/worlds/{world}/faults", {"operation_id": "listOrders", "code": "RATE_LIMITED"})
    control(pair.one, "POST", "/server/faults", {"operation_id": "listOrders", "code": "INTERNAL_ERROR"})
    struck = [_status(mock) for mock in pair.mocks]
    control(pair.other, "DELETE", "/server/faults")
    control(pair.other, "DELETE", f"/worlds/{world}")
    with pair.redis.client() as client:
        left = [name for name in client.scan_iter("*fault*") if b"faulty" not in name]

    assert [500, 500] == struck
    assert [200, 200] == [_status(mock) for mock in pair.mocks]
    assert [] == left


def test_without_redis_no_fault_strikes_and_none_can_be_made(tmp_path: Path) -> None:
    with redis_server(tmp_path, keeps=True) as server, two(tmp_path, server) as pair:
        _fault(pair.one)
        struck = _status(pair.other)
        server.kill()
        meanwhile = [_status(mock) for mock in pair.mocks]
        refused = control(pair.one, "POST", _FAULTS, {"operation_id": "listOrders", "code": "RATE_LIMITED"})

    assert 429 == struck
    assert [200, 200] == meanwhile
    assert (503, "SERVICE_UNAVAILABLE") == (refused.status_code, refused.json()["error"]["code"])
