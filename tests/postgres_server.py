"""A PostgreSQL server of the tests' own, which they may end and start again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

_DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
_USER = "postgres"  # the server refuses to run as root


class Server:
    """One cluster. What was committed is there after any end of it."""

    def __init__(self, directory: Path, programs: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.url = f"postgresql://{_USER}@127.0.0.1:{self.port}/postgres"
        self._data = directory / "data"
        self._programs = programs
        self._as: Mapping[str, Any] = {"user": _USER, "group": _USER, "extra_groups": []} if os.geteuid() == 0 else {}
        self._process: subprocess.Popen[bytes] | None = None
        self._run(
            "initdb", "--pgdata", str(self._data), "--auth", "trust", "--username", _USER, "--no-sync", "--locale", "C.UTF-8"
        )

    def start(self) -> None:
        options = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        command = [str(self._programs / "postgres"), "-D", str(self._data)]
        command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self._data.parent / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, **self._as)
        for _ in range(200):
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"postgres did not start: {(self._data.parent / 'postgres.log').read_text()[-2000:]}")

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """SIGQUIT: at once, and every connection breaks. SIGINT: connections are told."""
        if self._process:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run([str(self._programs / program), *arguments], capture_output=True, text=True, **self._as)
        assert 0 == done.returncode, done.stderr


@contextmanager
def postgres_server() -> Iterator[Server]:
    """Skips the test where PostgreSQL is not installed, but not in CI, where it must be."""
    found = shutil.which("initdb")
    programs = Path(found).parent if found else _DEBIAN[-1] if _DEBIAN else None
    if programs is None:
        if "CI" in os.environ:
            pytest.fail("PostgreSQL is not installed, and CI needs it")
        pytest.skip("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory(prefix="nexus-postgres-") as directory:
        if os.geteuid() == 0:
            shutil.chown(directory, _USER, _USER)
        server = Server(Path(directory), programs)
        server.start()
        try:
            yield server
        finally:
            server.stop()
