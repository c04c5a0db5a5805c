"""One attempt: a mock is started, looked at by the judge or by Schemathesis, and ended."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from contract_tests.report import record
from contract_tests.report.model import Report, RuleResult, Verdict
from tests import targets
from tests.faults import FAULTS, HEALTHY
from tests.kills import stock
from tests.kills.results import ROOT, Attempt, By, Result
from tests.live import Mock, running

LONGEST = 900  # seconds, after which whoever looks has lost its way
GRACE = 30  # seconds, to tidy up in
RAISED = (Verdict.FAIL, Verdict.WARN)


@dataclass
class Runner:
    """Makes attempts, in several threads. `scratch` is a directory for all of them, `seconds` Schemathesis' time."""

    scratch: Path
    version: str
    seed: int
    seconds: int = 0
    _running: set[subprocess.Popen[str]] = field(default_factory=set)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def attempt(self, subject: str, by: By) -> Attempt:
        return Attempt(subject, by, f"seed {self.seed}" + (f", {self.seconds} s" if by is By.STOCK else ""))

    def prepare(self) -> None:
        """Once, what each attempt would make for itself: the target's tokens, and Python's caches of the judge's modules."""
        if self._target.exists():
            return
        targets.written(self.scratch)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(self.scratch / "pycache")
        judge = str(ROOT / "contract_tests")
        options = ["-q", "--collect-only", "-c", f"{judge}/pytest.ini", "--rootdir", judge]
        subprocess.run([sys.executable, "-m", "pytest", *options, judge], cwd=ROOT, capture_output=True, check=True)

    def make(self, attempt: Attempt, tell: Callable[[str], None]) -> Result | None:
        """Its result; None if it was stopped before it had one. `tell` hears what it is at."""
        tell(f"{attempt.subject}, {attempt.by}")
        began = time.monotonic()
        run = self._schemathesis if attempt.by is By.STOCK else self._judge
        caught, said, requests = False, "", 0
        with tempfile.TemporaryDirectory(dir=self.scratch) as name:
            directory = Path(name)
            try:
                with running(directory, "--log", "off", module=("tests.faults", attempt.subject)) as mock:
                    began = time.monotonic()
                    caught, said, requests = run(attempt, directory, mock)
            except (RuntimeError, OSError, ValueError, subprocess.TimeoutExpired) as why:
                said = f"in error: {' '.join(str(why).split())[:500]}"
        if self._stopped.is_set():
            return None
        seconds = round(time.monotonic() - began, 2)
        return Result(*attempt, version=self.version, caught=caught, said=said, requests=requests, seconds=seconds)

    def stop(self) -> None:
        """End what is running; what was found is not told."""
        self._stopped.set()
        for process in tuple(self._running):
            with suppress(ProcessLookupError):
                process.terminate()

    @property
    def _target(self) -> Path:
        return self.scratch / "target.toml"

    def _judge(self, attempt: Attempt, directory: Path, mock: Mock) -> tuple[bool, str, int]:
        rule = FAULTS[attempt.subject].rule if attempt.subject != HEALTHY else None
        options = ["--address", mock.address, "--profile", attempt.by, "--seed", str(self.seed)]
        options += ["--no-confirm", "--report", str(directory)]  # one look, as Schemathesis has one
        command = [sys.executable, "-m", "contract_tests.cli", "run", str(self._target), *options]
        told = self._run([*command, *(["--rule", rule] if rule else [])], directory, mock)
        report = _report(directory / "report.json", told)
        if rule is None:
            accused = [each.id for each in report.rules if each.verdict in (*RAISED, Verdict.ERROR)]
            unrun = report.counts[Verdict.NOT_RUN]
            return bool(accused), ", ".join(accused) or f"{unrun} rules were not run", report.requests
        result = next(each for each in report.rules if each.id == rule)
        return caught(result), said(result), report.requests

    def _schemathesis(self, attempt: Attempt, directory: Path, mock: Mock) -> tuple[bool, str, int]:
        told = self._run(stock.command(directory, mock.address, self.seed, self.seconds), directory, mock)
        report = directory / "report.json"
        if not report.exists():
            raise RuntimeError(f"Schemathesis left no report: {told[-500:]}")
        return stock.found(report)

    def _run(self, command: list[str], directory: Path, mock: Mock) -> str:
        """What it printed. Whoever judges webhooks asks the mock for an endpoint, by its state file."""
        own = {
            "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
            "XDG_STATE_HOME": str(directory),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(directory / "hypothesis"),
        }
        process = subprocess.Popen(
            command, cwd=directory, env=mock.environment | own, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self._running.add(process)
        try:
            if self._stopped.is_set():
                process.terminate()
            return process.communicate(timeout=LONGEST)[0]
        except subprocess.TimeoutExpired:
            process.terminate()
            process.communicate(timeout=GRACE)
            raise
        finally:
            process.kill()
            process.wait()
            self._running.discard(process)


def caught(result: RuleResult) -> bool:
    """Whether a rule accuses the target. There was one look, so nothing is known of what would return."""
    return result.verdict in RAISED


def said(result: RuleResult) -> str:
    """The verdict, and the first thing to know about it."""
    first = result.failures[0].what if result.failures else result.reason or ""
    return f"{result.verdict}: {' '.join(first.split())[:300]}".removesuffix(": ")


def _report(file: Path, told: str) -> Report:
    if not file.exists():
        raise RuntimeError(f"the judge left no report: {told[-500:]}")
    return record.load(file)
