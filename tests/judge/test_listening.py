"""Runs of the rules for webhooks: where there is no endpoint, and where nothing comes, that is said."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import targets
from tests.live import Mock, running

ROOT = Path(__file__).parents[2]
MAIN = "a5f4d17c-3498-45e7-9fbe-7214d722cec5"


@pytest.fixture(scope="module")
def mute(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    """A mock that sends to public addresses alone, and so never to the judge."""
    with running(tmp_path_factory.mktemp("mock"), "--log", "off", module=("tests.judge.mute",)) as mock:
        yield mock


def target(directory: Path, webhooks: str) -> Path:
    """The mock's target file with another table [webhooks]."""
    path = directory / "target.toml"
    path.write_text(targets.text().partition("[webhooks]")[0] + webhooks)
    return path


def judged(mock: Mock, path: Path, directory: Path, rule: str, **environment: str) -> tuple[int, dict[str, Any]]:
    """The exit code, and what the report says of the rule."""
    command = [sys.executable, "-m", "contract_tests.cli", "run", str(path), "--address", mock.address, "--rule", rule]
    done = subprocess.run(
        [*command, "--no-confirm", "--report", str(directory / "report")],
        capture_output=True,
        text=True,
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        timeout=300,
        check=False,
    )
    assert done.stderr == ""
    rules = json.loads((directory / "report" / "report.json").read_text("utf-8"))["rules"]
    return done.returncode, next(each for each in rules if each["id"] == rule)


def test_without_the_table_webhooks_are_not_judged(mute: Mock, tmp_path: Path) -> None:
    code, rule = judged(mute, target(tmp_path, ""), tmp_path, "WHK-05")

    assert (4, "not_run") == (code, rule["verdict"])
    assert "the target file has no [webhooks]" in rule["reason"]


def test_an_endpoint_that_cannot_be_made_is_told_of_and_nothing_is_left(mute: Mock, tmp_path: Path) -> None:
    """The judge runs in a directory where no mock has its state file."""
    code, rule = judged(mute, targets.MOCK, tmp_path, "WHK-02")

    assert (4, "not_run") == (code, rule["verdict"])
    assert "there is no state file nexus-mock.db; run this in the directory of the mock" in rule["reason"]
    assert [tmp_path / "report"] == list(tmp_path.iterdir())


def test_where_nothing_comes_that_is_said(mute: Mock, tmp_path: Path) -> None:
    """And the endpoint is taken away all the same."""
    quick = targets.text().rpartition("[webhooks]")[2].replace("pause = 5", "pause = 1\npatience = 1")
    path = target(tmp_path, f"[webhooks]{quick}")
    code, rule = judged(mute, path, tmp_path, "WHK-02", **mute.environment)
    what = rule["failures"][0]["what"]
    command = [sys.executable, "-m", "mockserver", "webhook", "list", "--json"]
    left = subprocess.run(command, env=mute.environment, capture_output=True, text=True, check=True).stdout

    assert (1, "fail") == (code, rule["verdict"])
    assert "expected order.status_changed of ord_" in what
    assert "within 1 s of updateOrder; nothing at all has arrived: can the target reach http://127.0.0.1:" in what
    assert MAIN not in left


def test_a_secret_of_an_endpoint_that_is_there_is_used(tmp_path: Path) -> None:
    """An endpoint that was made by hand; and one whose secret the target file has wrong."""
    with running(tmp_path, "--log", "off") as mock, socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}/by/hand"
        free.close()
        add = [sys.executable, "-m", "mockserver", "webhook", "add", url, "--tenant", MAIN]
        made = subprocess.run(add, env=mock.environment, capture_output=True, text=True, check=True).stdout.split()
        for secret, expected in ((made[1], "pass"), ("whsec_wrong", "fail")):
            table = f'[webhooks]\nsecret = {{env = "HOOK"}}\nurl = "{url}"\npause = 5'
            code, rule = judged(mock, target(tmp_path, table), tmp_path, "WHK-05", HOOK=secret)

            assert (expected == "fail", expected) == (bool(code), rule["verdict"]), rule
            assert made[1] not in json.dumps(rule)
