"""What a run says: a report for each failure that opens with its rule, and at the end a verdict on every rule."""

from __future__ import annotations

import hashlib
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import hypothesis.errors
import pytest

from contract_tests.absence import Unprepared, Why, kind
from contract_tests.document import CONTRACT
from contract_tests.ledger import Ledger
from contract_tests.profiles import PROFILES
from contract_tests.report import baseline, outputs, record, terminal
from contract_tests.report.gathering import Trial, distrust, failed, gathered, judged_by, lines_of, telling, unproven
from contract_tests.report.model import Document, Report, Tool, Verdict
from contract_tests.report.record import UnreadableReport
from contract_tests.report.redaction import published, redact
from contract_tests.rules import RULES, Effect, Rule
from contract_tests.schema_layer.fuzzed import Findings
from contract_tests.target import Target
from nexuscommerce.contract import Operation
from nexuscommerce.files import packaged

LEFTOVERS = pytest.StashKey[list[str]]()  # what could not be removed from the target, a line each
PREPARED, PREPARATION = "STA-10", "preparation"  # the rule about valid requests, and the trial of all that precedes tests
SHOWN = 5  # exchanges in a report: the last ones, nearest to the failure
INTERRUPTED, BROKEN = 130, 3  # exit codes beside those of a report: as the shell has it, and the suite's own fault


def rule_of(item: pytest.Item) -> Rule:
    """The rule that a test judges."""
    mark = item.get_closest_marker("rule")
    assert mark is not None, f"{item.nodeid} has no rule"
    return RULES[mark.args[0]]


