"""JUnit XML says of each rule what the report says of it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase

from contract_tests.report import junit
from contract_tests.report.model import Report
from contract_tests.report.redaction import published
from tests.judge.report import reports

UNPRINTABLE = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def cases(report: Report) -> dict[str, TestCase]:
    """The cases of a report's file, by rule."""
    suites = JUnitXml.fromstring(junit.rendered(published(report, {})))
    return {str(case.name).split()[0]: case for suite in suites for case in suite}


def test_every_rule_is_a_case_in_the_suite_of_its_group() -> None:
    report = reports.three()
    suites = JUnitXml.fromstring(junit.rendered(report))

    assert sorted({rule.group for rule in report.rules}) == sorted(str(suite.name) for suite in suites)
    assert {rule.id: rule.group for rule in report.rules} == {name: case.classname for name, case in cases(report).items()}
    assert (len(report.rules), 3, 0, 8) == (suites.tests, suites.failures, suites.errors, suites.skipped)


def test_a_must_that_failed_is_a_failure_with_its_evidence() -> None:
    case = cases(reports.three())["PAG-02"]
    (result,) = case.result

    assert isinstance(result, Failure)
    assert "listProducts: meta.total is 302" in str(result.message)
    assert "listOrders (flaky): expected 120 rows" in str(result.text)
    assert "Bearer $NEXUS_FULL" in str(result.text)


def test_a_should_that_failed_is_no_failure() -> None:
    case = cases(reports.three())["STA-05"]

    assert [] == case.result
    assert "SHOULD not kept" in str(case.system_out)


def test_what_was_not_run_is_skipped_with_its_reason() -> None:
    (result,) = cases(reports.three())["AUT-05"].result

    assert isinstance(result, Skipped)
    assert "no credential: revoked" == result.message


def test_an_error_of_the_suite_is_an_error() -> None:
    (result,) = cases(reports.changed(reports.report(), {"PAG-02": reports.erring("ZeroDivisionError\nin a line")}))[
        "PAG-02"
    ].result

    assert isinstance(result, Error)
    assert "ZeroDivisionError in a line" == result.message


def test_a_known_failure_turns_no_build_red() -> None:
    known = reports.failing(replace(reports.failure(), known=True))
    (result,) = cases(reports.changed(reports.report(), {"PAG-02": known}))["PAG-02"].result

    assert isinstance(result, Skipped)
    assert "known by the baseline: expected 50 rows, got 49" == result.message


def test_a_hundred_identical_failures_are_told_once() -> None:
    (result,) = cases(reports.hundred())["STA-02"].result

    assert 1 == str(result.text).count("expected no 5xx")
    assert "(100 times)" in str(result.text)


@pytest.mark.parametrize("make", [reports.hostile, reports.many])
def test_hostile_text_leaves_the_file_well_formed(make: reports.Made) -> None:
    text = junit.rendered(published(make(), {})).decode("utf-8")

    assert [] == UNPRINTABLE.findall(text)
    assert cases(make()).keys() == {rule.id for rule in make().rules}


def test_every_suite_tells_what_the_target_chose() -> None:
    suites = JUnitXml.fromstring(junit.rendered(published(reports.report(choices={"options_status": "200"}), {})))
    text = "options_status = 200: OPTIONS answers 200 and not 204; browsers take either."

    for suite in suites:
        properties = suite.properties()  # type: ignore[no-untyped-call]  # junitparser 5.0 types little of itself
        assert [text] == [each.value for each in properties if each.name == "choice"]
