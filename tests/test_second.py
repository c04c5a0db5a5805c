"""The judge accuses nobody who keeps the contract: an independent server, with odd but legal manners, is found right."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests.rules import RULES
from nexuscommerce.contract import load
from tests.second.app import HANDLERS

ROOT = Path(__file__).parent.parent
SEEDS = range(2, 7)
ABSENT = ("FIL-13", "INV-", "PRC-", "JOB-", "WHK-")  # rules about what it does not have


@pytest.fixture
def second() -> Iterator[str]:
    """The address of a server of its own."""
    command = [sys.executable, "-m", "tests.second", "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the second implementation did not start: {process.communicate()[1]}")
        yield line.removeprefix("listening on ").strip()
    finally:
        process.kill()
        process.communicate(timeout=15)


def found_right(address: str, directory: Path, *options: str) -> None:
    """No rule fails, and rules about what it does not have are not run. The target's JWTs come by this Python."""
    command = [sys.executable, "-m", "contract_tests.cli", "run", "tests/second/target.toml", "--address", address]
    environment = {**os.environ, "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))}
    run = subprocess.run(
        [*command, "--report", str(directory), *options],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert 0 == run.returncode, run.stdout[-5000:] + run.stderr
    rules = {rule["id"]: rule["verdict"] for rule in json.loads((directory / "report.json").read_text())["rules"]}
    absent = {name for name in rules if name.startswith((*ABSENT, "SCH-") if "--no-schemathesis" in options else ABSENT)}

    assert {name for name, verdict in rules.items() if verdict == "pass"} == set(RULES) - absent
    assert {name for name, verdict in rules.items() if verdict == "not_run"} == absent


def test_it_has_what_its_tags_say() -> None:
    tags = {"Health", "Products", "Orders"}
    nodes = [node for item in load().document["paths"].values() for node in item.values() if isinstance(node, dict)]
    told = {node["operationId"] for node in nodes if tags & set(node["tags"])}

    assert told == {*HANDLERS, "getHealth"}


def test_a_second_implementation_is_found_right(second: str, tmp_path: Path) -> None:
    found_right(second, tmp_path, "--seed", "1", "--no-schemathesis")


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_it_is_found_right_with_every_seed(seed: int, second: str, tmp_path: Path) -> None:
    found_right(second, tmp_path, "--seed", str(seed))
