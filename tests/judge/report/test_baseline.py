"""Known failures do not fail a build, new ones do, and mended ones are named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from contract_tests.report import baseline, record
from contract_tests.report.model import Known, Report
from contract_tests.report.redaction import published
from tests.judge.report import reports


def run(what: str, *others: str) -> Report:
    """A run in which PAG-02 failed so."""
    failures = [reports.failure(what=each) for each in (what, *others)]
    return published(reports.changed(reports.report(), {"PAG-02": reports.failing(*failures)}), {})


def test_what_is_known_breaks_nothing_though_its_numbers_changed() -> None:
    seen = baseline.compared(run("expected 50 rows, got 49"), baseline.found(run("expected 20 rows, got 18")))

    assert seen.conforms
    assert () == seen.mended


def test_what_is_new_breaks() -> None:
    seen = baseline.compared(run("expected 50 rows, got 49", "a row twice"), baseline.found(run("expected 20 rows, got 18")))

    assert ["PAG-02"] == [rule.id for rule in seen.broken]
    assert [True, False] == [each.known for each in seen.broken[0].failures]


def test_what_is_mended_is_named() -> None:
    known = (Known("PAG-02", "listProducts", "a row twice"),)
    seen = baseline.compared(reports.report(), known)

    assert known == seen.mended


def test_a_rule_that_was_not_run_has_mended_nothing() -> None:
    unrun = reports.changed(reports.report(), {"PAG-02": reports.unrun("out of time")})
    seen = baseline.compared(unrun, (Known("PAG-02", "listProducts", "a row twice"),))

    assert () == seen.mended


def test_a_report_is_a_baseline_and_so_is_the_small_file(tmp_path: Path) -> None:
    report = run("expected 50 rows, got 49")
    (tmp_path / "report.json").write_bytes(record.dumped(report))
    (tmp_path / "known.json").write_text(baseline.dumped(baseline.found(report)), "utf-8")

    assert baseline.load(tmp_path / "report.json") == baseline.load(tmp_path / "known.json")


@pytest.mark.parametrize("text", ['{"format": 1, "known": [{"rule": "PAG-02"}]}', '{"format": 1, "known": []}', "[]", "no"])
def test_a_file_that_is_no_baseline_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "known.json").write_text(text, "utf-8")

    with pytest.raises(record.UnreadableReport, match=r"known\.json"):
        baseline.load(tmp_path / "known.json")


def test_a_second_comparison_forgets_the_first() -> None:
    first = baseline.compared(run("expected 50 rows, got 49"), baseline.found(run("expected 20 rows, got 18")))

    assert replace(run("expected 50 rows, got 49"), mended=()) == baseline.compared(first, ())
