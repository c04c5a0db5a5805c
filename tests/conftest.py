"""What many tests need: a mock in a process of its own, and one in this process whose clock the test holds."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from nexuscommerce.contract import Contract, load
from tests import databases
from tests.inside import Inside, open_inside
from tests.live import Mock, running


def pytest_configure() -> None:
    """What tests start hears an interrupt: a shell starts what it puts into the background deaf to it, children and all."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shard", metavar="I/N", default="0/1", help="Every N-th test of those chosen, from the I-th on.")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A share of what takes long, for several machines or several evenings."""
    if databases.IN_USE:
        items[:] = [item for item in items if _is_of_any_store(item)]
    number, shares = map(int, config.getoption("--shard").split("/"))
    items[:] = items[number % shares :: shares]


@pytest.fixture(autouse=True)
def _own_databases() -> Iterator[None]:
    """What a test makes on a PostgreSQL server ends with it."""
    yield
    databases.drop()


def pytest_sessionfinish() -> None:
    databases.drop(seeded=True)


def _is_of_any_store(item: pytest.Item) -> bool:
    """Whether it is about what a mock in this process does, whatever keeps its state."""
    mocks = {"inside", "small", "outbox", "turning"}
    return item.get_closest_marker("state_file") is None and not mocks.isdisjoint(getattr(item, "fixturenames", ()))


def pytest_sessionstart() -> None:
    if databases.IN_USE and not databases.answers():
        why = f"no PostgreSQL server answers at {databases.SERVER} (NEXUS_TEST_POSTGRES); its tests are not run"
        pytest.exit(why, returncode=1 if "CI" in os.environ else 0)


@pytest.fixture(scope="session")
def contract() -> Contract:
    return load()


@pytest.fixture(scope="session")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    """One mock for all tests that do not mind each other's products; rate limits are off."""
    directory: Path = tmp_path_factory.mktemp("mock")
    with running(directory, "--limits", "off", "--log", "text") as started:
        yield started


@pytest.fixture
def inside(tmp_path: Path, contract: Contract) -> Iterator[Inside]:
    """A new mock in this process, at 15:00:10 on 12 March 2026."""
    opened = open_inside(tmp_path, contract)
    yield opened
    opened.database.close()
