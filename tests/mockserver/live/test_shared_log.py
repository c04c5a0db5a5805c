"""The log and the coverage of several processes are one."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver.live.feed import Feed
from mockserver.live.link import Link
from mockserver.live.log import CLEAR, SPAN, SharedJournal
from mockserver.live.wire import packed, unpacked
from mockserver.sandbox.entry import Entry
from mockserver.sandbox.journal import BYTES
from mockserver.sandbox.selection import Selection
from nexuscommerce.contract import Contract
from tests.live import Mock, running
from tests.mockserver.live.conftest import Two, control, two, until_redis_is_back
from tests.mockserver.sandbox.test_stream import following
from tests.mockserver.sandbox.wire import HEADERS
from tests.redis_server import redis_server

_ENTRY = Entry(
    number=7,
    world="a world",
    request_id="mine",
    at=datetime(2026, 3, 12, 15, 0, 10, 250_000, tzinfo=UTC),
    method="GET",
    path="/api/ordérs",
    query=b"\xff",
    operation_id="listOrders",
    status=429,
    code="RATE_LIMITED",
    message="so",
    seconds=0.25,
    caller="key:1",
    fault="flt_1",
    headers=b"accept\n*/*",
    body=b"\x00\xff",
    length=2,
    answer_headers=b"",
    answer_body=b"{}",
    answer_length=2,
    size=1200,
)


def _ask(mock: Mock, request_id: str, bearer: str = "", tenant: str = "", path: str = "/orders") -> int:
    own = {"Authorization": f"Bearer {bearer}", "X-Tenant-ID": tenant} if bearer else HEADERS
    return httpx.get(mock.address + path, headers={**own, "X-Request-ID": request_id}).status_code


def _log(mock: Mock, **query: Any) -> list[Any]:
    answer: dict[str, Any] = control(mock, "GET", "/requests", limit=500, **query).json()
    return list(answer["data"])


def _names(mock: Mock, **query: Any) -> list[str]:
    return [row["request_id"] for row in _log(mock, **query)]


def _coverage(mock: Mock, **query: Any) -> int:
    rows = control(mock, "GET", "/coverage", **query).json()["data"]["operations"]
    return sum(row["requests"] for row in rows)


def _world(mock: Mock) -> Any:
    return control(mock, "POST", "/worlds", {"fixtures": "kleines-kontor"}).json()["data"]


def test_an_entry_comes_out_as_it_went_in() -> None:
    assert _ENTRY == unpacked(7, packed(_ENTRY))


def test_what_one_answered_the_other_has_with_the_same_id(pair: Two) -> None:
    for number in range(6):
        _ask((pair.one, pair.other)[number % 2], f"both-{number}")
        assert f"both-{number}" == _log((pair.other, pair.one)[number % 2])[0]["request_id"]
    seen, its = _log(pair.one), _log(pair.other)

    assert seen == its
    assert ["both-5", "both-4"] == [row["request_id"] for row in its[:2]]
    assert "both-4" == control(pair.one, "GET", f"/requests/{its[1]['id']}").json()["data"]["request_id"]


def test_a_stream_tells_what_another_process_answered_and_goes_on_there(pair: Two) -> None:
    with following(pair.one) as reader:
        _ask(pair.other, "streamed-1")
        first = reader.next()
        _ask(pair.one, "streamed-2")
    with following(pair.other, last=first.id) as reader:
        second = reader.next()

    assert ("streamed-1", "streamed-2") == (first.data["request_id"], second.data["request_id"])


def test_coverage_is_that_of_all_and_outlasts_a_world(pair: Two) -> None:
    control(pair.one, "DELETE", "/coverage")
    world = _world(pair.one)
    for number in range(5):
        _ask((pair.one, pair.other)[number % 2], "covered", world["key"], world["tenant_id"])
    counted = [_coverage(mock, world_id=world["tenant_id"]) for mock in pair.mocks]
    control(pair.other, "DELETE", f"/worlds/{world['tenant_id']}")

    assert [5, 5] == counted
    assert [5, 5] == [_coverage(mock) for mock in pair.mocks]
    assert [] == _log(pair.one, world_id=world["tenant_id"])


def test_what_is_removed_is_removed_everywhere(pair: Two) -> None:
    world = _world(pair.one)
    _ask(pair.one, "stays")
    _ask(pair.other, "goes", world["key"], world["tenant_id"])
    control(pair.one, "DELETE", "/requests", world_id=world["tenant_id"])
    control(pair.one, "DELETE", "/coverage", world_id=world["tenant_id"])

    assert [[], []] == [_log(mock, world_id=world["tenant_id"]) for mock in pair.mocks]
    assert [0, 0] == [_coverage(mock, world_id=world["tenant_id"]) for mock in pair.mocks]
    assert "stays" in _names(pair.other)


def test_who_starts_later_knows_what_was_before(tmp_path: Path) -> None:
    with redis_server(tmp_path) as server:
        options = ("--redis", server.url, "--limits", "off", "--log", "off")
        with running(tmp_path, *options) as first:
            _ask(first, "before")
            known = _log(first)
        with running(tmp_path, *options) as second:
            again = _log(second)
            counted = _coverage(second)
        with running(tmp_path, *options, "--fresh") as anew:
            of_another_state = _log(anew)

    assert known == again
    assert "before" == again[0]["request_id"]
    assert 1 == counted
    assert [] == of_another_state


def test_without_redis_requests_are_answered_and_told_when_it_is_back(tmp_path: Path) -> None:
    with redis_server(tmp_path, keeps=True) as server, two(tmp_path, server) as pair:
        _ask(pair.one, "before")
        assert ["before"] == _names(pair.other)
        server.kill()
        statuses = [_ask(mock, "meanwhile") for mock in pair.mocks]
        coverage = control(pair.one, "GET", "/coverage")
        reading = [control(mock, "GET", "/requests").status_code for mock in pair.mocks]
        server.start()
        until_redis_is_back(*pair.mocks)
        _ask(pair.other, "after")
        names = [_names(mock) for mock in pair.mocks]
        told = (tmp_path / "mock.log").read_text().splitlines()

    assert [200, 200] == statuses
    assert [200, 200] == reading
    assert (503, "SERVICE_UNAVAILABLE", "1") == (
        coverage.status_code,
        coverage.json()["error"]["code"],
        coverage.headers["Retry-After"],
    )
    assert ["after", "meanwhile", "meanwhile", "before"] == names[0] == names[1]
    assert (2, 2) == tuple(sum(what in line for line in told) for what in ("does not answer", "answers again"))


def test_a_killed_process_takes_nothing_along_and_is_not_waited_for(tmp_path: Path) -> None:
    with redis_server(tmp_path) as server, two(tmp_path, server) as pair:
        _ask(pair.other, "its-last")
        assert ["its-last"] == _names(pair.one)
        pair.other.process.kill()
        pair.other.process.wait()
        _ask(pair.one, "after")
        names = _names(pair.one)
        fault = control(pair.one, "POST", "/server/faults", {"operation_id": "listOrders", "code": "RATE_LIMITED"})
        told = (tmp_path / "mock.log").read_text()

    assert ["after", "its-last"] == names
    assert 201 == fault.status_code
    assert "not every process" not in told


def test_a_redis_that_forgot_all_begins_a_log_anew(tmp_path: Path) -> None:
    with redis_server(tmp_path) as server, two(tmp_path, server) as pair:
        for _ in range(3):
            _ask(pair.one, "before")
        old = _log(pair.other)[0]["id"]
        server.kill()
        server.start()
        until_redis_is_back(*pair.mocks)
        _ask(pair.one, "after")

        assert [["after"], ["after"]] == [_names(mock) for mock in pair.mocks]
        assert 404 == control(pair.one, "GET", f"/requests/{old}").status_code
        assert 400 == control(pair.one, "GET", "/requests", before=old).status_code


def test_a_redis_that_is_emptied_under_its_feet_begins_a_log_anew(tmp_path: Path) -> None:
    with redis_server(tmp_path) as server, two(tmp_path, server) as pair:
        _ask(pair.one, "before")
        assert ["before"] == _names(pair.other)
        with server.client() as client:
            client.flushall()
        time.sleep(2.5)  # more than Feed takes to look
        _ask(pair.one, "after")

        assert [["after"], ["after"]] == [_names(mock) for mock in pair.mocks]


def test_what_cannot_be_told_holds_up_nothing(tmp_path: Path, contract: Contract) -> None:
    """Half a surrogate pair is no Unicode, and so no JSON. No request is known to bring one as far as that."""
    heard: list[str] = []

    class Hearer:
        async def begin(self, life: str) -> None: ...

        async def hear(self, number: int, fields: Any) -> None:
            heard.append(unpacked(number, fields).request_id)

        def count(self, entries: list[Entry]) -> list[Any]:
            return []

    async def tell(url: str) -> None:
        link = Link(url, "key")
        feed = Feed(link)
        async with feed.running(Hearer()):
            for name in ("first", "\ud800", "last"):
                feed.tell(_ENTRY._replace(request_id=name))
            await feed.settle()
        await link.close()

    with redis_server(tmp_path) as server:
        asyncio.run(tell(server.url))

    assert ["first", "last"] == heard


def test_no_process_keeps_more_than_the_stream(contract: Contract) -> None:
    """What a process that starts later can know is all that the others know."""
    journal = _journal(contract)
    fields = packed(_ENTRY)
    for number in range(1, SPAN + 101):
        if number % 50 == 0:
            fields = packed(_ENTRY._replace(world=f"world {number}"))
        journal.hear(number, fields)

    (oldest,) = [next(journal.select(Selection()))]
    assert 101 <= oldest.number
    assert 101 == journal._feed.keep_from


def test_nor_more_bytes(contract: Contract) -> None:
    journal = _journal(contract)
    for number in range(1, 41):
        journal.hear(number, packed(_ENTRY._replace(size=BYTES // 20)))
    kept = [entry.number for entry in journal.select(Selection())]

    assert [*range(21, 41)] == kept
    assert 21 == journal._feed.keep_from


def test_a_message_removes_what_was_told_before_it(contract: Contract) -> None:
    journal = _journal(contract)
    for number, world in enumerate(("a", "b", "a"), 1):
        journal.hear(number, packed(_ENTRY._replace(world=world)))
    journal.hear(4, {CLEAR: b"a"})
    journal.hear(5, packed(_ENTRY._replace(world="a")))

    assert [2, 5] == [entry.number for entry in journal.select(Selection())]


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "memcached://127.0.0.1", "redis://:secret@127.0.0.1:1"])
def test_a_mock_does_not_start_without_the_redis_that_it_is_told_of(tmp_path: Path, url: str) -> None:
    with pytest.raises(RuntimeError, match=r"cannot be used") as why, running(tmp_path, "--live-store", url):
        pass

    assert "Traceback" not in str(why.value)
    assert "secret" not in str(why.value)


def _journal(contract: Contract) -> SharedJournal:
    link = Link("redis://127.0.0.1:1/0", "key")
    return SharedJournal(contract, link, Feed(link))
