"""report.json is described by its schema, and read back as it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from contract_tests.report import baseline, record
from contract_tests.report.model import Known, Report
from contract_tests.report.redaction import published
from tests.judge.report import reports

EVERY: list[Callable[[], Report]] = [
    reports.report,
    reports.three,
    reports.hundred,
    reports.many,
    reports.mostly_unrun,
    reports.hostile,
    lambda: baseline.compared(reports.three(), (Known("PAG-01", "listProducts", "gone"),)),
]


@pytest.mark.parametrize("make", EVERY)
def test_a_report_is_valid_and_read_back_equal(make: Callable[[], Report], tmp_path: Path) -> None:
    report = published(make(), {})
    path = tmp_path / "report.json"
    path.write_bytes(record.dumped(report))

    jsonschema_rs.meta.validate(dict(record.SCHEMA))
    record.check(json.loads(path.read_text("utf-8")), path, "report")
    assert report == record.load(path)


def test_the_summary_says_what_the_rules_say() -> None:
    body = json.loads(record.dumped(reports.three()))

    assert {"outcome": "broken", "conforms": False, "complete": False, "fail": 3, "warn": 1, "not_run": 8, "error": 0} == {
        name: value for name, value in body["summary"].items() if name != "pass"
    }


def spoilt(change: Callable[[dict[str, Any]], object]) -> str:
    """A report that was changed by hand."""
    body: dict[str, Any] = json.loads(record.dumped(reports.three()))
    change(body)
    return json.dumps(body)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no JSON"),
        ("[]", "no report of format 2"),
        ('{"format": 1}', "but of 1"),
        (spoilt(lambda body: body.pop("seed")), "seed"),
        (spoilt(lambda body: body["rules"][3].update(verdict="fine")), "/rules/3/verdict"),
        (spoilt(lambda body: body["rules"][0].update(extra=1)), "extra"),
    ],
)
def test_what_is_no_report_is_refused_with_its_place(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(text, "utf-8")

    with pytest.raises(record.UnreadableReport, match=r"report\.json") as refused:
        record.load(path)
    assert told in str(refused.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(record.UnreadableReport, match="cannot be read"):
        record.load(tmp_path / "none.json")
