"""Measures what the rules cost, for `run --plan`: `python -m tests.costing`. It takes about half an hour.

Whole runs on a new mock, where all is allowed and where nothing is, and for each group one of that group alone.
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
from contract_tests.consecutive import EVERY
from contract_tests.profiles import PROFILES
from contract_tests.rules import GROUPS, RULES
from nexuscommerce.files import packaged
from tests.live import running

ALL, NOTHING = ["writes", "destructive", "burn-quota"], ["read-only"]
SEED = "7"


def runs() -> Iterator[tuple[str, list[str], list[str]]]:
    """The name of each run, what it may do, and its options; the part runs come last."""
    for profile in PROFILES:
        yield profile, ALL, ["--profile", profile]
        yield f"{profile} reading", NOTHING, ["--profile", profile]
    _, *laws = EVERY  # what is made for all laws is made for the first
    parts = {group: [rule for rule in RULES if rule.startswith(group) and rule not in EVERY] for group in GROUPS}
    for name, rules in {**parts, costs.LAWS: laws}.items():
        yield name, ALL, ["--profile", "smoke", *(part for rule in rules for part in ("--rule", rule))]


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
