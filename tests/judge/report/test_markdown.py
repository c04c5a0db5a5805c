"""The Markdown says what counts, and whatever a server says in it stays text."""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt

from contract_tests.report import baseline, markdown
from contract_tests.report.model import Known, Report
from contract_tests.report.redaction import published
from tests.judge.report import reports


def shown(report: Report) -> str:
    """The file as a page: GitHub and GitLab read CommonMark with tables."""
    return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown.rendered(published(report, {}))))


def test_the_verdict_comes_first() -> None:
    assert markdown.rendered(reports.three()).startswith("## Does not conform\n\nmock at http")
    assert "3 of 97 MUST rules that were judged are broken" in re.sub(r"of \d+", "of 97", markdown.rendered(reports.three()))


def test_a_failure_is_a_row_with_its_rule_its_operation_and_what_happened() -> None:
    page = shown(reports.three())

    assert "<td>TEN-04</td>\n<td>MUST, new</td>\n<td>getProduct</td>" in page
    assert "<td>MUST, flaky</td>\n<td>listOrders</td>\n<td>expected 120 rows, got 119</td>\n<td>1</td>" in page


def test_what_was_not_run_is_told_with_its_reason() -> None:
    assert "<li>2 not allowed: burn-quota</li>" in shown(reports.three())


def test_mended_failures_are_named() -> None:
    report = baseline.compared(reports.report(), (Known("PAG-02", "listProducts", "gone"),))

    assert "<p>Mended:</p>\n<ul>\n<li>PAG-02 listProducts</li>" in shown(report)


@pytest.mark.parametrize(
    "make", [reports.report, reports.three, reports.hundred, reports.many, reports.mostly_unrun, reports.hostile]
)
def test_it_is_short_and_holds_no_tags_but_markdowns_own(make: reports.Made) -> None:
    page = shown(make())

    assert len(page) < 20_000
    assert set(re.findall(r"<(\w+)", page)) <= {"h2", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"}
    assert len(re.findall("<table>", page)) <= 2
