"""run --plan: what a run will need, said before it is made, for one request a credential."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from contract_tests.cli import main
from tests.live import running

MOCK_TOML = Path(__file__).parents[2] / "fixtures/targets/mock.toml"
STARTER = """\
[tenants]
main = "8cd8f3f1-e373-43cc-af86-6ff3eb97cdf6"
other = "369a34e8-6922-4809-a0d5-d471fc60929d"
[credentials]
full = {token = "nxc_live_starter_full_f2bed8b71f39"}
other_full = {token = "nxc_live_rehearsal_b_full_8802580f33e6"}
"""


def plan(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["run", *arguments, "--plan"], catch_exceptions=False)


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a mock, and its log."""
    directory = tmp_path_factory.mktemp("mock")
    with running(directory, "--fresh", "--log", "json") as started:
        yield started.address, directory / "mock.log"


@pytest.fixture
def starter(tmp_path: Path) -> str:
    (tmp_path / "starter.toml").write_text(STARTER)
    return str(tmp_path / "starter.toml")


def test_a_plan_that_fits_costs_one_request_a_credential(mock: tuple[str, Path]) -> None:
    address, log = mock
    before = len(log.read_text().splitlines())
    done = plan(str(MOCK_TOML), "--address", address, "--time-limit", "100000")
    asked = Counter(json.loads(line)["path"] for line in log.read_text().splitlines()[before:] if '"method"' in line)

    assert (done.exit_code, done.stderr) == (0, "")
    assert "1,000,000 a minute" in done.stdout
    assert "that fits into the time limit" in done.stdout
    assert "nxc_live_" not in done.stdout
    assert sum(asked.values()) <= 1 + 14, asked


def test_a_starter_key_takes_hours_and_what_is_not_run_is_said(mock: tuple[str, Path], starter: str) -> None:
    done = plan(starter, "--address", mock[0])

    assert done.exit_code == 0
    assert "60 a minute, 1,000 an hour" in done.stdout
    assert "that does not fit into the time limit of 5 min 0 s" in done.stdout
    assert "out of time would be" in done.stdout


def test_fewer_rules_need_less(mock: tuple[str, Path], starter: str) -> None:
    done = plan(starter, "--address", mock[0], "--rule", "FLD-01", "--time-limit", "0")

    assert "1 rule of" in done.stdout
    assert "there is no time limit" in done.stdout
    assert " h " not in done.stdout


def test_a_bound_of_the_target_file_is_kept(mock: tuple[str, Path], starter: str) -> None:
    Path(starter).write_text(STARTER + "[pacing]\nrequests_per_minute = 90\n")
    done = plan(starter, "--address", mock[0], "--profile", "smoke")

    assert "at most 90 a minute" in done.stdout


def test_a_credential_that_is_refused_is_2_and_nothing_there_3(mock: tuple[str, Path], starter: str) -> None:
    Path(starter).write_text(STARTER.replace("starter_full", "stranger"))
    refused, gone = plan(starter, "--address", mock[0]), plan(starter, "--address", "http://127.0.0.1:9/api")

    assert (refused.exit_code, gone.exit_code) == (2, 3)
    assert "the credential `full` is refused (401); `nexus-contract doctor` says more" in refused.stderr
    assert "nothing answers at http://127.0.0.1:9/api" in gone.stderr
