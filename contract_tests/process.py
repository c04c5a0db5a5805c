"""The judge in a process of its own, so that whatever becomes of it somebody is there to tidy up and to tell.

The parent starts it, passes an interrupt on, and reads the report that it leaves. What the judge made in the target is in a
journal; where the judge could not take it away, a second process does.
"""

from __future__ import annotations

import contextlib
import hashlib
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contract_tests import journal, view
from contract_tests.report import record
from contract_tests.report.model import Report
from contract_tests.target import Target

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

PACKAGE = Path(__file__).parent
_SPAWN = multiprocessing.get_context("spawn")  # nothing of the parent is in the child but what is handed over


@dataclass(frozen=True)
class Result:
    """What a judge left. `report` is None where it broke before there was one."""

    report: Report | None
    code: int
    interrupted: bool


def judged(target: Target, arguments: list[str], scratch: Path, *, verbose: bool = False) -> Result:
    """Judge a target with these options of pytest."""
    view.choose(target.view)
    file, made = scratch / "report.json", journal_of(target)
    file.unlink(missing_ok=True)
    code, interrupted = _run(_judge, target, [*arguments, f"--record={file}", f"--journal={made}"], str(scratch), verbose)
    if made.exists():
        tidy(target, made)
    return Result(record.load(file) if file.exists() else None, code, interrupted)


def tidy(target: Target, made: Path) -> None:
    """Take away what a journal names."""
    view.choose(target.view)
    _run(_tidy, target, str(made))


def journal_of(target: Target) -> Path:
    """The journal of this run, whose process id is in its name: a run that has ended without removing it was killed."""
    return journal.directory() / f"{_name(target)}-{os.getpid()}.jsonl"


def abandoned(target: Target) -> Iterator[Path]:
    """The journals of runs against this address that are no more."""
    for path in sorted(journal.directory().glob(f"{_name(target)}-*.jsonl")):
        number = path.stem.rpartition("-")[2]
        if number.isdigit() and not _lives(int(number)):
            yield path


def _name(target: Target) -> str:
    return hashlib.sha256(target.address.encode()).hexdigest()[:16]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _run(what: Any, *arguments: Any) -> tuple[int, bool]:
    """A process to its end: its exit code, and whether it was interrupted. The second interrupt ends it at once."""
    process = _SPAWN.Process(target=what, args=arguments)
    interrupts = 0
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        process.start()
        while process.is_alive():
            try:
                process.join()
            except KeyboardInterrupt:
                interrupts += 1
                _interrupt(process, interrupts)
    finally:
        signal.signal(signal.SIGTERM, before)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid or 0, signal.SIGKILL)  # what it started and could not end
    return process.exitcode if process.exitcode is not None else 1, interrupts > 0


def _interrupt(process: BaseProcess, times: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        if times > 1:
            os.killpg(process.pid or 0, signal.SIGKILL)
        else:
            print("\ninterrupted: tidying up; interrupt once more to stop at once", file=sys.stderr)
            os.kill(process.pid or 0, signal.SIGINT)


def _judge(target: Target, arguments: list[str], scratch: str, verbose: bool) -> None:
    """In the child: pytest on the installed package, deaf to the configuration of whatever directory it runs in."""
    _settle()
    os.environ.pop("PYTEST_ADDOPTS", None)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = scratch
    sys.dont_write_bytecode = True
    import pytest
    from rich.console import Console

    from contract_tests.progress import Screen

    own = ["-c", str(PACKAGE / "pytest.ini"), "--rootdir", str(PACKAGE), "--basetemp", str(Path(scratch) / "tmp")]
    plugins: list[object] = [target]
    if verbose:
        own.append("-vv")
    else:
        own += ["-p", "no:terminal", "-o", "addopts=--strict-markers --strict-config -p no:cacheprovider"]
        # Not the captured output of a test: the process' own.
        plugins.append(Screen(Console(file=os.fdopen(os.dup(1), "w", encoding="utf-8"), highlight=False)))
    sys.exit(int(pytest.main([*own, *arguments, str(PACKAGE)], plugins=plugins)))


def _tidy(target: Target, path: str) -> None:
    """In the child: what a run left, by its journal."""
    _settle()
    from contract_tests.client import Service
    from contract_tests.effects import Gate
    from contract_tests.ledger import Ledger
    from contract_tests.pacing import Pacer
    from contract_tests.rules import Effect
    from contract_tests.tidying import tidied

    def say(line: str) -> None:
        print(line, file=sys.stderr)

    left = journal.read(Path(path))
    if not left.there:
        left.close()
        return
    say(f"a run did not tidy up: {len(left.there)} things that it made are taken away")
    service = Service(target.address, Ledger(), Gate(frozenset(Effect)), Pacer(target.per_minute, None, say), left)
    for line in tidied(service, target, say):
        say(f"left behind: {line}")
    service.close()


def _settle() -> None:
    """A group of its own: a terminal interrupts the parent alone, which passes it on. A polite end is an interrupt."""
    os.setpgrp()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what it puts into the background deaf to it


def left(deadline: float | None) -> float:
    """Seconds until a moment, in seconds since 1970; without one there is no end."""
    return float("inf") if deadline is None else deadline - time.time()
