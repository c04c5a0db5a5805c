"""The judge on Prism serving openapi.yaml: the example of a report on a server that fails, docs/examples/prism/.

`python -m tests.prism` (`make example`) takes options of `nexus-contract run`. It needs npx, and the npm registry once.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.kills.results import ROOT

PRISM = "@stoplight/prism-cli@5.14.2"
ADDRESS = "http://127.0.0.1:4010"  # as in the target file, so that the report's commands can be pasted
EXAMPLES = ROOT / "docs" / "examples"
LARGEST = 1_500_000  # bytes of a file that is kept
PATIENCE = 120  # seconds: the first start downloads it


@dataclass
class Prism:
    """A Prism that is started again whenever a request has ended it. `deaths` has the last line that it wrote, for each."""

    log: Path
    deaths: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _process: subprocess.Popen[bytes] | None = None

    def keep(self) -> None:
        """Until it is over."""
        command = ["npx", "--yes", PRISM, "mock", str(ROOT / "openapi.yaml"), "--port", "4010", "--host", "127.0.0.1"]
        while not self._over.is_set():
            with self.log.open("wb") as log:
                self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
                self._process.wait()
            if not self._over.is_set():
                self.deaths.append(_last_words(self.log.read_text("utf-8", "replace")))

    def end(self) -> None:
        self._over.set()
        if self._process:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)


def _last_words(log: str) -> str:
    """The request that it was at, and the exception."""
    requests = [
        line.partition("[HTTP SERVER] ")[2].partition(" ℹ")[0] for line in log.splitlines() if "[HTTP SERVER]" in line
    ]
    errors = [line for line in log.splitlines() if line.split(":")[0].endswith("Error")]
    return f"{requests[-1] if requests else 'before any request'}: {errors[-1] if errors else 'no exception'}"


@contextmanager
def prism(directory: Path) -> Iterator[Prism]:
    """Serves while the block lasts."""
    server = Prism(directory / "prism.log")
    keeper = threading.Thread(target=server.keep)
    keeper.start()
    try:
        _await(directory / "prism.log")
        yield server
    finally:
        server.end()
        keeper.join()


def _await(log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(httpx.HTTPError):
            if httpx.get(f"{ADDRESS}/health", trust_env=False).is_success:
                return
        time.sleep(0.5)
    raise SystemExit(f"Prism did not start:\n{log.read_text('utf-8', 'replace')[-2000:]}")


def main(options: list[str]) -> int:
    """Keeps what is small enough of the report; the exit code is 0 if Prism was judged, whatever the verdict."""
    if shutil.which("npx") is None:
        print("npx is missing; install Node.js to run Prism", file=sys.stderr)
        return 2
    judge = [sys.executable, "-m", "contract_tests.cli", "run", "docs/examples/prism.toml"]
    with tempfile.TemporaryDirectory() as name, prism(Path(name)) as server:
        report = Path(name) / "report"
        command = [*judge, "--profile", "smoke", "--time-limit", "0", "--seed", "1", "--report", str(report), *options]
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        for death in server.deaths:
            print(f"Prism ended and was started again, at {death}")
        kept = EXAMPLES / "prism"
        kept.mkdir(exist_ok=True)
        for file in (report / "report.html", report / "report.json") if report.exists() else ():
            if file.name.endswith("html") or file.stat().st_size <= LARGEST:
                shutil.copy(file, kept)
            print(f"{file.name}: {file.stat().st_size:,} bytes{'' if (kept / file.name).exists() else ', not kept'}")
    return 0 if code in (0, 1) else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
