"""A Redis of the tests' own, which they may end and start again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as Unconnected

_PROGRAM = shutil.which("redis-server")


class Server:
    """One process of redis-server. What it holds is gone when it ends, unless it `keeps` it."""

    def __init__(self, directory: Path, *, keeps: bool) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._directory = directory
        self._keeps = keeps
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._directory)]
        options += ["--appendonly", "yes", "--appendfsync", "always"] if self._keeps else []
        self._process = subprocess.Popen([str(_PROGRAM), *options], stdout=subprocess.DEVNULL)
        self._wait()

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """It is there, takes connections, and answers nothing."""
        if self._process:
            self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGCONT)

    def client(self) -> Redis:
        return Redis.from_url(self.url)

    def _wait(self) -> None:
        for _ in range(200):
            try:
                with self.client() as redis:
                    redis.ping()
            except Unconnected:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError("redis-server did not start")


@contextmanager
def redis_server(directory: Path, *, keeps: bool = False) -> Iterator[Server]:
    """Skips the test where there is no redis-server, but not in CI, where there must be one."""
    if _PROGRAM is None and "CI" not in os.environ:
        pytest.skip("there is no redis-server on the PATH")
    server = Server(directory, keeps=keeps)
    server.start()
    try:
        yield server
    finally:
        server.kill()
