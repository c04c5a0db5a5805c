"""SIGTERM: what was begun is finished, nothing new is, and the mock is gone in bounded time with exit code 0."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import databases
from tests.live import Mock, exchange, request, running
from tests.mockserver.sandbox.wire import HEADERS, TENANT, control
from tests.receiver import Received, receiving, status
from tests.redis_server import redis_server

_BODY = b'{"sku": "LATE-1", "title": "Late", "price": 1}'
_WIRE = (*HEADERS.items(), ("Content-Type", "application/json"))


def _begun(mock: Mock) -> socket.socket:
    """A connection on which a request has half arrived, and which the mock has seen."""
    connection = socket.create_connection(("127.0.0.1", mock.port), timeout=15)
    connection.sendall(request("POST", "/api/products", _WIRE, _BODY)[:-10])
    exchange(mock.port, request("GET", "/api/health", ()))  # it is read after that
    return connection


def _log(directory: Path) -> str:
    return (directory / "mock.log").read_text()


def _until_refused(mock: Mock) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", mock.port), timeout=5).close()
        except ConnectionError:
            return
        time.sleep(0.02)
    raise AssertionError("it still takes connections")


def test_a_request_under_way_is_answered_and_no_other_is_taken(tmp_path: Path) -> None:
    with running(tmp_path, "--log", "json") as mock:
        with _begun(mock) as connection:
            mock.process.send_signal(signal.SIGTERM)
            _until_refused(mock)
            connection.sendall(_BODY[-10:])
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        code = mock.process.wait(15)

    assert answer.startswith(b"HTTP/1.1 201 ")
    assert b"LATE-1" in answer
    assert 0 == code
    assert '"status":201' in _log(tmp_path)
    assert '"stopped"' in _log(tmp_path).splitlines()[-1]


def test_a_body_that_does_not_come_does_not_hold_it(tmp_path: Path) -> None:
    """Not until uvicorn gives up, which it says."""
    with (
        running(tmp_path, "--log", "json") as mock,
        _begun(mock),
        socket.create_connection(("127.0.0.1", mock.port)) as head,
    ):
        head.sendall(b"POST /api/products HTT")
        mock.process.send_signal(signal.SIGTERM)
        code = mock.process.wait(15)

    assert 0 == code
    assert "graceful shutdown exceeded" not in _log(tmp_path)
    assert "ABORTED" in _log(tmp_path)
    assert "Traceback" not in _log(tmp_path)


def test_a_delivery_under_way_is_recorded(tmp_path: Path) -> None:
    arrived = threading.Event()

    def slowly(handler: BaseHTTPRequestHandler, received: Received) -> None:
        arrived.set()
        time.sleep(1.5)
        status(204)(handler, received)

    with receiving() as receiver:
        receiver.answer = slowly
        with running(tmp_path) as mock:
            endpoint = {"url": receiver.url, "events": ["order.created"]}
            control(mock, "POST", f"/worlds/{TENANT}/endpoints", endpoint)
            control(mock, "POST", f"/worlds/{TENANT}/orders", {})
            assert arrived.wait(10)
            mock.process.send_signal(signal.SIGTERM)
            code = mock.process.wait(15)
        with running(tmp_path) as again:
            (delivery,) = _deliveries(again)

    assert 0 == code
    assert ("delivered", 1) == (delivery["state"], delivery["tries"])
    assert 1 == len(receiver.ledger)


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_several_processes_stop_as_one(tmp_path: Path, stop: signal.Signals) -> None:
    if not databases.answers() and "CI" not in os.environ:
        pytest.skip(f"there is no PostgreSQL at {databases.SERVER}")
    with redis_server(tmp_path) as redis:
        options = ("--workers", "2", "--database", databases.make(), "--redis", redis.url, "--log", "json")
        with running(tmp_path, *options) as mock:
            httpx.get(f"{mock.address}/health", timeout=60)  # they start after the greeting
            with _begun(mock) as connection:
                mock.process.send_signal(stop)
                _until_refused(mock)
                connection.sendall(_BODY[-10:])
                answer = connection.recv(65536)
            code = mock.process.wait(15)

    assert answer.startswith(b"HTTP/1.1 201 ")
    assert 0 == code
    assert 2 == _log(tmp_path).count('"stopped"')
    assert "Traceback" not in _log(tmp_path)


def _deliveries(mock: Mock) -> list[Any]:
    return list(control(mock, "GET", f"/worlds/{TENANT}/deliveries"))
