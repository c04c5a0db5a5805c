"""The request log as it is written: server-sent events."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import orjson
import pytest

from mockserver.domain.errors import ApiError
from mockserver.sandbox import stream
from mockserver.sandbox.journal import OF_A_WORLD, SUBSCRIBERS, Journal
from mockserver.sandbox.selection import Selection
from mockserver.sandbox.stream import WAITING, events
from nexuscommerce.contract import Contract
from tests.live import Mock, running
from tests.mockserver.sandbox.test_journal import _Answered, _Caller, _visit
from tests.mockserver.sandbox.turning import breaches
from tests.mockserver.sandbox.wire import HEADERS, TENANT, address, control


class Event(NamedTuple):
    """One event; a comment has the name ""."""

    name: str
    id: str
    data: Any


class Reader:
    """Reads a stream event by event."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.iter_lines()

    def next(self) -> Event:
        fields: dict[str, str] = {}
        for line in self._lines:
            if not line:
                return Event(fields.get("event", ""), fields.get("id", ""), orjson.loads(fields.get("data", "null")))
            name, _, value = line.partition(":")
            fields[name] = value.strip()
        raise EOFError


@contextmanager
def following(mock: Mock, last: str | None = None, timeout: float = 10, **query: str) -> Iterator[Reader]:
    headers = {"Last-Event-ID": last} if last else {}
    with httpx.stream("GET", address(mock, "/requests/stream"), params=query, headers=headers, timeout=timeout) as response:
        reader = Reader(response)
        assert "" == reader.next().name  # it has begun
        yield reader


def _ask(mock: Mock, request_id: str, path: str = "/orders", **headers: str) -> None:
    httpx.get(mock.address + path, headers={**HEADERS, "X-Request-ID": request_id, **headers})


def test_an_entry_is_told_when_it_is_written(mock: Mock) -> None:
    with following(mock) as reader:
        _ask(mock, "told", Prefer="code=429")
        event = reader.next()

    assert "text/event-stream" == reader.response.headers["content-type"]
    assert ("request", "told", 429, event.id) == (
        event.name,
        event.data["request_id"],
        event.data["status"],
        event.data["id"],
    )
    assert [] == breaches("RequestSummary", event.data)
    assert "told" == control(mock, "GET", f"/requests/{event.id}")["request_id"]


def test_a_stream_is_filtered_as_the_log_is(mock: Mock) -> None:
    with following(mock, status="4xx", path="/api/products/*", world_id=TENANT) as reader:
        _ask(mock, "a")
        _ask(mock, "b", "/products/SKU-001")
        httpx.get(f"{mock.address}/products/x")
        _ask(mock, "c", "/products/NO-SUCH")

        assert "c" == reader.next().data["request_id"]


def test_a_reader_goes_on_after_the_last_event_that_it_had(mock: Mock) -> None:
    with following(mock) as reader:
        _ask(mock, "first")
        last = reader.next().id
    for name in ("second", "third"):
        _ask(mock, name)

    with following(mock, last) as reader:
        assert ["second", "third"] == [reader.next().data["request_id"] for _ in range(2)]


def test_a_last_event_of_another_life_begins_with_what_is_there(mock: Mock) -> None:
    _ask(mock, "before")
    with following(mock, "req_00000000_99999", operation_id="listOrders") as reader:
        found = reader.next()
        while found.data["request_id"] != "before":
            found = reader.next()


def test_readers_get_the_same(mock: Mock) -> None:
    with following(mock) as one, following(mock) as two:
        _ask(mock, "both")

        assert ["both", "both"] == [reader.next().data["request_id"] for reader in (one, two)]


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_mock_that_stops_ends_its_streams_and_does_not_wait_for_them(tmp_path: Path, stop: signal.Signals) -> None:
    with running(tmp_path) as mock, following(mock) as reader, following(mock):
        _ask(mock, "last")
        assert "last" == reader.next().data["request_id"]
        started = time.monotonic()
        mock.process.send_signal(stop)
        with pytest.raises(EOFError):
            reader.next()
        mock.process.wait(10)

        assert time.monotonic() - started < 5
    assert "Traceback" not in (tmp_path / "mock.log").read_text()


