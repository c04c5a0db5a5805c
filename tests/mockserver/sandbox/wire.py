"""The control API of a mock in a process of its own, and connections that a test can see break."""

from __future__ import annotations

import socket
from typing import Any

import httpx

from tests.live import Mock

TENANT = "a5f4d17c-3498-45e7-9fbe-7214d722cec5"
HEADERS = {"Authorization": "Bearer nxc_live_rehearsal_a_full_40e8ccd47270", "X-Tenant-ID": TENANT}


def address(mock: Mock, path: str) -> str:
    return f"http://127.0.0.1:{mock.port}/_sandbox/v1{path}"


def control(mock: Mock, method: str, path: str, body: Any = None, **query: Any) -> Any:
    """The data of an answer of the control API."""
    answer = httpx.request(method, address(mock, path), json=body, params=query)
    answer.raise_for_status()
    return answer.json()["data"] if answer.content else None


def received(mock: Mock, method: str, path: str, headers: dict[str, str] = HEADERS) -> tuple[bytes, str]:
    """What comes back over one connection until it ends, and how it ends: "end" or "reset"."""
    lines = [f"{method} {path} HTTP/1.1", "Host: mock", *(f"{name}: {value}" for name, value in headers.items())]
    got = b""
    with socket.create_connection(("127.0.0.1", mock.port), timeout=10) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        try:
            while part := connection.recv(65536):
                got += part
        except ConnectionResetError:
            return got, "reset"
    return got, "end"
