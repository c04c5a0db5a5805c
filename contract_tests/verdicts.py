"""What a run says: a report for each failure that opens with its rule, and at the end a verdict on every rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from contract_tests.ledger import Ledger
from contract_tests.rules import RULES, Level, Rule
from contract_tests.target import Target

SHOWN = 5  # exchanges in a report: the last ones, nearest to the failure


def rule_of(item: pytest.Item) -> Rule:
    """The rule that a test judges."""
    mark = item.get_closest_marker("rule")
    assert mark is not None, f"{item.nodeid} has no rule"
    return RULES[mark.args[0]]


@dataclass
class Verdicts:
    """Collects what became of the tests of each rule. A test that did not run never counts as passed."""

    target: Target
    ledger: Ledger
    passed: set[str] = field(default_factory=set)
    failed: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    not_run: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        report: pytest.TestReport = yield  # type: ignore[assignment]
        rule = rule_of(item)
        if report.skipped and isinstance(report.longrepr, tuple):
            self.not_run[rule.id].append(report.longrepr[2].removeprefix("Skipped: "))
        elif report.failed:
            self.failed[rule.id].append(item.name)
            report.longrepr = self._told(rule, item, call)
        elif report.when == "call":
            self.passed.add(rule.id)
        return report  # type: ignore[return-value]

    def _told(self, rule: Rule, item: pytest.Item, call: pytest.CallInfo[None]) -> str:
        assert call.excinfo is not None
        lines = [f"{rule.id} {rule.level}: {rule.sentence}", f"    {rule.source}", "", call.excinfo.exconly(tryshort=True)]
        if not call.excinfo.errisinstance((AssertionError, pytest.fail.Exception)) or item.config.get_verbosity() > 0:
            lines += ["", str(call.excinfo.getrepr(style="short"))]
        exchanges = self.ledger.exchanges
        if exchanges:
            lines += [
                "",
                f"exchanges ({len(exchanges)}, the last {SHOWN} shown):" if len(exchanges) > SHOWN else "exchanges:",
            ]
            lines += [f"  {exchange}" for exchange in exchanges[-SHOWN:]]
        return self._without_secrets("\n".join(lines))

    def _without_secrets(self, text: str) -> str:
        """Tokens can stand anywhere: in a URL, in what Schemathesis printed, in what the target answered."""
        for name, token in self.target.tokens.items():
            text = text.replace(token, f"$NEXUS_{name.upper()}")
        return text

    def verdict(self, rule: str) -> str:
        return "failed" if rule in self.failed else "passed" if rule in self.passed else "not run"

    def broken(self, level: Level) -> list[str]:
        return [rule for rule in self.failed if RULES[rule].level is level]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A SHOULD that failed does not make a target fail; a run that judged nothing does not make it conform."""
        if session.exitstatus == pytest.ExitCode.TESTS_FAILED and not self.broken(Level.MUST):
            session.exitstatus = pytest.ExitCode.OK
        if session.exitstatus == pytest.ExitCode.OK and not self.passed and not self.failed:
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
        write = terminalreporter.write_line
        judged = [rule for rule in RULES if rule in {*self.passed, *self.failed, *self.not_run}]
        terminalreporter.section("rules")
        for verdict, details in (("passed", None), ("failed", self.failed), ("not run", self.not_run)):
            rules = [rule for rule in judged if self.verdict(rule) == verdict]
            write(f"{verdict}: {len(rules)}" + (f"  {' '.join(rules)}" if details is None else ""), bold=True)
            for rule in rules if details is not None else ():
                write(f"  {rule} {RULES[rule].level}: {RULES[rule].sentence}", red=verdict == "failed")
                for line in dict.fromkeys((details or {})[rule]):
                    write(f"      {line}")
        partly = {rule: lines for rule, lines in self.not_run.items() if self.verdict(rule) != "not run"}
        if partly:
            write("not run in part:", bold=True)
        for rule, lines in partly.items():
            for line in dict.fromkeys(lines):
                write(f"  {rule}: {line}")
        for rule in sorted({breach.rule for breach in self.ledger.breaches.values()} - set(judged)):
            write(f"seen on the way, not judged by this run: {rule} {RULES[rule].sentence}")
