"""Every seeded fault is caught by the rule that claims it; without a fault the same proxy conforms."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomli_w

from contract_tests.target import load
from tests.judge.faults import SEEDED, Seeded
from tests.judge.proxy import spoiled
from tests.live import running

ROOT = Path(__file__).parents[2]
MOCK_TOML = ROOT / "fixtures/targets/mock.toml"


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("mock"), "--fresh", "--log", "off") as mock:
        yield mock.address


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The mock's target file with its commands run once."""
    document = tomllib.loads(MOCK_TOML.read_text("utf-8"))
    tokens = {name: {"token": token} for name, token in load(MOCK_TOML).tokens.items()}
    path = tmp_path_factory.mktemp("target") / "target.toml"
    path.write_text(tomli_w.dumps({**document, "credentials": tokens}))
    return path


def verdict(target: Path, address: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "contract_tests.cli", "run", str(target), "--address", address, "--no-schemathesis"]
    return subprocess.run([*command, *options], capture_output=True, text=True, cwd=ROOT, timeout=300, check=False)


@pytest.mark.slow
def test_without_a_fault_the_proxy_conforms(mock: str, target: Path) -> None:
    with spoiled(mock, lambda call, forward: forward(call)) as address:
        done = verdict(target, address)

    assert (done.returncode, done.stderr) == (0, ""), done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("seeded", SEEDED, ids=lambda seeded: f"{seeded.rule}-{seeded.name}")
def test_a_fault_is_caught_by_its_rule(seeded: Seeded, mock: str, target: Path) -> None:
    with spoiled(mock, seeded.fault) as address:
        done = verdict(target, address, "--rule", seeded.rule, "--seed", "1")

    assert done.returncode == 1, done.stdout
    assert re.search(rf"^  {seeded.rule} MUST", done.stdout, re.MULTILINE), done.stdout
