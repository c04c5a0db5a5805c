"""What the catalogue says that a rule needs, measured: without it the rule is not run, with it it is."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from contract_tests.document import WHOLE
from contract_tests.rules import RULES
from contract_tests.target import NEEDED_TAGS, REQUIRED
from tests.live import running

ROOT = Path(__file__).parents[2]
TARGET: dict[str, Any] = tomllib.loads((ROOT / "fixtures/targets/mock.toml").read_text("utf-8"))
TAGS = [tag["name"] for tag in WHOLE.document["tags"]]
# Neither Schemathesis' rules nor those of webhooks are looked at: the profile leaves the first out, and no endpoint is made.
LEFT_OUT = {rule.id for rule in RULES.values() if rule.group == "SCH" or "webhooks" in rule.capabilities}


def unjudged(directory: Path, **changes: Any) -> set[str]:
    """The rules that are not run on the mock with a target file that is changed so."""
    target = {name: value for name, value in (TARGET | changes).items() if name != "webhooks"}
    (directory / "target.toml").write_text(tomli_w.dumps(target), "utf-8")
    command = [sys.executable, "-m", "contract_tests.cli", "run", str(directory / "target.toml"), "--no-schemathesis"]
    options = ["--profile", "smoke", "--time-limit", "0", "--seed", "1", "--report", str(directory)]
    with running(directory, "--log", "off") as mock:
        subprocess.run(
            [*command, "--address", mock.address, *options], cwd=ROOT, capture_output=True, timeout=1800, check=True
        )
    rules = json.loads((directory / "report.json").read_text("utf-8"))["rules"]
    return {rule["id"] for rule in rules if rule["verdict"] == "not_run"} - LEFT_OUT


@pytest.mark.slow
def test_a_rule_is_not_run_without_the_credentials_that_it_needs(tmp_path: Path) -> None:
    required = {name: TARGET["credentials"][name] for name in REQUIRED}

    assert unjudged(tmp_path, credentials=required) == {rule.id for rule in RULES.values() if rule.needs} - LEFT_OUT


@pytest.mark.slow
@pytest.mark.parametrize("tag", [tag for tag in TAGS if tag not in NEEDED_TAGS])
def test_a_rule_is_not_run_without_the_operations_that_it_is_about(tag: str, tmp_path: Path) -> None:
    others = [each for each in TAGS if each != tag]

    assert unjudged(tmp_path, tags=others) == {rule.id for rule in RULES.values() if tag in rule.capabilities} - LEFT_OUT
