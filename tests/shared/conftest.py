"""One mock in two processes, on PostgreSQL and Redis servers of the tests' own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres_server as postgres
from tests import redis_server as redis
from tests.live import Mock, running


@pytest.fixture(scope="package")
def postgres_server() -> Iterator[postgres.Server]:
    with postgres.postgres_server() as server:
        yield server


@pytest.fixture(scope="package")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[redis.Server]:
    with redis.redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def shared(tmp_path: Path, postgres_server: postgres.Server, redis_server: redis.Server) -> Iterator[Mock]:
    """With the limits on, and the fixtures as they are."""
    options = ("--database", postgres_server.url, "--redis", redis_server.url, "--workers", "2", "--fresh", "--log", "json")
    with running(tmp_path, *options) as mock:
        yield mock
