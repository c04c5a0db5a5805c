"""A pytest plugin: a world of its own for a test, on a mock that it starts or that is named.

    def test_a_key_expires(nexus_world):
        nexus_world.clock.advance("3d")
        assert nexus_world.client.get("/products").status_code == 200

Nothing of the mock is imported before a fixture is asked for: suites that do not use it do not wait for it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mockserver.commands.client import Control
    from mockserver.testing import World

_ADDRESS = re.compile(r"http://[^\s/]+")
_SECONDS = 15  # to stop
_NAME = 200  # characters


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("nexus-mock")
    told = "The mock to use (NEXUS_MOCK_URL); without one, one is started. NEXUS_MOCK_TOKEN is its token, if it wants one."
    group.addoption("--nexus-mock-url", metavar="URL", help=told)


def pytest_configure(config: pytest.Config) -> None:
    told = "nexus_world(**world): what the world of `nexus_world` is made with, such as fixtures='empty', plan='starter'."
    config.addinivalue_line("markers", told)


@pytest.fixture(scope="session")
def nexus_mock(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Control]:
    """The control API of a mock: of --nexus-mock-url or NEXUS_MOCK_URL, or of one that lasts as long as the session. Its
    `url` is the mock's address."""
    from mockserver.commands.client import Control

    url = pytestconfig.getoption("--nexus-mock-url") or os.environ.get("NEXUS_MOCK_URL")
    if url:
        with Control(url, os.environ.get("NEXUS_MOCK_TOKEN")) as control:
            yield control
        return
    with _started(tmp_path_factory.mktemp("nexus-mock")) as address, Control(address) as control:
        yield control


@pytest.fixture
def nexus_world_factory(nexus_mock: Control, request: pytest.FixtureRequest) -> Iterator[Callable[..., World]]:
    """Makes worlds, `nexus_world_factory(fixtures="empty", plan="starter")`; all are deleted after the test."""
    from mockserver.testing import World

    with ExitStack() as ends:  # each is deleted, whatever becomes of the others

        def make(**wanted: Any) -> World:
            world = World(nexus_mock, nexus_mock.post("/worlds", {"name": request.node.nodeid[-_NAME:]} | wanted))
            ends.callback(world.delete)
            return world

        yield make


@pytest.fixture
def nexus_world(nexus_world_factory: Callable[..., World], request: pytest.FixtureRequest) -> World:
    """A world of its own, as the marker `nexus_world` asks for it; deleted after the test."""
    marker = request.node.get_closest_marker("nexus_world")
    return nexus_world_factory(**(marker.kwargs if marker else {}))


@contextmanager
def _started(directory: Path) -> Iterator[str]:
    """A new mock on a free port, with no setting but these; its address."""
    options = ("--port", "0", "--fresh", "--database", str(directory / "state.db"), "--log", "off")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEXUS_MOCK")}
    log = directory / "mock.log"
    with log.open("w") as errors:
        process = subprocess.Popen(  # noqa: S603  this very package
            [sys.executable, "-m", "mockserver", *options], stdout=subprocess.PIPE, stderr=errors, text=True, env=environment
        )
    try:
        yield _address(process, log)
    finally:
        process.terminate()
        try:
            process.communicate(timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _address(process: subprocess.Popen[str], log: Path) -> str:
    """From what it prints when it is up."""
    for line in process.stdout or ():
        if found := _ADDRESS.search(line):
            return found[0]
    raise pytest.UsageError(f"nexus-mock did not start: {log.read_text()[-500:]}")
