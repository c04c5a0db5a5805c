"""A mock of the machine's small world, whose numbers a reader can keep in mind (tests/machine/world.py)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nexuscommerce.contract import Contract
from tests.machine.inside import Mock


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where it is written and seeded once; each test begins with a copy."""
    return tmp_path_factory.mktemp("small")


@pytest.fixture
def small(small_world: Path, contract: Contract) -> Iterator[Mock]:
    opened = Mock(small_world, contract)
    yield opened
    opened.close()
