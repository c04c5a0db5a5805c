"""A package that openapi-python-client makes of openapi.yaml: docs/clients.md, against a mock."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from nexuscommerce.contract import Contract
from tests.clients.guide import HERE, chapter, environment, follow, run
from tests.live import Mock, running

TITLE = "Python"
ROOT = HERE.parent.parent


def test_the_package_is_made_without_a_warning_and_the_program_runs_as_the_guide_says(tmp_path: Path) -> None:
    """It lists, pages, creates, changes, deletes, reads errors and the rate limit, with the token of a user."""
    with running(tmp_path, "--log", "off") as mock:
        made, last = follow(TITLE, tmp_path, mock)

    assert "Generating nexus_client\n" == made
    assert chapter(TITLE).printed == last


def test_every_documented_request_and_answer_goes_through_the_package_unchanged(
    tmp_path: Path, contract: Contract, mock: Mock
) -> None:
    """Of all operations, statuses and examples."""
    _make(tmp_path, mock)
    shutil.copy(HERE / "through.py", tmp_path)
    *different, count = run(f"python through.py {ROOT / 'openapi.yaml'}", tmp_path, mock).splitlines()
    answers = sum(len(operation.responses) for operation in contract.operations.values())

    assert [] == different
    assert answers <= int(count)


def test_a_type_checker_sees_a_member_that_the_document_does_not_have(tmp_path: Path, mock: Mock) -> None:
    """The program passes mypy strict, and with a misspelt member it does not, at that line alone."""
    _make(tmp_path, mock)
    source = (HERE / "shop.py").read_text("utf-8")
    (tmp_path / "right.py").write_text(source, "utf-8")
    (tmp_path / "misspelt.py").write_text(source.replace("created.data.sku", "created.data.skuu"), "utf-8")
    line = next(number for number, text in enumerate(source.splitlines(), 1) if "created.data.sku" in text)
    done = subprocess.run(
        ["mypy", "--strict", "--follow-imports", "silent", "--config-file", "", "right.py", "misspelt.py"],
        cwd=tmp_path, env=environment(mock), capture_output=True, text=True, timeout=120,
    )  # fmt: skip

    assert [("misspelt.py", str(line))] == re.findall(r"^(\S+):(\d+): error", done.stdout, re.MULTILINE), done.stdout


def test_the_guide_installs_what_is_tested_and_shows_the_program() -> None:
    pinned = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text("utf-8").split())
    source = (HERE / "shop.py").read_text("utf-8")
    found = chapter(TITLE)

    assert {name: pinned[name] for name in ("openapi-python-client",)} == found.pins
    assert [] == [excerpt for excerpt in found.excerpts if excerpt not in source]


def _make(directory: Path, mock: Mock) -> None:
    generate, _ = chapter(TITLE).commands
    run(generate, directory, mock)
