"""JUnit XML, for CI: a suite for each group of rules, a case for each rule. A SHOULD that fails turns no build red."""

from __future__ import annotations

import io
from itertools import groupby

from junitparser import Error, JUnitXml, Skipped, TestCase, TestSuite
from junitparser import Failure as Failed

from contract_tests.report.model import Failure, Report, RuleResult, Verdict
from contract_tests.report.visible import line, visible
from contract_tests.report.wording import chosen

SHOWN = 50  # failures of a rule; CI pages choke on more


def rendered(report: Report) -> bytes:
    """The file."""
    suites = JUnitXml("nexus-contract")
    for group, rules in groupby(sorted(report.rules, key=lambda rule: rule.group), key=lambda rule: rule.group):
        suite = TestSuite(group)
        suite.timestamp = report.started_at.removesuffix("Z")
        told = (("target", report.target_name), ("address", report.address), ("seed", str(report.seed)))
        for name, value in (*told, *(("choice", f"{each.choice}: {each.sentence}") for each in chosen(report))):
            suite.add_property(name, visible(value))
        suite.add_testcases([_case(rule) for rule in rules])
        suites.add_testsuite(suite)
    suites.update_statistics()  # type: ignore[no-untyped-call]  # junitparser 5.0 types little of itself
    file = io.BytesIO()
    suites.write(file)
    return file.getvalue()


def _case(rule: RuleResult) -> TestCase:
    case = TestCase(visible(f"{rule.id} {rule.sentence}"), rule.group, round(rule.seconds, 3))
    told = _told(rule)
    if rule.verdict is Verdict.NOT_RUN:
        case.result = [Skipped(line(rule.reason or "not run", 300))]
    elif rule.verdict is Verdict.ERROR:
        case.result = [_with_text(Error(line(rule.reason or "the suite broke", 300), "error"), visible(rule.reason or ""))]
    elif rule.verdict is Verdict.FAIL and rule.known:
        case.result = [Skipped(line(f"known by the baseline: {rule.failures[0].what}", 300))]
        case.system_out = told
    elif rule.verdict is Verdict.FAIL:
        case.result = [_with_text(Failed(line(_news(rule), 300), rule.level), told)]
    elif rule.verdict is Verdict.WARN:
        case.system_out = f"{rule.level} not kept\n{told}"
    return case


def _news(rule: RuleResult) -> str:
    """What the one line says: the first failure that is not known."""
    fresh = [failure for failure in rule.failures if not failure.known]
    return f"{fresh[0].operation}: {fresh[0].what}" if fresh else rule.sentence


def _with_text(result: Failed | Error, text: str) -> Failed | Error:
    result.text = text
    return result


def _told(rule: RuleResult) -> str:
    """All that a reader of a CI log needs: the rule, its source, and each failure with its curl line."""
    parts = [f"{rule.id} {rule.level}: {rule.sentence}\n{rule.source}", *map(_failure, rule.failures[:SHOWN])]
    if len(rule.failures) > SHOWN:
        parts.append(f"… and {len(rule.failures) - SHOWN} more, in report.json")
    return visible("\n\n".join(parts))


def _failure(failure: Failure) -> str:
    marks = [f"{failure.times} times"] * (failure.times > 1) + ["flaky"] * failure.flaky + ["known"] * failure.known
    marked = f" ({', '.join(marks)})" if marks else ""
    lines = [f"{failure.operation}{marked}: {failure.what}"]
    lines += [f"example: {failure.example}"] if failure.example else []
    if failure.request:
        answer = f"{failure.response.status} {line(failure.response.body, 500)}" if failure.response else "no answer"
        lines.append(f"{failure.request.method} {failure.request.url} -> {answer}")
    return "\n".join([*lines, *filter(None, (failure.curl, failure.replay))])
