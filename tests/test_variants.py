"""The judge accuses nobody of what is legal, and lets nobody pass who does otherwise than the target file says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from contract_tests.choices import CHOICES, PATCHES
from contract_tests.rules import RULES
from tests import targets
from tests.live import running
from tests.variants import VARIANTS

PLAIN = ("mockserver",)
TOGETHER = ",".join(VARIANTS)
ODD = ",".join(name for name in VARIANTS if name not in CHOICES)
RULES_OF_CHOICES = sorted({rule for variant in VARIANTS.values() for rule in (variant.unstated, variant.untrue) if rule})
SCHEMATHESIS = [f"--rule={rule}" for rule in RULES if rule.startswith("SCH-")]


def judged(module: tuple[str, ...], choices: list[str], directory: Path, *options: str) -> dict[str, str]:
    """The verdict on each rule, of a target that states these choices."""
    stated = [f'{name} = "{CHOICES[name].instead}"' for name in choices]
    target = directory / "target.toml"
    target.write_text("\n".join([targets.text(), "[choices]", *stated]), "utf-8")
    with running(directory, "--log", "off", module=module) as mock:
        command = [sys.executable, "-m", "contract_tests.cli", "run", str(target), "--address", mock.address]
        run = subprocess.run(
            [*command, "--seed", "1", "--time-limit", "0", "--no-confirm", "--report", str(directory), *options],
            env=mock.environment,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
    assert run.returncode in (0, 1), run.stdout[-3000:] + run.stderr
    report = json.loads((directory / "report.json").read_text("utf-8"))

    assert report["choices"] == {name: CHOICES[name].instead for name in choices}
    return {rule["id"]: rule["verdict"] for rule in report["rules"]}


def chosen(names: str) -> list[str]:
    return [name for name in names.split(",") if name in CHOICES]


def accused_of_nothing(names: str, directory: Path, *options: str) -> None:
    """With what it chooses in its target file."""
    verdicts = judged(("tests.variants", names), chosen(names), directory, *options)

    assert {rule: verdict for rule, verdict in verdicts.items() if verdict not in ("pass", "not_run")} == {}
    assert "pass" in verdicts.values()


def test_every_choice_has_a_variant_and_its_rules() -> None:
    assert set(CHOICES) <= set(VARIANTS)
    for variant in VARIANTS.values():
        assert variant.sentence.endswith(".")
        assert (variant.name in CHOICES) == (variant.unstated in RULES) == (variant.untrue in RULES)


def test_all_choices_together_are_judged_by(tmp_path: Path) -> None:
    accused_of_nothing(TOGETHER, tmp_path, *(f"--rule={rule}" for rule in RULES_OF_CHOICES))


def test_a_mock_that_does_nothing_of_what_is_stated_fails_by_every_rule_of_it(tmp_path: Path) -> None:
    untrue = {VARIANTS[name].untrue for name in CHOICES}
    verdicts = judged(PLAIN, list(CHOICES), tmp_path, *(f"--rule={rule}" for rule in RULES_OF_CHOICES))

    assert untrue <= {rule for rule, verdict in verdicts.items() if verdict == "fail"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("names", "profile"),
    [*((name, "smoke") for name in CHOICES), (ODD, "standard"), (TOGETHER, "standard")],
    ids=[*CHOICES, "odd", "together"],
)
def test_a_variant_is_accused_of_nothing(names: str, profile: str, tmp_path: Path) -> None:
    """Each choice alone by a sample of every rule, all of them by the whole."""
    accused_of_nothing(names, tmp_path, "--profile", profile, "--no-schemathesis")


@pytest.mark.slow
@pytest.mark.parametrize("names", [*PATCHES, TOGETHER], ids=[*PATCHES, "together"])
def test_schemathesis_finds_nothing_in_a_variant(names: str, tmp_path: Path) -> None:
    """One by one where it judges by another document."""
    accused_of_nothing(names, tmp_path, *SCHEMATHESIS)


@pytest.mark.slow
@pytest.mark.parametrize("name", CHOICES)
def test_what_is_not_stated_is_not_tolerated(name: str, tmp_path: Path) -> None:
    rule = VARIANTS[name].unstated

    assert "fail" == judged(("tests.variants", name), [], tmp_path, "--rule", rule)[rule]


@pytest.mark.slow
@pytest.mark.parametrize("name", CHOICES)
def test_what_is_stated_is_demanded(name: str, tmp_path: Path) -> None:
    """The plain mock does as the document says."""
    rule = VARIANTS[name].untrue

    assert "fail" == judged(PLAIN, [name], tmp_path, "--rule", rule)[rule]
