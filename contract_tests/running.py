"""A run from its options to its exit code: judged, every failure tried once more, compared with what is known, told."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from contract_tests import confirming, process
from contract_tests.profiles import DEFAULT, PROFILES
from contract_tests.report import baseline, outputs, terminal
from contract_tests.report.gathering import lines_of
from contract_tests.report.model import Known, Report
from contract_tests.target import Target
from nexuscommerce.files import packaged

INTERRUPTED, BROKEN = 130, 3  # exit codes beside those of a report: as the shell has it, and the suite's own fault
KEPT = 0.15  # of a time limit: for trying failures once more, and for tidying up
MOST_KEPT = 30.0  # seconds
SHORTEST = 4.0  # seconds within which nothing can be tried once more


@dataclass(frozen=True)
class Options:
    """What a run is asked for. `seconds` is its time limit, None for none; `known` what a baseline has; `only` node ids."""

    target_file: Path
    seed: int
    address: str | None = None
    profile: str = DEFAULT
    rules: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    examples: int | None = None
    schemathesis: bool = True
    seconds: int | None = None
    known: tuple[Known, ...] | None = None
    certify: bool = False
    confirm: bool = True
    verbose: bool = False
    directory: Path | None = None

    def arguments(self, scratch: Path, deadline: float | None) -> list[str]:
        """As pytest takes them."""
        given: Mapping[str, object] = {
            "target": self.target_file,
            "address": self.address,
            "profile": self.profile,
            "seed": self.seed,
            "examples": self.examples,
            "deadline": deadline,
        }
        said = [f"--{name}={value}" for name, value in given.items() if value is not None]
        said += [f"--rule={rule}" for rule in self.rules] + ["--no-schemathesis"] * (not self.schemathesis)
        if self.only:
            named = scratch / "only"
            named.write_text("\n".join(self.only), "utf-8")
            said.append(f"--only={named}")
        return said


def drawn() -> int:
    """A seed, where none is given."""
    return random.SystemRandom().randrange(1, 2**32)


def time_limit(profile: str, given: int | None) -> int | None:
    """Seconds: the profile's, unless others are given; 0 is no limit."""
    return PROFILES[profile].seconds if given is None else given or None


def kept(seconds: int) -> float:
    """Of a time limit, what is not for judging."""
    return min(KEPT * seconds, MOST_KEPT)


def carried_out(target: Target, options: Options) -> int:
    """Judge the target, show what was found, and answer the exit code. What a killed run left there is taken away first."""
    for left in process.abandoned(target):
        process.tidy(target, left)
    with tempfile.TemporaryDirectory(prefix="nexus-contract-") as scratch:
        report, interrupted = judged(target, options, Path(scratch))
    if report is None:
        print("the suite broke before there was a report; nothing is said of the target", file=sys.stderr)
        return INTERRUPTED if interrupted else BROKEN
    if options.known is not None:
        report = baseline.compared(report, options.known)
    files: dict[str, Path] = {}
    if options.directory:
        try:
            files = outputs.write(
                report, options.directory, target.secrets, lines_of(packaged("openapi.yaml").read_text("utf-8"))
            )
        except OSError as why:
            print(f"the report cannot be written: {why}", file=sys.stderr)
            return BROKEN
    terminal.show(report, files)
    return INTERRUPTED if interrupted else report.exit_code(options.certify)


def judged(target: Target, options: Options, scratch: Path) -> tuple[Report | None, bool]:
    """What was found, each failure tried once more as far as there is time; and whether somebody interrupted it."""
    began = time.time()
    end = began + options.seconds if options.seconds else None
    first_end = end and end - kept(options.seconds or 0)
    first = process.judged(target, options.arguments(scratch, first_end), scratch, verbose=options.verbose)
    report = first.report
    if report is None or first.interrupted or not options.confirm:
        return report, first.interrupted
    if options.known is not None:
        report = baseline.compared(report, options.known)
    tests = confirming.tests(report)
    if tests and process.left(end) > SHORTEST:
        print(f"trying {len(confirming.doubted(report))} failures once more", file=sys.stderr)
        again = process.judged(target, replace(options, only=tuple(tests), rules=()).arguments(scratch, end), scratch)
        if again.report:
            report = confirming.confirmed(report, again.report)
        report = replace(report, seconds=round(time.time() - began, 3))
        return report, again.interrupted
    return report, False
