"""Every failure is tried once more from a fresh state: another process, new data, the same seed.

One that does not return is called flaky. It is reported, and decides nothing: that it was seen once is no proof, and that it
was not seen again is none either.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from contract_tests.report.model import Failure, Report, RuleResult, Verdict
from contract_tests.rules import Level

MOST = 2  # failures of a rule that are tried again: if one of them returns, the rule is broken
ALL = 60  # of a whole run
LAW = "test_laws.py::test_every_answer_keeps_the_law[{}]"
SCHEMA_LAYER = "test_schemathesis.py"
DID_NOT_RETURN = "it did not return when it was tried once more from a fresh state"


def doubted(report: Report) -> list[Failure]:
    """The failures that are to be tried again; what a baseline knows is not. A MUST comes before a SHOULD."""
    rules = sorted(report.rules, key=lambda rule: rule.level is not Level.MUST)
    every = [each for rule in rules for each in [one for one in rule.failures if one.test and not one.known][:MOST]]
    return every[:ALL]


def tests(report: Report) -> list[str]:
    """The node ids of what is tried again. A law is looked at where it was broken first, and by its own test; but what
    Schemathesis saw of it shows in Schemathesis' requests alone."""
    chosen = {id(failure) for failure in doubted(report)}
    found: dict[str, None] = {}
    for rule in report.rules:
        for failure in rule.failures:
            if id(failure) in chosen:
                own = [] if failure.test.startswith(SCHEMA_LAYER) else [LAW.format(rule.id)]
                found.update(dict.fromkeys([failure.test, *own]))
    return list(found)


def confirmed(report: Report, again: Report) -> Report:
    """The report, in which each failure that was tried again is confirmed or flaky."""
    chosen = {id(failure) for failure in doubted(report)}
    second = {rule.id: rule for rule in again.rules}
    rules = tuple(_weighed(replace(rule, failures=tuple(_tried(rule, second[rule.id], chosen)))) for rule in report.rules)
    return replace(report, rules=rules, requests=report.requests + again.requests)


def _tried(rule: RuleResult, second: RuleResult, chosen: set[int]) -> Iterator[Failure]:
    returned = {failure.operation for failure in second.failures}
    for failure in rule.failures:
        if id(failure) not in chosen or second.verdict in (Verdict.NOT_RUN, Verdict.ERROR):
            yield failure
        elif failure.operation in returned:
            yield replace(failure, confirmed=True, flaky=False)
        else:
            yield replace(failure, flaky=True)


def _weighed(rule: RuleResult) -> RuleResult:
    """A rule of which nothing returned is a warning."""
    if rule.verdict is not Verdict.FAIL or not rule.flaky:
        return rule
    operations = {
        name: replace(each, verdict=Verdict.WARN) if each.verdict is Verdict.FAIL else each
        for name, each in rule.operations.items()
    }
    return replace(rule, verdict=Verdict.WARN, reason=DID_NOT_RETURN, operations=operations)
