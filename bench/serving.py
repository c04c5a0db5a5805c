"""A contender in a process of its own, on a free port of 127.0.0.1, for as long as a block lasts."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, NoReturn

from bench.contenders import Contender

PATIENCE = 60  # seconds for the first answer
_UNUSUAL = ("NEXUS_MOCK", "PYTHONDONTWRITEBYTECODE")


class NotStarted(Exception):
    """A contender ended, or did not answer in time; the message has its last words."""


class Server(NamedTuple):
    """`cold` is the seconds from its start to its first answer."""

    pid: int
    port: int
    cold: float


@contextmanager
def serving(contender: Contender, given: Path) -> Iterator[Server]:
    """What the contender needs must be there: `given` is what it serves. Raises NotStarted, and Missing."""
    port = _free()
    command = contender.command(given, port)
    folder = given if given.is_dir() else given.parent
    # As a user's: with no option of ours, and with Python's compiled files, which are there from the second start on.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_UNUSUAL)}
    with (folder / "log").open("wb") as log:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=environment
        )
        try:
            _await(process, port, contender.request("health").path, folder / "log")
            yield Server(process.pid, port, time.perf_counter() - started)
        finally:
            _end(process)


def tidy() -> None:
    """Told to end, this process ends what it started first."""

    def end(*_: object) -> NoReturn:
        raise SystemExit(128 + signal.SIGTERM)

    signal.signal(signal.SIGTERM, end)


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _await(process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError, http.client.HTTPException):
            exchange(port, "GET", path)
            return
        time.sleep(0.005)
    raise NotStarted(log.read_text("utf-8", "replace").strip()[-300:] or "it says nothing")


def exchange(
    port: int, method: str, path: str, body: str = "", headers: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    """One request on a connection of its own: status and body of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        kind = {"Content-Type": "application/json"} if body else {}
        connection.request(method, path, body.encode() or None, {**kind, **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """It is the leader of a session of its own, so what it started ends with it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
