"""Two processes of one mock: on one state file, with one Redis between them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.live import Mock, running
from tests.mockserver.sandbox.wire import address
from tests.redis_server import Server, redis_server


class Two(NamedTuple):
    """What one does the other knows."""

    one: Mock
    other: Mock
    redis: Server

    @property
    def mocks(self) -> list[Mock]:
        return [self.one, self.other]


def control(mock: Mock, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
    return httpx.request(method, address(mock, path), json=body, params=query, timeout=30)


def until_redis_is_back(*mocks: Mock) -> None:
    """They have noticed it."""
    for mock in mocks:
        for _ in range(200):
            if control(mock, "GET", "/coverage").status_code == 200:
                break
            time.sleep(0.1)


@contextmanager
def two(directory: Path, redis: Server, *options: str, limits: str = "off") -> Iterator[Two]:
    given = ("--redis", redis.url, "--limits", limits, "--log", "text", *options)
    with running(directory, *given) as one, running(directory, *given) as other:
        yield Two(one, other, redis)


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, redis: Server) -> Iterator[Two]:
    with two(tmp_path_factory.mktemp("pair"), redis) as started:
        yield started
