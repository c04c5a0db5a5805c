"""What a report says of the target, and to the shell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract_tests.report.model import Known, Outcome, Report, Verdict
from contract_tests.report.sameness import fingerprint, merged, shape
from tests.judge.report import reports

FAILED = reports.failing(reports.failure())
KNOWN = reports.failing(reports.failure(known=True))
UNRUN = reports.unrun("disabled")
ERROR = reports.erring("ZeroDivisionError")


def one(**changes: reports.Change) -> Report:
    """A run with some rules changed, whose names are written with an underscore."""
    return reports.changed(reports.report(), {name.replace("_", "-"): change for name, change in changes.items()})


@pytest.mark.parametrize(
    ("report", "outcome", "code", "certified"),
    [
        (one(), Outcome.CONFORMS, 0, 0),
        (one(PAG_02=FAILED), Outcome.BROKEN, 1, 1),
        (one(STA_05=FAILED), Outcome.CONFORMS, 0, 0),
        (one(PAG_02=KNOWN), Outcome.CONFORMS, 0, 0),
        (one(PAG_02=UNRUN), Outcome.INCOMPLETE, 0, 4),
        (one(PAG_02=ERROR), Outcome.ERRONEOUS, 3, 3),
        (one(PAG_02=ERROR, PAG_03=FAILED, PAG_04=UNRUN), Outcome.BROKEN, 1, 1),
        (reports.report(()), Outcome.UNJUDGED, 4, 4),
        (reports.report(tuple(map(UNRUN, reports.whole()))), Outcome.UNJUDGED, 4, 4),
    ],
    ids=["passed", "a MUST", "a SHOULD", "known", "not run", "error", "all of it", "no rules", "nothing run"],
)
def test_the_worst_decides(report: Report, outcome: Outcome, code: int, certified: int) -> None:
    seen = (report.outcome, report.exit_code(certify=False), report.exit_code(certify=True))

    assert (outcome, code, certified) == seen


def test_a_rule_that_was_not_run_is_no_pass() -> None:
    report = one(PAG_02=UNRUN)

    assert not report.complete
    assert len(report.rules) - 1 == report.counts[Verdict.PASS]


def test_one_new_failure_among_known_ones_breaks() -> None:
    report = one(PAG_02=reports.failing(reports.failure(known=True), reports.failure("listOrders")))

    assert ["PAG-02"] == [rule.id for rule in report.broken]


def test_a_failed_must_without_details_still_breaks() -> None:
    report = one(PAG_02=lambda rule: replace(rule, verdict=Verdict.FAIL))

    assert not report.conforms


def test_a_hundred_identical_failures_are_one_row() -> None:
    rows = merged([reports.failure() for _ in range(100)] + [reports.failure("listOrders", times=3)])

    assert [("listProducts", 100), ("listOrders", 3)] == [(row.operation, row.times) for row in rows]


def test_a_row_is_flaky_only_if_all_of_it_is() -> None:
    rows = merged([reports.failure(flaky=True), reports.failure(flaky=False)])

    assert [False] == [row.flaky for row in rows]


@pytest.mark.parametrize(
    ("what", "same"),
    [
        ("expected 50 rows, got 49", "expected 200 rows, got 1"),
        ("JT-7f3a-17 is missing", "JT-99e1-02 is missing"),
        ("limit=201 was taken", "limit=999 was taken"),
        ("id a5f4d17c-3498-45e7-9fbe-7214d722cec5  twice", "id 369a34e8-6922-4809-a0d5-d471fc60929d twice"),
    ],
)
def test_what_changes_from_run_to_run_makes_no_other_failure(what: str, same: str) -> None:
    assert shape(what) == shape(same)


@pytest.mark.parametrize(
    ("what", "other"),
    [
        ("expected 404, got 200", "expected 404, got 500"),
        ("GET /products answered 200 OK", "GET /products answered 500 OK"),
        ("price is gone", "title is gone"),
    ],
)
def test_another_status_is_another_failure(what: str, other: str) -> None:
    assert fingerprint(Known("ENV-01", "getProduct", what)) != fingerprint(Known("ENV-01", "getProduct", other))
