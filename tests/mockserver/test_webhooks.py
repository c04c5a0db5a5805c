"""The worker: order, pauses, parking, restarts. What is sent and how is in test_sender.py."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Select
from sqlalchemy.dialects import sqlite

from mockserver.app import delivering
from mockserver.domain import instants
from mockserver.settings import Settings
from mockserver.store import deliveries
from mockserver.store.deliveries import Deliveries, Due
from mockserver.store.endpoints import Endpoints
from mockserver.webhooks.sender import Outcome
from mockserver.webhooks.worker import AT_ONCE, AT_ONCE_OF_ONE, AT_ONCE_TO_ONE, PAUSES, TRIES, Worker
from nexuscommerce.contract import Contract
from tests.inside import Inside
from tests.mockserver.outbox import OTHER, REFUSED, SENT, TENANT, Outbox, Sent, opened
from tests.receiver import receiving


@pytest.fixture
def outbox(tmp_path: Path, contract: Contract) -> Iterator[Outbox]:
    with opened(tmp_path / "state.db", contract) as made:
        yield made


def _drain(worker: Worker) -> None:
    asyncio.run(asyncio.wait_for(worker.drain(), 10))


def test_an_event_goes_once_to_each_endpoint_of_its_tenant_that_asked_for_it(outbox: Outbox) -> None:
    ids = {outbox.endpoint()[0], outbox.endpoint()[0]}
    outbox.endpoint(tenant=OTHER)
    send = Sent()
    outbox.emit("product prod_1")
    outbox.emit("job job_1", type_="ai_job.failed")

    for _ in range(2):
        _drain(outbox.worker(send))

    assert [ids, 2] == [{due.endpoint_id for due in send.ledger}, len(send.ledger)]
    assert {("delivered", 1, 204, None)} == {(d.state, d.tries, d.last_status, d.last_error) for d in outbox.deliveries()}


def test_events_of_one_resource_arrive_in_order_one_at_a_time(outbox: Outbox) -> None:
    outbox.endpoint()
    for _ in range(10):
        outbox.emit("product prod_1", "product prod_2")
    under_way: list[str] = []
    most: list[int] = []
    ledger: list[Due] = []

    async def send(due: Due) -> Outcome:
        under_way.append(due.resource)
        ledger.append(due)
        most.append(max(under_way.count(resource) for resource in under_way))
        await asyncio.sleep(0.001 if due.resource == "product prod_1" else 0.003)
        under_way.remove(due.resource)
        return SENT

    _drain(outbox.worker(send))

    positions = {row.id: place for place, row in enumerate(outbox.deliveries())}
    for resource in ("product prod_1", "product prod_2"):
        seen = [positions[due.id] for due in ledger if due.resource == resource]
        assert (10, sorted(seen)) == (len(seen), seen)
    assert 1 == max(most)


def test_a_retry_that_becomes_due_waits_for_a_later_event_that_is_under_way(outbox: Outbox) -> None:
    outbox.endpoint()
    outbox.emit("product prod_1")
    outbox.emit("product prod_1")
    first, second = (row.id for row in outbox.deliveries())
    told: list[tuple[str, str]] = []

    async def send(due: Due) -> Outcome:
        told.append(("begun", due.id))
        if due.id == first and due.tries == 0:
            return REFUSED
        if due.id == second:
            outbox.clock.advance(seconds=6)  # its pause is 5
            await asyncio.sleep(0.2)
        told.append(("ended", due.id))
        return SENT

    async def work() -> None:
        async with outbox.worker(send).running():
            while ("ended", first) not in told:
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(work(), 10))

    assert [("begun", first), ("begun", second), ("ended", second), ("begun", first), ("ended", first)] == told


def test_a_later_event_waits_for_the_first_try_of_an_earlier_one_and_passes_it_in_its_pause(outbox: Outbox) -> None:
    outbox.endpoint()
    outbox.emit("product prod_1")
    outbox.emit("product prod_1")
    first, second = (row.id for row in outbox.deliveries())
    send = Sent(lambda due: REFUSED if due.id == first and due.tries == 0 else SENT)
    worker = outbox.worker(send)
    _drain(worker)
    outbox.clock.advance(seconds=5)
    _drain(worker)

    assert [first, second, first] == [due.id for due in send.ledger]


def test_a_retry_that_is_due_goes_before_later_events(outbox: Outbox) -> None:
    """Once it no longer pauses, the order holds again."""
    outbox.endpoint()
    outbox.emit("product prod_1")
    send = Sent(lambda due: SENT if due.tries else REFUSED)
    worker = outbox.worker(send)
    _drain(worker)
    outbox.emit("product prod_1")
    outbox.clock.advance(seconds=6)
    first, second = (row.id for row in outbox.deliveries())
    _drain(worker)

    assert [first, first, second] == [due.id for due in send.ledger]


def test_the_pauses_grow_to_an_hour_and_after_the_last_try_it_is_parked(outbox: Outbox) -> None:
    outbox.endpoint()
    outbox.emit("product prod_1")
    send = Sent(lambda _: REFUSED)
    worker = outbox.worker(send)
    pauses = []
    for _ in range(TRIES - 1):
        _drain(worker)
        due = instants.parse(outbox.deliveries()[0].due_at)
        pauses.append((due - outbox.clock()).total_seconds())
        outbox.clock.now = due - timedelta(milliseconds=1)
        _drain(worker)
        outbox.clock.now = due
    waiting = len(send.ledger)
    _drain(worker)
    outbox.clock.advance(days=30)
    _drain(worker)

    assert (list(PAUSES), TRIES - 1, TRIES) == (pauses, waiting, len(send.ledger))
    assert (5, 3600) == (pauses[0], pauses[-1])
    assert [("failed", 8, 500, "answered 500")] == [
        (d.state, d.tries, d.last_status, d.last_error) for d in outbox.deliveries()
    ]


def test_the_pauses_are_scaled_by_the_setting(outbox: Outbox) -> None:
    outbox.endpoint()
    outbox.emit("product prod_1")
    send = Sent(lambda _: REFUSED)
    _drain(outbox.worker(send, pauses=0))

    assert (TRIES, "failed") == (len(send.ledger), outbox.deliveries()[0].state)


def test_a_parked_or_delivered_event_is_sent_again_by_hand(outbox: Outbox) -> None:
    """The same delivery, with all of its tries before it."""
    outbox.endpoint()
    outbox.emit("product prod_1", "product prod_2")
    send = Sent(lambda due: SENT if due.resource == "product prod_2" else REFUSED)
    _drain(outbox.worker(send, pauses=0))
    parked, delivered = outbox.deliveries()
    send = Sent()
    for row in (parked, delivered):
        assert Deliveries(outbox.database).redeliver(row.id, instants.text(outbox.clock()))
    _drain(outbox.worker(send))

    assert {parked.id, delivered.id} == {due.id for due in send.ledger}
    assert [("delivered", 1), ("delivered", 1)] == [(row.state, row.tries) for row in outbox.deliveries()]
    assert not Deliveries(outbox.database).redeliver("dlv_none", instants.text(outbox.clock()))


def test_a_removed_endpoint_gets_nothing_even_if_it_is_removed_in_flight(outbox: Outbox) -> None:
    endpoint_id, _ = outbox.endpoint()
    outbox.emit("product prod_1")
    outbox.emit("product prod_1")

    def refuse(_: Due) -> Outcome:
        outbox.endpoints.remove(endpoint_id)
        return REFUSED

    send = Sent(refuse)
    _drain(outbox.worker(send, pauses=0))

    assert (1, []) == (len(send.ledger), outbox.deliveries())


def test_what_a_paused_endpoint_has_waits_until_it_is_resumed(outbox: Outbox) -> None:
    endpoint_id, _ = outbox.endpoint()
    outbox.emit("product prod_1")
    send = Sent()
    outbox.endpoints.pause(endpoint_id, paused=True)
    outbox.emit("product prod_2")
    _drain(outbox.worker(send))
    waiting = outbox.deliveries()
    outbox.endpoints.pause(endpoint_id, paused=False)
    _drain(outbox.worker(send))

    assert ["pending"] == [row.state for row in waiting]
    assert ["product prod_1"] == send.resources


def test_what_was_under_way_at_a_kill_is_sent_again(outbox: Outbox) -> None:
    """Nothing says so in the state file: it is pending until an answer is recorded."""
    outbox.endpoint()
    outbox.emit("product prod_1")
    begun: list[str] = []

    async def send(due: Due) -> Outcome:
        begun.append(due.id)
        await asyncio.sleep(60)
        return SENT

    async def killed() -> None:
        outbox.worker(send).start()
        await asyncio.sleep(0.01)

    asyncio.run(killed())
    outbox.wait_for_claims()
    after = Sent()
    _drain(outbox.worker(after))

    assert [begun, [0]] == [[due.id for due in after.ledger], [due.tries for due in after.ledger]]


def test_so_many_are_under_way_at_once_and_a_slow_endpoint_leaves_room(outbox: Outbox) -> None:
    slow, _ = outbox.endpoint()
    others = {outbox.endpoint()[0] for _ in range(6)}
    outbox.emit(*(f"product prod_{n}" for n in range(40)))
    begun: list[str] = []

    async def send(due: Due) -> Outcome:
        begun.append(due.endpoint_id)
        await asyncio.sleep(60 if due.endpoint_id == slow else 0)
        return SENT

    async def work() -> int:
        worker = outbox.worker(send)
        worker.start()
        await asyncio.sleep(0)
        first = len(begun)
        async with worker.running():
            while len(begun) < 6 * 40:
                await asyncio.sleep(0.01)
        return first

    first = asyncio.run(asyncio.wait_for(work(), 20))

    assert 7 * AT_ONCE_TO_ONE == first <= AT_ONCE_OF_ONE <= AT_ONCE
    assert (AT_ONCE_TO_ONE, {40}) == (begun.count(slow), {begun.count(other) for other in others})


def test_slow_receivers_of_one_tenant_keep_nothing_from_another(outbox: Outbox) -> None:
    """However many they are, and however long they take."""
    for _ in range(60):
        outbox.endpoint()
    quick, _ = outbox.endpoint(tenant=OTHER)
    outbox.emit(*(f"product prod_{n}" for n in range(10)))
    outbox.emit("product prod_other", tenant=OTHER)
    begun: list[str] = []

    async def send(due: Due) -> Outcome:
        begun.append(due.endpoint_id)
        await asyncio.sleep(0 if due.endpoint_id == quick else 60)
        return SENT

    async def work() -> None:
        worker = outbox.worker(send)
        worker.start()
        await asyncio.sleep(0)

    asyncio.run(asyncio.wait_for(work(), 20))

    assert (AT_ONCE_OF_ONE, 1) == (len(begun) - begun.count(quick), begun.count(quick))


def test_the_worker_survives_what_nobody_foresaw_and_logs_it(outbox: Outbox, caplog: pytest.LogCaptureFixture) -> None:
    """It counts as a try, so that it cannot go on for ever."""
    _, secret = outbox.endpoint("http://receiver.example/?token=hush")
    outbox.emit("product prod_1", "product prod_2")

    def fail(due: Due) -> Outcome:
        if due.resource == "product prod_1":
            raise ZeroDivisionError("a fault of ours")
        return SENT

    with caplog.at_level(logging.INFO):
        _drain(outbox.worker(Sent(fail)))

    assert [("pending", 1), ("delivered", 1)] == [(row.state, row.tries) for row in outbox.deliveries()]
    assert "a fault of ours" in caplog.text
    assert secret not in caplog.text
    assert "hush" not in caplog.text


def test_what_cannot_be_recorded_is_logged_and_sent_again(outbox: Outbox, caplog: pytest.LogCaptureFixture) -> None:
    outbox.endpoint()
    outbox.emit("product prod_1")

    class Forgetful(Deliveries):
        failed = False

        def record(self, delivery_id: str, **changes: object) -> None:
            if not self.failed:
                self.failed = True
                raise OSError("the disk is full")
            super().record(delivery_id, **changes)

    send = Sent()
    worker = Worker(Forgetful(outbox.database), send, outbox.clocks)
    _drain(worker)
    outbox.wait_for_claims()
    _drain(worker)

    assert [2, "delivered"] == [len(send.ledger), outbox.deliveries()[0].state]
    assert "the disk is full" in caplog.text


def test_it_goes_on_when_the_state_file_could_not_be_read(outbox: Outbox, caplog: pytest.LogCaptureFixture) -> None:
    outbox.endpoint()
    outbox.emit("product prod_1")

    class Locked(Deliveries):
        failed = False

        def busy(self, now: str) -> list[tuple[str, str, str]]:
            if not self.failed:
                self.failed = True
                raise OSError("it is locked")
            return super().busy(now)

    send = Sent()

    async def work() -> None:
        async with Worker(Locked(outbox.database), send, outbox.clocks).running():
            while not send.ledger:
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(work(), 10))

    assert "it is locked" in caplog.text


def test_a_running_worker_sees_an_event_of_another_process_soon_and_stops_at_once(
    outbox: Outbox, tmp_path: Path, contract: Contract
) -> None:
    outbox.endpoint()
    send = Sent()

    async def work() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        async with outbox.worker(send).running():
            await asyncio.sleep(0.1)
            with opened(tmp_path / "state.db", contract) as other:
                other.emit("product prod_1")
            emitted = loop.time()
            while not send.ledger:
                await asyncio.sleep(0.001)
            seen = loop.time()
        return seen - emitted, loop.time() - seen

    seen, stopped = asyncio.run(asyncio.wait_for(work(), 10))

    assert seen < 1
    assert stopped < 0.5


@pytest.mark.state_file
@pytest.mark.parametrize("statement", [deliveries._BUSY, deliveries._DUE], ids=["busy", "due"])
@pytest.mark.state_file
def test_what_is_due_is_read_by_index(outbox: Outbox, statement: Select[Any]) -> None:
    """The worker asks ten times a second."""
    text = str(statement.compile(dialect=sqlite.dialect()))
    with outbox.database.transaction(writes=False) as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", (1,) * text.count("?"))
        plan = [row[3] for row in rows]

    assert any("deliveries USING" in step and "deliveries_that_are_due" in step for step in plan), plan
    assert [] == [step for step in plan if "SCAN deliveries" in step or "TEMP B-TREE" in step]


def test_a_job_ends_and_is_told_without_a_request(inside: Inside) -> None:
    """Its end is an instant of the clock: somebody who waits for the event asks nothing meanwhile."""
    params = {"type": "review_sentiment", "params": {"skus": ["SKU-001"]}}
    job = inside.call("POST", "/api/ai-jobs", json=params).json()["data"]
    with receiving() as receiver:
        Endpoints(inside.database).add(TENANT, receiver.url, ["ai_job.completed"], inside.clock())
        inside.clock.advance(minutes=5)

        async def wait() -> None:
            async with delivering(Settings(), inside.database, inside.clock):
                while not receiver.ledger:
                    await asyncio.sleep(0.01)

        asyncio.run(asyncio.wait_for(wait(), 10))
    told = receiver.ledger[0].event

    assert ("ai_job.completed", job["id"], "completed") == (told["type"], told["data"]["id"], told["data"]["status"])
    assert told["created_at"] == told["data"]["completed_at"]
