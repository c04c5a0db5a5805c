"""nexus-contract: exit codes, and that nothing of a user's directory matters or changes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import running

ROOT = Path(__file__).parents[2]
MOCK_TOML = ROOT / "fixtures/targets/mock.toml"


def contract(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "contract_tests.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120, check=False)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("mock"), "--fresh", "--log", "off") as mock:
        yield mock.address


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no-such.toml"], "No such file"),
        ([str(MOCK_TOML), "--rule", "PAG-99"], "there is no rule PAG-99"),
        ([str(MOCK_TOML), "--address", "http://127.0.0.1:9/api"], "nothing answers at http://127.0.0.1:9/api"),
        ([str(MOCK_TOML), "--address", "nowhere"], "`address` is the URL of the API"),
    ],
)
def test_a_run_that_cannot_be_made_is_2_and_one_line(arguments: list[str], said: str) -> None:
    done = contract("run", *arguments)

    assert done.returncode == 2
    assert said in done.stderr
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)


def test_another_service_at_the_address_is_2(address: str) -> None:
    """The mock's own pages, for one, are no API."""
    done = contract("run", str(MOCK_TOML), "--address", address.removesuffix("/api") + "/docs/files")

    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "no API answers at" in done.stderr


def test_a_wrong_token_or_tenant_is_2_and_no_verdict(address: str, tmp_path: Path) -> None:
    """Else a hundred rules would blame the implementation."""
    text = MOCK_TOML.read_text("utf-8")
    for wrong in ("a5f4d17c-3498-45e7-9fbe-7214d722cec5", "nxc_live_rehearsal_b_full_8802580f33e6"):
        (tmp_path / "target.toml").write_text(text.replace(wrong, wrong.replace("8", "9"), 1))
        done = contract("run", str(tmp_path / "target.toml"), "--address", address)

        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert "is refused in the tenant" in done.stderr


def test_a_target_that_conforms_is_0_and_leaves_nothing(address: str, tmp_path: Path) -> None:
    """Also where the user's own pytest is set up to fail everything."""
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError\n")
    before = sorted(tmp_path.rglob("*"))
    done = contract("run", str(MOCK_TOML), "--address", address, "--rule", "PAG-07", "--rule", "FLD-02", cwd=tmp_path)

    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "passed: 2  PAG-07 FLD-02" in done.stdout
    assert sorted(tmp_path.rglob("*")) == before


def test_a_rule_without_its_credential_is_not_run_and_not_passed(address: str, tmp_path: Path) -> None:
    lines = [line for line in MOCK_TOML.read_text("utf-8").splitlines() if not line.startswith("revoked")]
    (tmp_path / "target.toml").write_text("\n".join(lines))
    done = contract("run", str(tmp_path / "target.toml"), "--address", address, "--rule", "AUT-05", "--rule", "PAG-07")

    assert done.returncode == 0
    assert "not run: 1" in done.stdout
    assert "the target file has no credential `revoked`" in done.stdout
    assert "passed: 1  PAG-07" in done.stdout


def test_a_run_in_which_nothing_was_judged_is_2(address: str, tmp_path: Path) -> None:
    lines = [line for line in MOCK_TOML.read_text("utf-8").splitlines() if not line.startswith("revoked")]
    (tmp_path / "target.toml").write_text("\n".join(lines))
    done = contract("run", str(tmp_path / "target.toml"), "--address", address, "--rule", "AUT-05")

    assert done.returncode == 2


@pytest.mark.parametrize(
    ("fault", "rule", "shown"),
    [("other_default", "PAG-04", "$NEXUS_FULL"), ("token_in_query", "AUT-11", "access_token=$NEXUS_FULL")],
)
def test_no_secret_is_printed(fault: str, rule: str, shown: str, tmp_path: Path) -> None:
    """The reports name the credentials by variables, in a URL too: AUT-11 sends the token where it does not belong."""
    with running(tmp_path, "--log", "off", module=("tests.faults", fault)) as faulty:
        done = contract("run", str(MOCK_TOML), "--address", faulty.address, "--rule", rule)

    assert done.returncode == 1
    assert shown in done.stdout
    assert "nxc_live_" not in done.stdout + done.stderr


def test_the_rules_are_listed() -> None:
    done = contract("rules")

    assert done.returncode == 0
    assert "PAG-06  MUST    nextCursor is null on the last page and never before it." in done.stdout
