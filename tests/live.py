"""A mock in a process of its own, as a user starts it, for tests that must see the wire."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import orjson

_ADDRESS = re.compile(r"http://[^:]+:(\d+)/api")


@dataclass(frozen=True)
class Mock:
    """A running mock: the address of its API, and its state file."""

    port: int
    process: subprocess.Popen[str]
    database: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    @property
    def environment(self) -> dict[str, str]:
        """For commands that work on its state file."""
        return {**os.environ, "NEXUS_MOCK_DATABASE": str(self.database)}


class Response(NamedTuple):
    """What came over the wire. Header names are lower case; `headers` holds the last of each name."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def code(self) -> str:
        """The error's code, in the envelope."""
        return str(self.json["error"]["code"])


@contextmanager
def running(directory: Path, *options: str, module: Sequence[str] = ("mockserver",)) -> Iterator[Mock]:
    """Start `nexus-mock` on a free port with a state file of its own; end it when the block does."""
    database = directory / "state.db"
    command = [sys.executable, "-m", *module, "--port", "0", "--database", str(database), *options]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEXUS_MOCK")}
    with (directory / "mock.log").open("a") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
    try:
        found = next((match for line in process.stdout or () if (match := _ADDRESS.search(line))), None)
        if found is None:
            raise RuntimeError(f"the mock did not start: {(directory / 'mock.log').read_text()}")
        yield Mock(int(found[1]), process, database)
    finally:
        process.terminate()
        process.communicate(timeout=15)


def exchange(port: int, sent: bytes) -> Response:
    """Send bytes as they are and read until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Response(int(first.split(" ")[1]), headers, body)


def request(method: str, path: str, headers: Sequence[tuple[str, str]], body: bytes = b"", *, length: bool = True) -> bytes:
    """An HTTP/1.1 request, written by hand so that nothing tidies it up."""
    lines = [f"{method} {path} HTTP/1.1", "Host: mock", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body and length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
