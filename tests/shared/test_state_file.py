"""The state file in trouble: a disk that is full, another mock on the same file, another program that holds its lock."""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.inside import Inside, driver
from tests.live import Mock, running
from tests.shared.ledger import Ledger
from tests.shared.test_outages import until

NO_LIMIT = resource.RLIM_INFINITY


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Mock]:
    with running(tmp_path, "--log", "off") as mock:
        yield mock


def test_a_full_disk_is_told_and_recovered_from(alone: Mock) -> None:
    """Files may grow no further, as on a full disk: writes are refused as the document has it, reads go on."""
    ledger = Ledger(alone.address)
    with ledger.working():
        until(lambda: ledger.statuses[200] > 50)
        size = max(path.stat().st_size for path in alone.database.parent.glob("state.db*"))
        resource.prlimit(alone.process.pid, resource.RLIMIT_FSIZE, (size, NO_LIMIT))
        until(lambda: ledger.statuses[503] > 10)
        with ledger.client() as http:
            assert 200 == http.get("/products?limit=1").status_code
        done = ledger.statuses[200]
        resource.prlimit(alone.process.pid, resource.RLIMIT_FSIZE, (NO_LIMIT, NO_LIMIT))
        until(lambda: ledger.statuses[200] > done + 50)

    assert [] == ledger.wrong
    assert {200, 201, 409, 503} >= set(ledger.statuses)
    assert {} == ledger.lost()
    with sqlite3.connect(alone.database) as file:
        assert ("ok",) == file.execute("PRAGMA integrity_check").fetchone()


@pytest.mark.state_file
def test_nothing_of_a_write_that_found_no_room_is_there(inside: Inside) -> None:
    """A product without its stock record would be half a product."""
    file = driver(inside.database)
    (pages,) = file.execute("PRAGMA page_count").fetchone()
    file.execute(f"PRAGMA max_page_count = {pages}")
    seen = None
    for number in range(500):
        seen = inside.call("POST", "/api/products", json={"sku": f"FULL-{number}", "title": "x" * 200, "price": 1})
        if seen.status_code != 201:
            break
    assert seen is not None
    assert (503, "SERVICE_UNAVAILABLE", "1") == (seen.status_code, seen.json()["error"]["code"], seen.headers["retry-after"])
    assert 404 == inside.call("GET", f"/api/products/FULL-{number}").status_code
    file.execute("PRAGMA max_page_count = 1000000")

    assert 201 == inside.call("POST", "/api/products", json={"sku": f"FULL-{number}", "title": "x", "price": 1}).status_code


def test_two_mocks_on_one_file_are_one(tmp_path: Path) -> None:
    """Each sees at once what the other was told, and nothing is lost between them."""
    with running(tmp_path, "--log", "off") as one, running(tmp_path, "--log", "off") as other:
        first, second = Ledger(one.address), Ledger(other.address)
        second_half = {"sku": "BOTH", "title": "Of both", "price": 1}
        with first.working(2), second.working(2, begin=2):
            until(lambda: min(first.statuses[200], second.statuses[200]) > 100)
        with first.client() as here, second.client() as there:
            assert 201 == here.post("/products", json=second_half).status_code
            assert 409 == there.post("/products", json=second_half).status_code

        assert [] == first.wrong + second.wrong
        first.address, second.address = second.address, first.address
        assert ({}, {}) == (first.lost(), second.lost())


def test_another_program_that_holds_the_lock_is_waited_for_and_then_told_of(alone: Mock) -> None:
    """Writes wait for some seconds; then they are refused, and may be sent again."""
    ledger = Ledger(alone.address)
    held = sqlite3.connect(alone.database, isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    with ledger.client() as http:
        begun = time.monotonic()
        refused = http.post("/products", json={"sku": "HELD", "title": "Held up", "price": 1})
        waited = time.monotonic() - begun
        held.execute("ROLLBACK")
        held.close()
        done = http.post("/products", json={"sku": "HELD", "title": "Held up", "price": 1})

    assert (503, "SERVICE_UNAVAILABLE") == (refused.status_code, refused.json()["error"]["code"])
    assert waited > 1
    assert 201 == done.status_code


def test_without_a_shared_store_there_are_no_several_processes(tmp_path: Path) -> None:
    """It is said which to choose."""
    command = [sys.executable, "-m", "mockserver", "--workers", "2", "--database", str(tmp_path / "state.db")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    wanted = "--workers 2 needs stores that several processes share: --database postgresql://… and --redis redis://…"
    assert (2, f"nexus-mock: {wanted}") == (done.returncode, done.stderr.strip())
