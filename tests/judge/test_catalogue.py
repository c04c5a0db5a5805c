"""docs/rules.md is the catalogue, and shows all of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from contract_tests import catalogue
from contract_tests.rules import FAULTS, GROUPS, RULES
from contract_tests.sentences import SENTENCES

LINES = catalogue.markdown().splitlines()
ROWS = [line for line in LINES if line.startswith("|")]


def test_the_page_is_up_to_date() -> None:
    """`python -m contract_tests.catalogue` writes it."""
    assert catalogue.main(["--check"]) == 0


def test_another_page_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(catalogue, "PAGE", tmp_path / "rules.md")

    assert catalogue.main(["--check"]) == 1
    assert "run python -m contract_tests.catalogue" in capsys.readouterr().err
    assert catalogue.main([]) == 0
    assert catalogue.main(["--check"]) == 0


def test_every_rule_and_every_sentence_has_its_row() -> None:
    heads = 2 * len([line for line in LINES if line.startswith(("## ", "### "))]) - 2 * 2  # two headings have no table
    assert len(ROWS) == heads + len(RULES) + len(SENTENCES)
    assert [line.removeprefix("## ") for line in LINES if line.startswith("## ")][: len(GROUPS)] == list(GROUPS.values())
    assert [match for row in ROWS for match in re.findall(r'<a id="([a-z]{3}-\d\d)">', row)] == list(map(str.lower, RULES))
    assert sum(row.count("– ") for row in ROWS) >= len(FAULTS)


def test_no_cell_breaks_its_table() -> None:
    cells = [len(re.findall(r"(?<!\\)\|", row)) for row in ROWS]

    assert set(cells) == {3, 6}


def test_every_link_leads_to_a_rule_or_a_heading() -> None:
    headings = {line.removeprefix("## ").lower().replace(" ", "-") for line in LINES if line.startswith("## ")}
    targets = set(re.findall(r"\]\(#([^)]+)\)", "\n".join(LINES)))

    assert sorted(targets - {rule.lower() for rule in RULES} - headings) == []


def test_code_in_a_cell_has_nothing_to_be_escaped() -> None:
    """Within backticks Markdown shows an escape as it is."""
    assert [text for each in SENTENCES for text in each.text.split("`")[1::2] if "<" in text] == []
