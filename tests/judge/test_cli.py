"""nexus-contract: exit codes, and that nothing of a user's directory matters or changes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests.document import LISTS
from contract_tests.report.record import load
from contract_tests.rules import RULES
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
        ([str(MOCK_TOML), "--address", "nowhere"], "`address` is the URL of the API"),
        ([str(MOCK_TOML), "--baseline", "no-such.json"], "no-such.json cannot be read"),
        ([str(MOCK_TOML), "--baseline", str(MOCK_TOML)], "is no JSON"),
        ([str(MOCK_TOML), "--report", str(MOCK_TOML / "below")], "--report names a directory that can be written"),
    ],
)
def test_a_run_that_cannot_be_made_is_2_and_one_line(arguments: list[str], said: str) -> None:
    done = contract("run", *arguments)

    assert done.returncode == 2
    assert said in done.stderr
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)


def test_a_target_that_does_not_answer_is_3_and_one_line() -> None:
    done = contract("run", str(MOCK_TOML), "--address", "http://127.0.0.1:9/api")

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1)
    assert "nothing answers at http://127.0.0.1:9/api" in done.stderr


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
    assert re.search(r"0 failed  0 warned  0 in error  \d+ not run  2 passed", done.stdout)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_rule_without_its_credential_is_not_run_and_not_passed(address: str, tmp_path: Path) -> None:
    lines = [line for line in MOCK_TOML.read_text("utf-8").splitlines() if not line.startswith("revoked")]
    (tmp_path / "target.toml").write_text("\n".join(lines))
    done = contract("run", str(tmp_path / "target.toml"), "--address", address, "--rule", "AUT-05", "--rule", "PAG-07")

    assert done.returncode == 0
    assert "1 no credential: the target file has no credential" in done.stdout
    assert "  1 passed" in done.stdout


def test_a_run_in_which_nothing_was_judged_is_4(address: str, tmp_path: Path) -> None:
    lines = [line for line in MOCK_TOML.read_text("utf-8").splitlines() if not line.startswith("revoked")]
    (tmp_path / "target.toml").write_text("\n".join(lines))
    done = contract("run", str(tmp_path / "target.toml"), "--address", address, "--rule", "AUT-05")

    assert done.returncode == 4
    assert "NOT JUDGED" in done.stdout


def test_what_was_left_out_is_incomplete_where_all_is_asked_for(address: str) -> None:
    assert contract("run", str(MOCK_TOML), "--address", address, "--rule", "PAG-07", "--certify").returncode == 4


def test_a_suite_that_breaks_is_3(address: str, tmp_path: Path) -> None:
    """An exception that is no failed expectation is the suite's own, and says nothing of the target; but for those that a
    malformed answer raises."""
    (tmp_path / "broken.py").write_text(
        "import contract_tests.paging\n"  # the judge's own process imports this file too
        "contract_tests.paging.Walk.values = lambda *_: exec('raise RuntimeError(\"gone\")')\n"
        "from contract_tests.cli import main\n"
        "if __name__ == '__main__':\n    main()\n"
    )
    command = [sys.executable, str(tmp_path / "broken.py"), "run", str(MOCK_TOML), "--address", address, "--rule", "SRT-02"]
    done = subprocess.run(
        [*command, "--report", str(tmp_path / "report")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    rule = next(rule for rule in load(tmp_path / "report" / "report.json").rules if rule.id == "SRT-02")

    assert done.returncode == 3
    assert "NOT JUDGED TO THE END" in done.stdout
    assert rule.verdict == "error"
    assert "RuntimeError: gone" in (rule.reason or "")


@pytest.mark.parametrize(
    ("fault", "rule", "shown"),
    [("other_default", "PAG-04", "$NEXUS_FULL"), ("token_in_query", "AUT-11", "access_token=$NEXUS_FULL")],
)
def test_no_secret_is_printed(fault: str, rule: str, shown: str, tmp_path: Path) -> None:
    """The reports name the credentials by variables, in a URL too: AUT-11 sends the token where it does not belong."""
    with running(tmp_path, "--log", "off", module=("tests.faults", fault)) as faulty:
        done = contract("run", str(MOCK_TOML), "--address", faulty.address, "--rule", rule, "--report", str(tmp_path), "-v")
    written = "".join(path.read_text("utf-8") for path in tmp_path.glob("report.*"))

    assert done.returncode == 1
    assert shown in done.stdout
    assert shown in written
    assert "nxc_live_" not in done.stdout + done.stderr + written


def test_a_report_is_four_files_that_the_screen_names(address: str, tmp_path: Path) -> None:
    directory = tmp_path / "made" / "for it"
    done = contract(
        "run", str(MOCK_TOML), "--address", address, "--rule", "PAG-07", "--rule", "ENV-01", "--report", str(directory)
    )
    report = load(directory / "report.json")
    judged = {rule.id: rule for rule in report.rules if rule.verdict == "pass"}

    assert done.returncode == 0, done.stdout + done.stderr
    assert {"report.html", "report.json", "junit.xml", "report.sarif"} == {path.name for path in directory.iterdir()}
    assert [] == [path for path in directory.iterdir() if str(path) not in done.stdout]
    assert list(RULES) == [rule.id for rule in report.rules]
    assert {"PAG-07", "ENV-01"} == set(judged)
    assert set(judged["PAG-07"].operations) == {listing.id for listing in LISTS}
    assert judged["ENV-01"].examples > 20  # answers, and not the one test that looks back on them
    assert judged["ENV-01"].operations["getProduct"].examples > 0
    assert report.requests >= judged["PAG-07"].requests > 0


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path, subprocess.CompletedProcess[str]]]:
    """A faulty mock, and the report of it."""
    directory = tmp_path_factory.mktemp("faulty")
    with running(directory, "--log", "off", module=("tests.faults", "other_default")) as faulty:
        options = ("--address", faulty.address, "--rule", "PAG-04", "--seed", "7")
        yield faulty.address, directory, contract("run", str(MOCK_TOML), *options, "--report", str(directory / "report"))


def test_a_failure_can_be_seen_again(found: tuple[str, Path, subprocess.CompletedProcess[str]]) -> None:
    address, directory, done = found
    rule = next(rule for rule in load(directory / "report" / "report.json").rules if rule.id == "PAG-04")
    failure = rule.failures[0]

    assert (done.returncode, rule.verdict) == (1, "fail")
    assert failure.operation in rule.operations
    assert failure.request is not None
    assert failure.request.url.startswith(address)
    assert ("Authorization", "Bearer $NEXUS_FULL") in failure.request.headers
    assert failure.response is not None
    assert failure.response.status == 200
    assert failure.curl.startswith("curl -X GET ")
    assert failure.replay == "nexus-contract replay report.json PAG-04"
    assert failure.confirmed
    assert not failure.flaky
    assert "DOES NOT CONFORM" in done.stdout


def test_known_failures_decide_nothing_and_mended_ones_are_named(
    found: tuple[str, Path, subprocess.CompletedProcess[str]], address: str, tmp_path: Path
) -> None:
    faulty, directory, _ = found
    printed = contract("baseline", str(directory / "report" / "report.json"))
    (tmp_path / "known.json").write_text(printed.stdout)
    again = contract(
        *("run", str(MOCK_TOML), "--address", faulty, "--rule", "PAG-04", "--baseline", str(tmp_path / "known.json"))
    )
    healthy = contract(
        *("run", str(MOCK_TOML), "--address", address, "--rule", "PAG-04", "--baseline", str(tmp_path / "known.json"))
    )

    assert (printed.returncode, again.returncode, healthy.returncode) == (0, 0, 0), again.stdout[-3000:]
    assert "PAG-04 known listProducts" in again.stdout
    assert "mended: PAG-04" in healthy.stdout


def test_a_failure_that_the_baseline_does_not_know_decides(
    found: tuple[str, Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    (tmp_path / "known.json").write_text('{"format": 2, "known": []}')
    options = ("--address", found[0], "--rule", "PAG-04", "--baseline", str(tmp_path / "known.json"))

    assert contract("run", str(MOCK_TOML), *options).returncode == 1


def test_a_file_that_is_no_report_makes_no_baseline() -> None:
    done = contract("baseline", str(MOCK_TOML))

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_the_rules_are_listed() -> None:
    done = contract("rules")

    assert done.returncode == 0
    assert "PAG-06  MUST    nextCursor is null on the last page and never before it." in done.stdout
