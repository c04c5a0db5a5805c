"""A mock to turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nexuscommerce.contract import Contract
from tests.mockserver.sandbox.control import Turning, World, opened


@pytest.fixture
def turning(tmp_path: Path, contract: Contract) -> Iterator[Turning]:
    made = opened(tmp_path, contract)
    yield made
    made.inside.database.close()


@pytest.fixture
def world(turning: Turning) -> World:
    return turning.world()
