"""What a run may do to a target, seen from the wire; and that it leaves nothing behind, however it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from tests import targets
from tests.judge.wire import watched
from tests.live import Mock, running

ROOT = Path(__file__).parents[2]
ALLOW = 'allow = ["writes", "destructive", "burn-quota"]'
MAKING = ("/api/products", "/api/pricing/rules", "/api/ai-jobs", "/api/pricing/recalculate")  # what POST creates
HEADERS = {
    "Authorization": "Bearer nxc_live_rehearsal_a_full_40e8ccd47270",
    "X-Tenant-ID": "a5f4d17c-3498-45e7-9fbe-7214d722cec5",
}


@pytest.fixture
def mock(tmp_path: Path) -> Iterator[Mock]:
    with running(tmp_path, "--log", "off") as started:
        yield started


def allowing(directory: Path, *effects: str) -> Path:
    path = directory / "target.toml"
    path.write_text(targets.text().replace(ALLOW, f"allow = {json.dumps(effects)}"))
    return path


def command(target: Path, address: str, *options: str) -> list[str]:
    return [sys.executable, "-m", "contract_tests.cli", "run", str(target), "--address", address, *options]


def environment(directory: Path) -> Mapping[str, str]:
    """Journals of the test's own, and the state file of its mock."""
    return {**os.environ, "XDG_STATE_HOME": str(directory / "state"), "NEXUS_MOCK_DATABASE": str(directory / "state.db")}


def ended(run: list[str], directory: Path) -> subprocess.CompletedProcess[str]:
    """A run to its end, its report in the directory."""
    return subprocess.run(
        [*run, "--seed", "1", "--report", str(directory)],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
        cwd=ROOT,
        env=environment(directory),
    )


def rules(directory: Path) -> dict[str, dict[str, object]]:
    return {rule["id"]: rule for rule in json.loads((directory / "report.json").read_text())["rules"]}


def ours(mock: Mock) -> int:
    """How many products of judges the tenant `main` has."""
    answer = httpx.get(f"{mock.address}/products", params={"search": "JT-", "limit": 1}, headers=HEADERS)
    return int(answer.json()["meta"]["total"])


def listeners(mock: Mock) -> str:
    """The endpoints to which the mock sends its events."""
    command = [sys.executable, "-m", "mockserver", "webhook", "list"]
    return subprocess.run(command, env=mock.environment, capture_output=True, text=True, check=True).stdout


READ = ("PAG-01", "FIL-01", "SRT-02", "FLD-02", "AUT-03", "TEN-03")  # what reading shows
REFUSED = ("WRT-01", "RAT-05", "ORD-03", "INV-08", "ERR-05")  # what needs more


def reading(mock: Mock, directory: Path, *options: str) -> tuple[list[tuple[str, str]], dict[str, dict[str, object]]]:
    """What went over the wire, and the verdicts, of a run that may only read."""
    with watched(mock.port) as wire:
        done = ended(
            command(allowing(directory), wire.address, "--profile", "smoke", "--time-limit", "0", *options), directory
        )

    assert 0 == done.returncode, done.stdout + done.stderr
    return wire.requests(), rules(directory)


def test_a_run_that_may_only_read_sends_get_head_and_options_alone(mock: Mock, tmp_path: Path) -> None:
    """It judges what reading shows, and says of the rest that it was not allowed."""
    sent, found = reading(mock, tmp_path, *(f"--rule={rule}" for rule in (*READ, *REFUSED)))

    assert {"GET", "HEAD", "OPTIONS"} >= {method for method, _ in sent}
    assert len(sent) > 100
    assert {"pass"} == {found[name]["verdict"] for name in READ}
    assert {"not allowed"} == {found[name]["why"] for name in REFUSED}


@pytest.mark.slow
def test_no_rule_sends_more_where_only_reading_is_allowed(mock: Mock, tmp_path: Path) -> None:
    """Every rule. It waits for the rate limit of callers without credentials."""
    sent, _ = reading(mock, tmp_path)

    assert {"GET", "HEAD", "OPTIONS"} == {method for method, _ in sent}
    assert len(sent) > 1_000


def test_a_run_that_may_write_changes_nothing_that_was_there(mock: Mock, tmp_path: Path) -> None:
    """Orders are not moved, and no stock of products that the run did not make is set."""
    with watched(mock.port) as wire:
        chosen = command(allowing(tmp_path, "writes"), wire.address, "--rule", "ORD-03", "--rule", "INV-08")
        done = ended(chosen, tmp_path)
    writes = [(method, path) for method, path in wire.requests() if method not in ("GET", "HEAD", "OPTIONS")]

    assert 0 == done.returncode, done.stdout + done.stderr
    assert [] != writes
    assert [] == [(method, path) for method, path in writes if "JT-" not in path and path not in MAKING]
    assert 0 == ours(mock)
    assert "we_" not in listeners(mock)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_interrupted_tidies_up(sent: signal.Signals, mock: Mock, tmp_path: Path) -> None:
    process = begun(mock, tmp_path)
    process.send_signal(sent)
    out, err = process.communicate(timeout=180)

    assert 130 == process.returncode, out + err
    assert "interrupted: tidying up" in err
    assert 0 == ours(mock)
    assert "we_" not in listeners(mock)
    assert [] == list((tmp_path / "state").rglob("*.jsonl"))


def test_a_judge_that_is_killed_is_tidied_up_after(mock: Mock, tmp_path: Path) -> None:
    """Its parent does, by the journal."""
    process = begun(mock, tmp_path)
    os.kill(child(process), signal.SIGKILL)
    out, err = process.communicate(timeout=180)

    assert 3 == process.returncode, out + err
    assert "things that it made are taken away" in err
    assert "nothing is said of the target" in err
    assert 0 == ours(mock)
    assert "we_" not in listeners(mock)


def test_what_a_killed_run_left_is_taken_away_by_clean(mock: Mock, tmp_path: Path) -> None:
    process = begun(mock, tmp_path)
    judge = child(process)
    process.kill()
    os.killpg(judge, signal.SIGKILL)
    process.communicate(timeout=180)
    before, heard = ours(mock), listeners(mock)
    cleaning = [sys.executable, "-m", "contract_tests.cli", "clean", str(targets.MOCK), "--address", mock.address]
    first, second = (
        subprocess.run(
            cleaning, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT, env=environment(tmp_path)
        )
        for _ in range(2)
    )

    assert before > 0
    assert "we_" in heard
    assert (0, "1 runs had left something\n") == (first.returncode, first.stdout), first.stderr
    assert 0 == ours(mock)
    assert "we_" not in listeners(mock)
    assert "no run has left anything, as far as is known here\n" == second.stdout


def begun(mock: Mock, directory: Path) -> subprocess.Popen[str]:
    """A run that has made something already."""
    arguments = command(targets.written(directory), mock.address, "--no-schemathesis", "--seed", "1")
    process = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment(directory)
    )
    until = time.monotonic() + 60
    while ours(mock) < 20:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, "nothing was made"
        time.sleep(0.1)
    return process


def child(process: subprocess.Popen[str]) -> int:
    """The judge's own process: the one that pytest runs in, and no helper of `multiprocessing`."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return next(int(pid) for pid in children if b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes())
