"""Rate limits are counted over all processes; and what happens to them while Redis is gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from mockserver.quotas import RETRY
from tests.live import Mock
from tests.mockserver.live.conftest import Two, control, two, until_redis_is_back
from tests.redis_server import Server, redis_server

_LIMIT = 60  # of the plan "starter", for a minute
_HELD = {"mode": "frozen", "at": "2026-03-12T15:00:10Z"}  # a minute that lasts


class Caller:
    """Asks for products of a world of its own, whose clock stands still."""

    def __init__(self, pair: Two) -> None:
        made = control(pair.one, "POST", "/worlds", {"fixtures": "kleines-kontor", "plan": "starter"}).json()["data"]
        control(pair.one, "PUT", f"/worlds/{made['tenant_id']}/clock", _HELD)
        headers = {"Authorization": f"Bearer {made['key']}", "X-Tenant-ID": made["tenant_id"]}
        self._client = httpx.Client(headers=headers, timeout=20)

    def __call__(self, mock: Mock) -> httpx.Response:
        return self._client.get(f"{mock.address}/products?limit=1&fields=sku")

    def close(self) -> None:
        self._client.close()

    def often(self, pair: Two) -> list[httpx.Response]:
        """20 times more than it may, at both mocks at once."""
        with ThreadPoolExecutor(8) as threads:
            return [*threads.map(self, pair.mocks * (_LIMIT // 2 + 10))]


def _quota(answer: httpx.Response) -> tuple[int, int]:
    return int(answer.headers["X-RateLimit-Limit"]), int(answer.headers["X-RateLimit-Remaining"])


def test_a_limit_is_that_of_all_processes_together_and_exact(tmp_path: Path) -> None:
    with (
        redis_server(tmp_path) as server,
        two(tmp_path, server, limits="on") as pair,
        closing(Caller(pair)) as ask,
    ):
        answers = ask.often(pair)

    assert {200: _LIMIT, 429: 20} == Counter(answer.status_code for answer in answers)
    assert [*range(_LIMIT)] == sorted(_quota(answer)[1] for answer in answers if answer.status_code == 200)


@pytest.mark.parametrize("going", [Server.kill, Server.stop])
def test_while_redis_is_gone_nobody_is_refused_and_the_headers_are_there(
    tmp_path: Path, going: Callable[[Server], None]
) -> None:
    with (
        redis_server(tmp_path, keeps=True) as server,
        two(tmp_path, server, limits="on") as pair,
        closing(Caller(pair)) as ask,
    ):
        before = _quota(ask(pair.one))
        going(server)
        meanwhile = ask.often(pair)
        server.start() if going is Server.kill else server.go_on()
        until_redis_is_back(*pair.mocks)
        after = _quota(ask(pair.other))
        log = (tmp_path / "mock.log").read_text()

    assert (_LIMIT, _LIMIT - 1) == before
    assert {200} == {answer.status_code for answer in meanwhile}
    assert {_LIMIT} == {_quota(answer)[0] for answer in meanwhile}
    assert (_LIMIT, _LIMIT - 2) >= after
    assert (2, 2) == (log.count("does not answer"), log.count("answers again"))


def test_or_everybody_is_refused_until_it_is_back(tmp_path: Path) -> None:
    closed = ("--limits-without-store", "closed")
    with (
        redis_server(tmp_path, keeps=True) as server,
        two(tmp_path, server, *closed, limits="on") as pair,
        closing(Caller(pair)) as ask,
    ):
        server.kill()
        meanwhile = [ask(mock) for mock in pair.mocks * 3]
        health = httpx.get(f"{pair.one.address}/health")
        unknown = httpx.get(f"{pair.one.address}/products", headers={"Authorization": "Bearer nobody"})
        server.start()
        until_redis_is_back(*pair.mocks)
        after = [ask(mock).status_code for mock in pair.mocks]

    assert {(503, "SERVICE_UNAVAILABLE", str(RETRY))} == {
        (answer.status_code, answer.json()["error"]["code"], answer.headers["Retry-After"]) for answer in meanwhile
    }
    assert {(_LIMIT, 0)} == {_quota(answer) for answer in meanwhile}
    assert (200, 401) == (health.status_code, unknown.status_code)
    assert [200, 200] == after
