"""What many tests need: a mock in a process of its own, and one in this process whose clock the test holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nexuscommerce.contract import Contract, load
from tests.live import Mock, running


@pytest.fixture(scope="session")
def contract() -> Contract:
    return load()


@pytest.fixture(scope="session")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    """One mock for all tests that do not mind each other's products; rate limits are off."""
    directory: Path = tmp_path_factory.mktemp("mock")
    with running(directory, "--limits", "off", "--log", "text") as started:
        yield started
