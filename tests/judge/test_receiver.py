"""The judge's receiver keeps what comes as it came, and answers as it was told to."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from contract_tests.receiver import LARGEST, Receiver, Reply, receiving

BODY = b'{"data": {"sku": "A-1"},\r\n "z": 1.0, "text": "\xc3\xa4\xff"}'


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving("127.0.0.1", 0) as started:
        yield started


def post(receiver: Receiver, content: bytes = BODY, path: str = "/hook") -> httpx.Response:
    url = f"http://127.0.0.1:{receiver.port}{path}"
    return httpx.post(url, content=content, headers={"X-Nexus": "2"}, timeout=10, trust_env=False)


def test_what_comes_is_kept_byte_for_byte(receiver: Receiver) -> None:
    answer = post(receiver, path="/hook%2Fx?a=1")
    (kept,) = receiver.arrived()

    assert (204, b"") == (answer.status_code, answer.content)
    assert ("POST", "/hook%2Fx", BODY) == (kept.method, kept.path, kept.body)
    assert (kept.header("x-nexus"), kept.header("X-Absent")) == ("2", None)
    assert ({}, "None", {}) == (kept.event, kept.type, kept.data)
    assert kept.accepted


def test_a_header_that_comes_twice_is_kept_twice(receiver: Receiver) -> None:
    url = f"http://127.0.0.1:{receiver.port}/hook"
    httpx.post(url, headers=[("X-One", "a"), ("X-One", "b")], trust_env=False)

    assert "a, b" == receiver.arrived()[0].header("X-One")


def test_a_body_in_chunks_is_one_body(receiver: Receiver) -> None:
    url = f"http://127.0.0.1:{receiver.port}/hook"
    httpx.post(url, content=iter([b'{"type": ', b'"a.b", "data": {"id": 1}}']), trust_env=False)
    (kept,) = receiver.arrived()

    assert ("a.b", {"id": 1}) == (kept.type, kept.data)


def test_a_request_that_breaks_off_has_not_arrived(receiver: Receiver) -> None:
    with socket.create_connection(("127.0.0.1", receiver.port)) as connection:
        connection.sendall(b"POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    post(receiver)

    assert [BODY] == [each.body for each in receiver.arrived()]


def test_what_is_no_http_disturbs_nobody(receiver: Receiver) -> None:
    with socket.create_connection(("127.0.0.1", receiver.port)) as connection:
        connection.sendall(b"\x16\x03\x01\x00\x00\r\n\r\n")
        connection.recv(1000)

    assert 204 == post(receiver).status_code


def test_replies_are_given_in_turn_to_those_that_are_meant(receiver: Receiver) -> None:
    receiver.plan(("A-1", "z"), [Reply(500), Reply(302, "http://127.0.0.1:1/moved")])
    others = [post(receiver, b"A-1").status_code, post(receiver, b"z").status_code]
    answers = [post(receiver) for _ in range(3)]

    assert [204, 204] == others
    assert [500, 302, 204] == [answer.status_code for answer in answers]
    assert "http://127.0.0.1:1/moved" == answers[1].headers["Location"]
    assert [True, True, False, False, True] == [each.accepted for each in receiver.arrived()]


def test_a_late_reply_is_late_and_keeps_nobody_waiting(receiver: Receiver) -> None:
    receiver.plan(("A-1",), [Reply(204, after=60)])
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"http://127.0.0.1:{receiver.port}/hook", content=b"A-1", timeout=0.2, trust_env=False)

    assert 204 == post(receiver).status_code
    assert [False, True] == [each.accepted for each in receiver.arrived()]


def test_it_ends_while_a_reply_is_waited_for() -> None:
    with receiving("127.0.0.1", 0) as receiver:
        receiver.plan(("A-1",), [Reply(204, after=60)])
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"http://127.0.0.1:{receiver.port}/hook", content=b"A-1", timeout=0.2, trust_env=False)
    with pytest.raises(httpx.ConnectError):
        post(receiver)


def test_a_body_that_is_too_large_is_refused_and_cut(receiver: Receiver) -> None:
    assert 413 == post(receiver, b"x" * (LARGEST + 100)).status_code
    assert 204 == post(receiver, b"x" * LARGEST).status_code

    assert [LARGEST + 1, LARGEST] == [len(each.body) for each in receiver.arrived()]


def test_waiting_ends_with_the_next_arrival_or_with_the_time(receiver: Receiver) -> None:
    post(receiver)
    before = time.monotonic()
    receiver.wait(0, 60)
    receiver.wait(1, 0.05)
    receiver.wait(1, -1)

    assert time.monotonic() - before < 30


def test_a_delivery_is_told_so_that_it_can_be_read(receiver: Receiver) -> None:
    receiver.plan(("A-1",), [Reply(204, after=0.01)])
    post(receiver, BODY + b"y" * 1000)
    told = str(receiver.arrived()[0])

    assert told.startswith("POST /hook -> 204 after 0.01 s\n    host: 127.0.0.1")
    assert f"… ({len(BODY) + 1000} bytes)" in told
    assert len(told) < 1000


def test_a_port_that_is_taken_is_told(receiver: Receiver) -> None:
    with pytest.raises(OSError, match="in use"), receiving("127.0.0.1", receiver.port):
        pass
