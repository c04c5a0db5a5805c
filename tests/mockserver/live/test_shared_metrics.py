"""The figures are of all processes, and only ever rise."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.live import Mock, running
from tests.mockserver.live.conftest import Two, two, until_redis_is_back
from tests.mockserver.sandbox.wire import HEADERS
from tests.mockserver.test_metrics import PATH, requests, samples
from tests.redis_server import redis_server


def _read(mock: Mock) -> str:
    answer = httpx.get(f"http://127.0.0.1:{mock.port}{PATH}")
    assert 200 == answer.status_code
    return answer.text


def _ask(*mocks: Mock) -> None:
    for mock in mocks:
        httpx.get(f"{mock.address}/orders", headers=HEADERS)


def _orders(mock: Mock) -> int:
    return requests(_read(mock))["listOrders", "200", ""]


def _workers(mock: Mock) -> set[str]:
    return {row.labels["worker"] for row in samples(_read(mock)) if row.name == "requests_in_flight"}


def test_one_tells_of_both(pair: Two) -> None:
    before = _until(pair.one, at_least=0)
    _ask(*pair.mocks, pair.other)

    assert before + 3 == _until(pair.one, at_least=before + 3) == _until(pair.other, at_least=before + 3)
    assert 2 == len(_workers(pair.one))
    assert _workers(pair.one) == _workers(pair.other)


def test_they_outlast_a_process_and_redis(tmp_path: Path) -> None:
    with redis_server(tmp_path, keeps=True) as server:
        with two(tmp_path, server) as pair:
            _ask(*pair.mocks)
            server.kill()
            _ask(*pair.mocks)
            meanwhile = [_read(mock) for mock in pair.mocks]
            server.start()
            until_redis_is_back(*pair.mocks)
        with running(tmp_path, "--redis", server.url) as later:
            _ask(later)
            seen = _until(later, at_least=5)

    assert 5 == seen
    assert all("nexus_mock_requests_total" not in text and "nexus_mock_worlds" in text for text in meanwhile)


def _until(mock: Mock, at_least: int) -> int:
    """What the other process counted comes within a second or so."""
    for _ in range(100):
        if (seen := _orders(mock)) >= at_least:
            break
    return seen