def test_a_mock_that_stops_does_not_wait_for_a_reader_that_does_not_read(tmp_path: Path) -> None:
    """Its buffers are full: the end of the answer has no room."""
    with running(tmp_path, "--limits", "off") as mock, socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", mock.port))
        reader.sendall(b"GET /_sandbox/v1/requests/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with httpx.Client() as client:
            for _ in range(400):
                client.get(f"{mock.address}/{'x' * 19_000}")
        started = time.monotonic()
        mock.process.send_signal(signal.SIGTERM)
        mock.process.wait(10)

        assert time.monotonic() - started < 5
    assert "Traceback" not in (tmp_path / "mock.log").read_text()


def test_a_mock_that_stops_does_not_wait_for_a_delay(tmp_path: Path) -> None:
    with running(tmp_path) as mock, socket.create_connection(("127.0.0.1", mock.port)) as client:
        client.sendall(b"GET /api/health HTTP/1.1\r\nHost: localhost\r\nPrefer: delay=60000\r\n\r\n")
        time.sleep(0.3)
        httpx.get(f"{mock.address}/health")  # it is read after that of the client
        started = time.monotonic()
        mock.process.send_signal(signal.SIGTERM)

        assert client.recv(15) == b"HTTP/1.1 200 OK"
        mock.process.wait(10)
        assert time.monotonic() - started < 5


def test_head_tells_that_there_is_a_stream_and_ends(mock: Mock) -> None:
    answer = httpx.head(address(mock, "/requests/stream"), timeout=5)

    assert (200, "text/event-stream") == (answer.status_code, answer.headers["content-type"])


def test_a_reader_that_left_is_no_reader_any_more(mock: Mock) -> None:
    for _ in range(SUBSCRIBERS + 20):
        with following(mock):
            pass


def test_there_are_so_many_readers_and_no_more(contract: Contract) -> None:
    journal = Journal(contract)
    held = [journal.subscribe(Selection()) for _ in range(SUBSCRIBERS)]

    with pytest.raises(ApiError, match="QUOTA_EXCEEDED"):
        journal.subscribe(Selection())
    held.pop()
    gc.collect()
    assert journal.subscribe(Selection())


def test_one_world_has_so_many_of_them(contract: Contract) -> None:
    """On a shared mock nobody can take them all."""
    journal = Journal(contract)
    held = [journal.subscribe(Selection("w")) for _ in range(OF_A_WORLD)]

    with pytest.raises(ApiError, match="QUOTA_EXCEEDED"):
        journal.subscribe(Selection("w"))
    assert journal.subscribe(Selection("v"))
    assert OF_A_WORLD == len(held)


async def _some(chunks: AsyncIterator[bytes], count: int) -> list[bytes]:
    return [await anext(chunks) for _ in range(count)]


def test_a_slow_reader_is_told_how_much_it_has_lost_and_nothing_is_held_for_it(contract: Contract) -> None:
    """What waits are numbers: entries that the log has dropped meanwhile are lost too."""
    journal = Journal(contract, entries=100)
    subscription = journal.subscribe(Selection())
    for number in range(WAITING + 50):
        journal.note(_visit(number), _Answered(), 0.0)  # type: ignore[arg-type]
    chunks = asyncio.run(_some(events(subscription, journal.entry, journal.id), 1 + 50 + 1))

    assert 50 == sum(b"event: request\n" in chunk for chunk in chunks)
    assert b'event: lost\ndata: {"lost":%d}\n\n' % WAITING == chunks[-1]
    assert 100 == len(journal)


def test_a_quiet_stream_says_that_it_is_alive(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT", 0.01)
    journal = Journal(contract)
    chunks = asyncio.run(_some(events(journal.subscribe(Selection()), journal.entry, journal.id), 3))

    assert [b":\n\n", b":\n\n"] == chunks[1:]


def test_a_world_that_is_no_more_takes_its_waiting_entries_along(contract: Contract) -> None:
    journal = Journal(contract)
    subscription = journal.subscribe(Selection())
    journal.note(_visit(1, principal=_Caller("w")), _Answered(), 0.0)  # type: ignore[arg-type]
    journal.forget("w")

    assert b"event: lost" in asyncio.run(_some(events(subscription, journal.entry, journal.id), 2))[1]
