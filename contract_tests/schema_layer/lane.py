"""Schemathesis' process: started when the session begins, beside all other tests, and collected near its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection
from pathlib import Path

import tomli_w

from contract_tests.client import Actor
from contract_tests.journal import LASTING, Journal, read
from contract_tests.schema_layer import lines
from contract_tests.schema_layer.account import Account, account
from contract_tests.schema_layer.configuration import configuration, document
from contract_tests.schema_layer.errand import TOKEN, Errand

GRACE = 5  # seconds that it has after its deadline, or after an interrupt, to write down what it has
LONGEST = 3600  # seconds, where there is no deadline


class Lane:
    """A running Schemathesis, in the tenant of an actor.

    What it makes there it writes into the journal of the run, so that whoever tidies up after a crash finds it.
    """

    def __init__(
        self,
        fuzz: Actor,
        *,
        examples: int,
        seed: int,
        writes: bool,
        deadline: float | None = None,
        only: Collection[str] = (),
        per_minute: int | None = None,
    ) -> None:
        self.deadline, self.writes = deadline, writes
        self.killed = False
        self._fuzz = fuzz
        self._scratch = tempfile.TemporaryDirectory(prefix="nexus-contract-fuzz-")
        directory = Path(self._scratch.name)
        self._lines, self._output = directory / "lines.jsonl", directory / "output.txt"
        self._journal = fuzz.service.journal.path or directory / "journal.jsonl"
        errand = Errand(
            fuzz.service.address, str(self._lines), str(self._journal), os.getpid(), writes, deadline, per_minute
        )
        config = directory / "schemathesis.toml"
        config.write_text(tomli_w.dumps(configuration(fuzz, examples, writes, only)))
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", str(document(directory))]
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [*command, "--seed", str(seed)],
                cwd=directory,
                env={**os.environ, **_surroundings(directory), **errand.environment(), TOKEN: str(fuzz.token)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def collect(self) -> Account:
        """Wait for it, at most until its deadline, and read what it wrote."""
        last = self.deadline + GRACE if self.deadline is not None else time.time() + LONGEST
        try:
            self._process.wait(max(last - time.time(), 0))
        except subprocess.TimeoutExpired:
            self.killed = True
            self.stop()
        whole = account(lines.read(self._lines))
        self._fuzz.service.journal.moved.update(whole.end.moved if whole.end else ())
        return whole

    @property
    def said(self) -> str:
        """The end of what it printed, and how it ended."""
        output = self._output.read_text("utf-8", "replace") if self._output.exists() else ""
        return f"it ended with {self._process.returncode}\n{output[-2000:]}".strip()

    def stop(self) -> None:
        """End it, whatever it does."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(GRACE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def close(self) -> None:
        """What it made is the run's to take away."""
        self.stop()
        adopt(self._fuzz.service.journal, self._journal, str(self._fuzz.tenant))
        self._scratch.cleanup()


def adopt(journal: Journal, path: Path, tenant: str) -> None:
    """Take over what another process wrote into a journal of the same run, or into one of its own."""
    if not path.exists():
        return
    theirs = read(path)
    journal.there.update(dict.fromkeys(made for made in theirs.there if made.tenant == tenant))
    journal.lasting += [made for made in theirs.lasting if made.tenant == tenant and made.kind == LASTING]


def _surroundings(directory: Path) -> dict[str, str]:
    """Where it finds the judge and keeps its examples; neither proxies nor passwords of the environment get in between."""
    parts = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    return {
        "PYTHONPATH": os.pathsep.join(part for part in parts if part),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(directory / "hypothesis"),
        "NO_PROXY": "*",
        "NETRC": os.devnull,
    }