class Verdicts:
    """Collects what became of the tests of each rule. A test that did not run never counts as passed."""

    def __init__(self, config: pytest.Config, target: Target, ledger: Ledger) -> None:
        self.config = config
        self.target = target
        self.ledger = ledger
        self.trials: dict[str, Trial] = {}
        self.leftovers = config.stash.setdefault(LEFTOVERS, [])
        self.code = BROKEN  # until there is a report, nothing better is known
        self._broke = ""
        self._interrupted = False
        self._began, self._started = time.monotonic(), datetime.now(UTC)
        self._before = self._arranged = 0
        self._callers: Counter[str] = Counter()
        self._report: Report | None = None
        self._unmade: dict[int, int] = {}  # what kept a test from being prepared -> its place among the failures
        self._kept: list[BaseException] = []
        try:
            self._known = baseline.load(Path(config.option.baseline)) if config.option.baseline else None
        except UnreadableReport as why:
            raise pytest.UsageError(str(why)) from why

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._before = self.ledger.requests
        self._callers = Counter(self.ledger.callers)
        self._arranged = 0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        report: pytest.TestReport = yield  # type: ignore[assignment]
        rule = rule_of(item)
        if report.failed:
            report.user_properties.append((rule.id, rule.level))
        trial = self.trials.setdefault(item.nodeid, Trial(rule.id, tuple(dict.fromkeys(_parameters(item)))))
        if report.skipped and isinstance(report.longrepr, tuple):
            trial.verdict = Verdict.NOT_RUN
            trial.reason = report.longrepr[2].removeprefix("Skipped: ")
            trial.why = kind(trial.reason)
        elif report.failed and call.excinfo is not None:
            self._blame(trial, rule, item, call.excinfo, call.when)
            report.longrepr = self._told(rule, item, call.excinfo)
            report.sections = [(name, self._redacted(text)) for name, text in report.sections]
        elif report.when == "call":
            trial.verdict = Verdict.PASS
            trial.operations = trial.operations or judged_by(self.ledger.exchanges[self._arranged :])
        self._arranged = len(self.ledger.exchanges)
        trial.examples = int(str(dict(report.user_properties).get("examples", trial.examples)))
        if self.ledger.test:  # the last test's end is the session's too, which tidies up
            trial.requests = self.ledger.requests - self._before
            trial.callers = self.ledger.callers - self._callers
            trial.seconds += report.duration
        return report  # type: ignore[return-value]

    def _blame(
        self, trial: Trial, rule: Rule, item: pytest.Item, why: pytest.ExceptionInfo[BaseException], when: str
    ) -> None:
        """A failed expectation is the target's, unless the judge was only tidying up; any other exception is the suite's."""
        what = str(why.value).strip() or why.typename
        if isinstance(why.value, Malformed):
            what = f"the answer is too malformed to be judged ({why.exconly(tryshort=True)})"
        elif what.startswith("assert "):
            what = f"{_sentence(item)}: {what.removeprefix('assert ')}"
        if not _expected(why.value):
            trial.verdict = Verdict.ERROR
            trial.reason = f"{item.name}: {why.exconly()}\n{why.getrepr(style='short')}"
        elif when == "teardown":
            self.leftovers.append(f"{item.name}: {what}")
        elif when == "setup" or isinstance(why.value, Unprepared):
            self._unprepared(trial, item, why.value, what)
        elif isinstance(why.value, Findings):
            trial.verdict, trial.itemized, replay = Verdict.FAIL, True, self._replay(rule.id)
            for each in why.value.found:
                one = failed(each.what, each.exchange, replay, each.operation, each.times, each.example, test=item.nodeid)
                trial.failures.append(one)
            trial.operations = tuple(dict.fromkeys(failure.operation for failure in trial.failures))
        else:
            # pytest.fail tells of many answers, an assertion of one.
            several = isinstance(why.value, pytest.fail.Exception)
            exchange = None if several else telling(self.ledger.exchanges, what)
            notes = "\n".join(getattr(why.value, "__notes__", ())).strip() or None
            flaky = isinstance(why.value, hypothesis.errors.Flaky)
            # What fails while other than its own operation is asked says nothing of that one.
            own = trial.operations and (several or not exchange or exchange.operation in trial.operations)
            operation = trial.operations[0] if own else None
            failure = failed(what, exchange, self._replay(rule.id), operation, example=notes, flaky=flaky, test=item.nodeid)
            trial.verdict = Verdict.FAIL
            trial.failures.append(failure)
            trial.operations = (failure.operation,)

    def _unprepared(self, trial: Trial, item: pytest.Item, why: BaseException, what: str) -> None:
        """What a test needs could not be had: that breaks the rule about valid requests, and says nothing of the test's own.

        A fixture that many tests share fails once, and is told of once.
        """
        trial.verdict, trial.why = Verdict.NOT_RUN, Why.TOO_LITTLE
        trial.reason = f"{Why.TOO_LITTLE}: what it needs could not be had; {what.splitlines()[0][:200]}"
        preparation = self.trials.setdefault(PREPARATION, Trial(PREPARED, verdict=Verdict.FAIL))
        if id(why) in self._unmade:
            number = self._unmade[id(why)]
            known = preparation.failures[number]
            preparation.failures[number] = replace(known, times=known.times + 1)
            return
        self._unmade[id(why)] = len(preparation.failures)
        self._kept.append(why)  # so that its id stays its own
        exchange = telling(self.ledger.exchanges, what)
        preparation.failures.append(failed(what, exchange, self._replay(PREPARED), test=item.nodeid))
        preparation.operations = tuple(dict.fromkeys(failure.operation for failure in preparation.failures))

    def _told(self, rule: Rule, item: pytest.Item, why: pytest.ExceptionInfo[BaseException]) -> str:
        lines = [f"{rule.id} {rule.level}: {rule.sentence}", f"    {rule.source}", "", why.exconly(tryshort=True)]
        if not _expected(why.value) or item.config.get_verbosity() > 0:
            lines += ["", str(why.getrepr(style="short"))]
        exchanges = self.ledger.exchanges
        if exchanges:
            lines += [
                "",
                f"exchanges ({len(exchanges)}, the last {SHOWN} shown):" if len(exchanges) > SHOWN else "exchanges:",
            ]
            lines += [f"  {exchange}" for exchange in exchanges[-SHOWN:]]
        return self._redacted("\n".join(lines))

    def _redacted(self, text: str) -> str:
        """Tokens can stand anywhere: in a URL, in what Schemathesis printed, in what the target answered."""
        return redact(text, self.target.secrets)

    def _replay(self, rule: str) -> str:
        """The command that runs the failures of a rule again; the report is in the directory of its page."""
        return f"nexus-contract replay report.json {rule}"

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._broke = self._broke or f"{report.nodeid} cannot be read\n{report.longrepr}"

    def pytest_internalerror(self, excrepr: object) -> None:
        self._broke = self._broke or str(excrepr)

    def pytest_keyboard_interrupt(self) -> None:
        self._interrupted = True

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """The verdict, when all is tidied up. pytest's own does not know a SHOULD from a MUST."""
        option = self.config.option
        report = published(self._whole(), self.target.secrets)
        self._report = report if self._known is None else baseline.compared(report, self._known)
        self.code = self._report.exit_code(option.certify)
        if self._interrupted:
            self.code = INTERRUPTED
        elif self._broke and self.code != 1:
            self.code = BROKEN
        session.exitstatus = self.code
        if option.record:
            Path(option.record).write_bytes(record.dumped(report))

    def _whole(self) -> Report:
        info, option = CONTRACT.document["info"], self.config.option
        trials = list(self.trials.values())
        distrust(trials, unproven(trials, self.ledger.succeeded))
        results = [
            gathered(rule, trials, self.ledger, *self._absent(rule.id), self._replay(rule.id)) for rule in RULES.values()
        ]
        return Report(
            tool=Tool("nexus-contract", version("nexuscommerce-contract")),
            target_name=Path(option.target or "target").stem,
            target_file=str(option.target or ""),
            address=self.target.address,
            started_at=self._started.strftime("%Y-%m-%dT%H:%M:%SZ"),
            seconds=round(time.monotonic() - self._began, 3),
            seed=option.seed,
            examples=option.examples,
            profile=option.profile,
            allowed=tuple(each for each in Effect if each in self.target.allows),
            choices=self.target.choices,
            document=Document(info["title"], info["version"], hashlib.sha256(_document().encode()).hexdigest()),
            requests=self.ledger.requests,
            leftovers=tuple(self.leftovers),
            rules=tuple(results),
        )

    def _absent(self, rule: str) -> tuple[Why, str]:
        """Why no test of a rule was finished."""
        option = self.config.option
        seen = sum(times for where, times in self.ledger.times.items() if where[0] == rule)
        noted = f" (but seen broken {seen} times on the way)" if seen else ""
        if option.rule and rule not in option.rule:
            return Why.DISABLED, f"--rule names others{noted}"
        if option.no_schemathesis and rule.startswith("SCH-"):
            by = "--no-schemathesis" if PROFILES[option.profile].schemathesis else f"the profile {option.profile}"
            return Why.DISABLED, f"{by} leaves it out"
        if self._broke:
            return Why.OUT_OF_TIME, "the suite broke before it was judged"
        if self._interrupted:
            return Why.OUT_OF_TIME, f"the run was interrupted before it{noted}"
        return Why.DISABLED, f"the profile {option.profile} leaves it out{noted}"

    def pytest_unconfigure(self) -> None:
        """The last screen, after all that pytest prints."""
        if self._report is None or self.config.option.record:
            if self._broke:
                print(f"the suite broke: {self._redacted(self._broke)}", file=sys.stderr)
            return
        files: dict[str, Path] = {}
        if self.config.option.report:
            try:
                directory = Path(self.config.option.report)
                files = outputs.write(self._report, directory, self.target.secrets, lines_of(_document()))
            except OSError as why:
                print(f"the report cannot be written: {why}", file=sys.stderr)
                self.code = BROKEN
        if self._broke:
            print(f"the suite broke: {self._redacted(self._broke)}", file=sys.stderr)
        print()
        terminal.show(self._report, files)


def _document() -> str:
    return packaged("openapi.yaml").read_text("utf-8")


def _sentence(item: pytest.Item) -> str:
    """What a test is about, in words: its name. A bare comparison says nothing by itself."""
    return item.name.partition("[")[0].removeprefix("test_").replace("_", " ")


# What reading an answer raises that is not what the document promises: the target's fault, as the laws have it.
Malformed = KeyError | IndexError | TypeError | ValueError | AttributeError | ArithmeticError


def _expected(why: BaseException) -> bool:
    """Whether the judge looked for what was not there; anything else is the judge's own fault."""
    if isinstance(why, BaseExceptionGroup):
        return all(_expected(each) for each in why.exceptions)
    return isinstance(why, AssertionError | pytest.fail.Exception | hypothesis.errors.Flaky | Malformed)


def _parameters(item: pytest.Item) -> Iterator[str]:
    """The operations that a test is parametrized by."""
    values: dict[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
    for value in values.values():
        each = value if isinstance(value, Operation) else getattr(value, "operation", None)
        if isinstance(each, Operation):
            yield each.id
