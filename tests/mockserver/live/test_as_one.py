"""Several processes behind one address, on PostgreSQL and Redis: nobody can tell them from one."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests import databases
from tests.live import Mock, running
from tests.mockserver.live.conftest import control
from tests.mockserver.sandbox.wire import HEADERS, TENANT
from tests.redis_server import Server

_FAULTS = f"/worlds/{TENANT}/faults"


@pytest.fixture(scope="module")
def database() -> str:
    """Skips the tests where there is no PostgreSQL, but not in CI, where there must be one."""
    if not databases.answers() and "CI" not in os.environ:
        pytest.skip(f"there is no PostgreSQL at {databases.SERVER}")
    return databases.seeded(lambda url: None)  # which lasts for more than one test


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory, redis: Server, database: str) -> Iterator[Mock]:
    options = ("--workers", "3", "--database", database, "--redis", redis.url, "--log", "json")
    with running(tmp_path_factory.mktemp("as-one"), *options) as started:
        httpx.get(f"{started.address}/health", timeout=60)  # they start after the greeting
        yield started


def _ask(mock: Mock, request_id: str = "any") -> httpx.Response:
    """By a connection of its own: whichever process takes it."""
    return httpx.get(f"{mock.address}/orders?limit=1", headers={**HEADERS, "X-Request-ID": request_id})


def _log(mock: Mock) -> list[Any]:
    return list(control(mock, "GET", "/requests", limit=500).json()["data"])


def test_a_request_is_in_the_log_as_soon_as_it_is_answered(mock: Mock) -> None:
    for number in range(30):
        _ask(mock, f"now-{number}")
        assert f"now-{number}" == _log(mock)[0]["request_id"]
    assert [f"now-{number}" for number in range(29, -1, -1)] == [row["request_id"] for row in _log(mock)[:30]]


def test_what_remains_of_a_limit_falls_by_one(mock: Mock) -> None:
    seen = [int(_ask(mock).headers["X-RateLimit-Remaining"]) for _ in range(20)]

    assert [*range(seen[0], seen[0] - 20, -1)] == seen


def test_a_fault_strikes_as_often_as_it_is_to(mock: Mock) -> None:
    made = control(mock, "POST", _FAULTS, {"operation_id": "listOrders", "code": "RATE_LIMITED", "times": 9})
    seen = Counter(_ask(mock).status_code for _ in range(30))
    control(mock, "DELETE", _FAULTS)

    assert 201 == made.status_code
    assert {429: 9, 200: 21} == seen
    assert [] == control(mock, "GET", _FAULTS).json()["data"]


def test_coverage_is_exact(mock: Mock) -> None:
    control(mock, "DELETE", "/coverage")
    for _ in range(25):
        _ask(mock)
    rows = control(mock, "GET", "/coverage").json()["data"]["operations"]

    assert [25] == [row["requests"] for row in rows if row["operation_id"] == "listOrders"]
