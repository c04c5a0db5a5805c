"""Measures what the rules cost, for `run --plan`: `python -m tests.costing`. It takes about half an hour.

Whole runs on a new mock, where all is allowed and where nothing is, and for each group one of a single rule of it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import tomli_w

from contract_tests import costs
from contract_tests.profiles import PROFILES
from nexuscommerce.files import packaged
from tests.live import running

ALL, NOTHING = ["writes", "destructive", "burn-quota"], ["read-only"]
SEED = "7"


def runs() -> Iterator[tuple[str, list[str], list[str]]]:
    """The name of each run, what it may do, and its options; the part runs come last."""
    for profile in PROFILES:
        yield profile, ALL, ["--profile", profile]
        yield f"{profile} reading", NOTHING, ["--profile", profile]
    # What a family shares is made for the first of it that a run comes to: the last has none of that in its own cost.
    for family, rule in {costs.family(rule): rule for rule in costs.turns()}.items():
        yield family, ALL, ["--profile", "smoke", "--rule", rule]


def measured(directory: Path, allow: list[str], options: list[str]) -> Path | None:
    """The report of a run, if it left one."""
    target = tomllib.loads(packaged("fixtures/targets/mock.toml").read_text("utf-8"))
    (directory / "target.toml").write_text(tomli_w.dumps({**target, "allow": allow}), "utf-8")
    with running(directory, "--log", "off") as mock:
        command = [sys.executable, "-m", "contract_tests.cli", "run", str(directory / "target.toml")]
        given = ["--address", mock.address, "--time-limit", "0", "--no-confirm", "--seed", SEED, "--report", str(directory)]
        subprocess.run([*command, *given, *options], env=mock.environment, check=False)
    report = directory / "report.json"
    return report if report.exists() else None


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        reports = []
        for number, (name, allow, options) in enumerate(runs()):
            print(f"measuring {name}", flush=True)
            directory = Path(scratch) / str(number)
            directory.mkdir()
            report = measured(directory, allow, options)
            reports += [str(report)] if report else []
            costs.main(reports)  # after each run, so that an interrupt loses nothing


if __name__ == "__main__":
    main()
