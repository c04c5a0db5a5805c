"""What is survived: every end of a store or of a process, in the middle of load. Nothing acknowledged is lost."""

from __future__ import annotations

import os
import signal
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx

from tests.live import Mock
from tests.postgres_server import Server
from tests.receiver import receiving
from tests.shared.ledger import TENANT, Ledger

CONTROL = "/_sandbox/v1"


def until(what: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


def workers_of(mock: Mock) -> list[int]:
    """The processes that serve, as Linux knows them."""
    children = Path(f"/proc/{mock.process.pid}/task/{mock.process.pid}/children").read_text().split()
    return [int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_postgres_restarts_under_load(shared: Mock, postgres_server: Server) -> None:
    """Meanwhile requests are answered 503 as the document has it, quickly; afterwards everything goes on by itself."""
    ledger = Ledger(shared.address)
    with ledger.working():
        until(lambda: ledger.statuses[201] > 20)
        postgres_server.stop(signal.SIGQUIT)
        until(lambda: ledger.statuses[503] > 10)
        postgres_server.start()
        done = ledger.statuses[200]
        until(lambda: ledger.statuses[200] > done + 50)

    assert [] == ledger.wrong
    assert {200, 201, 409, 503} >= set(ledger.statuses)
    assert 0 == ledger.broken
    assert {} == ledger.lost()


def test_a_restart_between_requests_is_not_noticed(shared: Mock, postgres_server: Server) -> None:
    """A connection that was lost while nobody used it is made anew."""
    ledger = Ledger(shared.address)
    with ledger.client() as http:
        before = [http.get("/products?limit=1").status_code for _ in range(20)]
        postgres_server.stop(signal.SIGINT)
        postgres_server.start()
        after = [http.get("/products?limit=1").status_code for _ in range(20)]

    assert [200] * 40 == before + after


def test_a_process_is_killed_under_load(shared: Mock) -> None:
    """Its clients see broken connections, the others nothing; another process takes its place."""
    ledger = Ledger(shared.address)
    with receiving() as receiver:
        world = f"{shared.address.removesuffix('/api')}{CONTROL}/worlds/{TENANT}"
        body = {"url": receiver.url, "events": ["product.created", "product.updated"]}
        secret = httpx.post(f"{world}/endpoints", json=body, timeout=30).json()["data"]["secret"]
        with ledger.working():
            for killed in range(2):
                done = ledger.statuses[200]
                until(lambda done=done: ledger.statuses[200] > done + 30)  # type: ignore[misc]  # a default
                old = workers_of(shared)
                os.kill(old[killed % len(old)], signal.SIGKILL)
                until(lambda old=old: len(new := workers_of(shared)) == 2 and set(new) != set(old))  # type: ignore[misc]  # a default
        until(lambda: not _pending(world), 90)

        told: dict[str, list[float]] = defaultdict(list)
        for received in receiver.ledger:
            assert received.verified(secret)
            data = received.event["data"]
            if not told[data["sku"]] or told[data["sku"]][-1] != data["price"]:
                told[data["sku"]].append(data["price"])

    assert [] == ledger.wrong
    assert {200, 201, 409} >= set(ledger.statuses)
    assert {} == ledger.lost()
    assert {sku: price for sku, price in ledger.prices.items() if price != told[sku][-1]} == {}
    assert [] == [prices for prices in told.values() if prices != sorted(prices)]


def test_the_whole_mock_is_killed_under_load(shared: Mock, postgres_server: Server) -> None:
    """Parent and children; what was acknowledged is in the database."""
    ledger = Ledger(shared.address)
    with ledger.working():
        until(lambda: ledger.statuses[200] > 50)
        for pid in [*workers_of(shared), shared.process.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        shared.process.wait(10)

    import psycopg

    with psycopg.connect(postgres_server.url) as connection:
        rows = connection.execute("SELECT sku, price FROM products WHERE sku LIKE 'LEDGER-%'").fetchall()
    kept = {sku: cents / 100 for sku, cents in rows}
    assert {sku: price for sku, price in ledger.prices.items() if kept.get(sku) != price} == {}


def _pending(world: str) -> bool:
    found = httpx.get(f"{world}/deliveries", params={"state": "pending", "limit": 1}, timeout=30).json()["data"]
    return bool(found)
