"""The judge can fail: every rule has a deliberately broken mock that it catches, one fault at a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from contract_tests.rules import FAULTS as CLAIMED
from contract_tests.rules import RULES
from tests import targets
from tests.faults import FAULTS, HEALTHY
from tests.live import Mock, running

# One fault of each kind of promise: what `make test` looks at; `make test-all` looks at all of them.
QUICK = (
    *("no_total", "revoked_works", "tenant_not_checked", "foreign_lists", "overlapping_pages"),
    *("filters_or", "patch_not_stored", "kept_is_set", "half_a_rule", "ended_is_cancelled"),
)


def judged(mock: Mock, *options: str) -> subprocess.CompletedProcess[str]:
    """The judge's run, as a user starts it."""
    target = targets.written(mock.database.parent)
    command = [sys.executable, "-m", "contract_tests.cli", "run", str(target), "--address", mock.address, *options]
    return subprocess.run(command, env=mock.environment, capture_output=True, text=True, timeout=600, check=False)


def caught(name: str, directory: Path) -> None:
    """The fault's rule fails, and is told of first; a SHOULD does not decide the exit code."""
    fault = FAULTS[name]
    with running(directory, "--log", "off", module=("tests.faults", name)) as broken:
        run = judged(broken, "--rule", fault.rule, "--no-confirm")

    rule = RULES[fault.rule]
    assert f"\n{rule.id} " in run.stdout, f"{fault.sentence}:\n{run.stdout[-3000:]}{run.stderr}"
    assert ("1 failed  0 warned" if rule.level == "MUST" else "0 failed  1 warned") in run.stdout
    assert (1 if rule.level == "MUST" else 0) == run.returncode


def test_every_rule_has_a_fault_and_every_fault_a_rule() -> None:
    assert set(RULES) == {fault.rule for fault in FAULTS.values()}
    assert set(CLAIMED) == set(FAULTS), "faults of the catalogue, and faults that can be put in"


@pytest.mark.parametrize("name", QUICK)
def test_a_fault_of_each_kind_is_caught(name: str, tmp_path: Path) -> None:
    caught(name, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in FAULTS if name not in QUICK])
def test_every_fault_is_caught_by_the_rule_that_claims_it(name: str, tmp_path: Path) -> None:
    caught(name, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 31))
def test_the_healthy_mock_conforms_for_every_seed(seed: int, tmp_path: Path) -> None:
    """A judge that accuses what is right is worth nothing. Three seeds of every rule, the others of a sample of most.

    It is the mock that the faults are put into, whose jobs are brisk, but for the first seed.
    """
    module = ("mockserver",) if seed == 1 else ("tests.faults", HEALTHY)
    profile = "standard" if seed <= 3 else "smoke"
    with running(tmp_path, "--log", "off", module=module) as mock:
        run = judged(mock, "--seed", str(seed), "--profile", profile, "--time-limit", "0", "--no-confirm")

    assert 0 == run.returncode, run.stdout[-5000:]
    assert "0 failed  0 warned  0 in error" in run.stdout, run.stdout[-5000:]
