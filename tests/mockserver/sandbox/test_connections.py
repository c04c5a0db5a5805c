"""Connections that are broken on purpose, as a client sees them; and a mock that goes on as if nothing had happened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from tests.live import Mock, running
from tests.mockserver.sandbox.wire import HEADERS, TENANT, control, received

PRODUCTS = "/api/products"


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    with running(tmp_path_factory.mktemp("broken"), "--limits", "off") as started:
        yield started


@pytest.fixture(autouse=True)
def whole_again(broken: Mock) -> Iterator[None]:
    yield
    control(broken, "DELETE", f"/worlds/{TENANT}/faults")
    control(broken, "DELETE", "/server/faults")
    assert "Traceback" not in (broken.database.parent / "mock.log").read_text()


def _fault(mock: Mock, connection: str, **rule: Any) -> None:
    control(mock, "POST", f"/worlds/{TENANT}/faults", {"connection": connection, **rule})


def _latest(mock: Mock) -> dict[str, Any]:
    found: dict[str, Any] = control(mock, "GET", "/requests", limit=1)[0]
    return found


@pytest.mark.parametrize(("connection", "end"), [("drop", "end"), ("reset", "reset")])
def test_a_connection_is_closed_without_an_answer_and_nothing_is_done(broken: Mock, connection: str, end: str) -> None:
    _fault(broken, connection, operation_id="deleteProduct")
    seen = received(broken, "DELETE", f"{PRODUCTS}/SKU-001")
    logged = _latest(broken)

    assert (b"", end) == seen
    assert (None, "deleteProduct") == (logged["status"], logged["operation_id"])
    assert logged["fault"].startswith("flt_")
    control(broken, "DELETE", f"/worlds/{TENANT}/faults")
    assert 200 == httpx.get(f"{broken.address}/products/SKU-001", headers=HEADERS).status_code


@pytest.mark.parametrize("connection", ["drop", "reset"])
def test_a_body_that_was_not_read_does_not_change_it(broken: Mock, connection: str) -> None:
    _fault(broken, connection, operation_id="createProduct")

    with pytest.raises(httpx.TransportError):
        httpx.post(f"{broken.address}/products", headers=HEADERS, json={"title": "x" * 500_000})


def test_a_truncated_answer_promises_twice_what_it_has(broken: Mock) -> None:
    _fault(broken, "truncate", operation_id="listProducts")
    raw, end = received(broken, "GET", f"{PRODUCTS}?limit=50")
    head, _, body = raw.partition(b"\r\n\r\n")
    (length,) = (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))

    assert head.startswith(b"HTTP/1.1 200 ")
    assert (length // 2, "end") == (len(body), end)
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{broken.address}/products", headers=HEADERS)


def test_what_is_truncated_has_been_carried_out(broken: Mock) -> None:
    _fault(broken, "truncate", operation_id="updateProduct", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.patch(f"{broken.address}/products/SKU-001", headers=HEADERS, json={"title": "Truncated"})

    assert "Truncated" == httpx.get(f"{broken.address}/products/SKU-001", headers=HEADERS).json()["data"]["title"]


def test_a_malformed_answer_is_whole_and_no_json(broken: Mock) -> None:
    _fault(broken, "malformed", operation_id="getProduct")
    answer = httpx.get(f"{broken.address}/products/SKU-001", headers=HEADERS)

    assert (200, str(len(answer.content)), "application/json") == (
        answer.status_code,
        answer.headers["content-length"],
        answer.headers["content-type"],
    )
    for parse in (json.loads, orjson.loads):
        with pytest.raises(ValueError, match=r"."):
            parse(answer.content)


@pytest.mark.parametrize("connection", ["truncate", "malformed"])
def test_an_answer_without_a_body_stays_whole(broken: Mock, connection: str) -> None:
    _fault(broken, connection)

    assert (200, b"") == (lambda a: (a.status_code, a.content))(httpx.head(f"{broken.address}/orders", headers=HEADERS))


def test_the_server_breaks_the_connections_of_strangers_too(broken: Mock) -> None:
    control(broken, "POST", "/server/faults", {"connection": "drop", "times": 1})

    assert (b"", "end") == received(broken, "GET", PRODUCTS, {})
    assert 401 == httpx.get(f"{broken.address}/products").status_code


def test_a_refusal_of_a_stranger_can_be_truncated(broken: Mock) -> None:
    control(broken, "POST", "/server/faults", {"connection": "truncate", "times": 1})
    raw, end = received(broken, "GET", PRODUCTS, {})

    assert raw.startswith(b"HTTP/1.1 401 ")
    assert "end" == end


@pytest.mark.parametrize("connection", ["drop", "reset", "truncate", "malformed"])
def test_the_next_request_is_answered(broken: Mock, connection: str) -> None:
    _fault(broken, connection, operation_id="listOrders", times=20)
    for _ in range(20):
        received(broken, "GET", "/api/orders", {**HEADERS, "Connection": "close"})

    assert 200 == httpx.get(f"{broken.address}/orders", headers=HEADERS).status_code


def test_a_delay_of_one_client_holds_no_other(broken: Mock, tmp_path: Path) -> None:
    with httpx.Client(headers=HEADERS) as client:
        control(broken, "POST", f"/worlds/{TENANT}/faults", {"delay": {"min_ms": 60000}, "operation_id": "listOrders"})
        with pytest.raises(httpx.ReadTimeout):
            client.get(f"{broken.address}/orders", timeout=0.3)

        assert 200 == client.get(f"{broken.address}/products", timeout=5).status_code
