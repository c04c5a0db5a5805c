"""`make bench`: requests per second of the mock beside a bare Starlette app and Connexion's FlaskApp, in the same run.

The contenders take turns, round by round, so that a busy machine disturbs all of them alike; what counts is the ratio.
Loopback only; it ends by itself. Needs wrk (Debian's package of that name).
"""

from __future__ import annotations

import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from nexuscommerce.files import packaged

TENANT = "a5f4d17c-3498-45e7-9fbe-7214d722cec5"
HEADERS = ["Authorization: Bearer nxc_live_rehearsal_a_full_40e8ccd47270", f"X-Tenant-ID: {TENANT}"]
REQUESTS = {"getProduct": "/api/products/SKU-001", "listProducts (50)": "/api/products?limit=50"}
ROUNDS, SECONDS, CONNECTIONS = 5, 2, 8

UVICORN = [sys.executable, "-m", "uvicorn", "--no-access-log", "--log-level", "error", "--port"]
MOCK = [sys.executable, "-m", "mockserver", "--log", "off", "--fresh", "--port"]


def contenders(directory: Path) -> dict[str, list[str]]:
    """Name -> the command that serves it on the port that follows."""
    return {
        "Starlette, bare": [*UVICORN[:-1], "bench.contenders:starlette", "--port"],
        "Connexion FlaskApp": [*UVICORN[:-1], "bench.contenders:flask", "--port"],
        "this mock": [*MOCK[:-1], "--database", str(directory / "state.db"), "--port"],
    }


@contextmanager
def serving(command: Sequence[str]) -> Iterator[tuple[int, float]]:
    """A contender's port, and the seconds from its start to its first answer."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    started = time.perf_counter()
    process = subprocess.Popen([*command, str(port)], stdout=subprocess.DEVNULL)
    try:
        while not _answers(port):
            if process.poll() is not None:
                raise SystemExit(f"bench: {' '.join(command)} did not start")
            time.sleep(0.005)
        yield port, time.perf_counter() - started
    finally:
        process.terminate()
        process.wait(15)


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=1).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def load(port: int, path: str) -> float:
    """Requests per second. A contender that answers anything but 200 is not measured."""
    headers = [part for header in HEADERS for part in ("-H", header)]
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", *headers, f"http://127.0.0.1:{port}{path}"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in printed:
        raise SystemExit(f"bench: {path} on port {port} is refused:\n{printed}")
    found = re.search(r"Requests/sec: +([\d.]+)", printed)
    return float(found[1]) if found else 0.0


def main() -> None:
    if shutil.which("wrk") is None:
        raise SystemExit("bench: wrk is missing; install Debian's package: apt-get install wrk")
    if not packaged("fixtures/world.json").exists():
        raise SystemExit("bench: fixtures/world.json is missing; run python -m fixtures.generate")
    seen: dict[tuple[str, str], list[float]] = {}
    starts: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as directory:
        for number in range(ROUNDS):
            for name, command in contenders(Path(directory)).items():
                print(f"round {number + 1} of {ROUNDS}: {name}", file=sys.stderr)
                with serving(command) as (port, cold):
                    starts.setdefault(name, []).append(cold)
                    for request, path in REQUESTS.items():
                        seen.setdefault((name, request), []).append(load(port, path))
    report(seen, starts)


def report(seen: dict[tuple[str, str], list[float]], starts: dict[str, list[float]]) -> None:
    """Medians over the rounds, as a Markdown table."""
    titles = [f"{request}, requests/s | × Starlette | × FlaskApp" for request in REQUESTS]
    print("\n| | " + " | ".join(titles) + " | cold start, s |")
    print("|---" * (len(REQUESTS) * 3 + 2) + "|")
    for name in starts:
        cells = []
        for request in REQUESTS:
            mine, bare, flask = (
                statistics.median(seen[n, request]) for n in (name, "Starlette, bare", "Connexion FlaskApp")
            )
            cells += [f"{mine:,.0f}", f"{mine / bare:.2f}", f"{mine / flask:.1f}"]
        print(f"| {name} | {' | '.join(cells)} | {statistics.median(starts[name]):.2f} |")


if __name__ == "__main__":
    main()
