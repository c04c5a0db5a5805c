"""From what became of the tests to what is said of the rules."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from contract_tests.absence import Why
from contract_tests.consecutive import EVERY
from contract_tests.document import CONTRACT
from contract_tests.ledger import Exchange, Ledger
from contract_tests.report.model import Failure, OperationResult, Request, Response, RuleResult, Verdict
from contract_tests.report.redaction import variable
from contract_tests.report.terminal import PARTLY
from contract_tests.rules import Level, Rule

# A rule is what the worst of its tests is; only a test that judged something outweighs one that did not run.
WEIGHT = (Verdict.FAIL, Verdict.WARN, Verdict.ERROR, Verdict.PASS, Verdict.NOT_RUN)
EVERYWHERE = "every operation"  # where a failure is not of one


@dataclass
class Trial:
    """What became of one test. `operations` are those that it judged; without a verdict it was not finished.

    `examples` is what it judged by: one that passed by none says nothing. `itemized` failures stand for themselves, also
    beside what the ledger has.
    """

    rule: str
    operations: tuple[str, ...] = ()
    verdict: Verdict | None = None
    why: Why | None = None
    reason: str | None = None
    failures: list[Failure] = field(default_factory=list)
    examples: int = 1
    itemized: bool = False
    requests: int = 0
    callers: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


def unproven(trials: Iterable[Trial], succeeded: set[str]) -> set[str]:
    """The operations of which a valid request was wanted, and none ever succeeded: that they refuse is no merit there."""
    failed = {failure.operation for trial in trials if trial.verdict is Verdict.FAIL for failure in trial.failures}
    return (failed & CONTRACT.operations.keys()) - succeeded


def distrust(trials: Iterable[Trial], dead: set[str]) -> None:
    """A test that passed at such operations alone has judged nothing."""
    for trial in trials:
        if trial.verdict is Verdict.PASS and trial.operations and set(trial.operations) <= dead:
            trial.verdict, trial.why = Verdict.NOT_RUN, Why.TOO_LITTLE
            trial.reason = f"{Why.TOO_LITTLE}: no valid request of {', '.join(trial.operations)} ever succeeded"


def gathered(rule: Rule, trials: Iterable[Trial], ledger: Ledger, why: Why, absent: str, replay: str) -> RuleResult:
    """One rule. `why` and `absent` tell what kept it from being run, if no test of it was finished; `replay` is the command
    that judges it again."""
    every = [trial for trial in trials if trial.rule == rule.id]
    every = [trial for trial in every if trial.examples or trial.verdict is not Verdict.PASS]
    verdicts = [trial.verdict for trial in every if trial.verdict is not None]
    verdict = min(verdicts, key=WEIGHT.index, default=Verdict.NOT_RUN)
    operations = dict(_operations(every))
    examples = sum(trial.examples for trial in every if trial.verdict in (Verdict.PASS, Verdict.FAIL))
    failures = tuple(failure for trial in every for failure in trial.failures)
    if rule.id in EVERY and verdict in (Verdict.PASS, Verdict.FAIL):
        # Without a breach it failed before it could look, and its test tells why.
        itemized = tuple(failure for trial in every if trial.itemized for failure in trial.failures)
        failures = (*_breaches(rule.id, ledger, replay), *itemized) or failures if verdict is Verdict.FAIL else ()
        broken = {failure.operation for failure in failures}
        operations = {
            name: OperationResult(Verdict.FAIL if name in broken else Verdict.PASS, count)
            for name, count in ledger.at[rule.id].items()
        }
        examples = ledger.applied[rule.id]
    kind = _why(every, why) if verdict is Verdict.NOT_RUN else None
    reason = _reason(verdict, every, why, absent)
    if verdict is Verdict.PASS and examples < rule.minimum:
        verdict, kind = Verdict.NOT_RUN, Why.TOO_LITTLE
        reason = f"{kind}: {examples} of {rule.minimum} examples"
        operations = {name: replace(each, verdict=verdict) for name, each in operations.items()}
    if rule.level is not Level.MUST:
        verdict = _softer(verdict)
        operations = {name: replace(each, verdict=_softer(each.verdict)) for name, each in operations.items()}
    return RuleResult(
        id=rule.id,
        level=rule.level,
        sentence=rule.sentence,
        source=rule.source,
        verdict=verdict,
        effects=rule.effects,
        why=kind,
        reason=reason,
        examples=examples,
        minimum=rule.minimum,
        requests=sum(trial.requests for trial in every),
        callers=dict(sum((trial.callers for trial in every), Counter[str]())),
        seconds=round(sum(trial.seconds for trial in every), 3),
        operations=operations,
        failures=failures,
    )


def _softer(verdict: Verdict) -> Verdict:
    """A SHOULD that failed is a warning."""
    return Verdict.WARN if verdict is Verdict.FAIL else verdict


def _why(trials: list[Trial], absent: Why) -> Why:
    """The kind that most of its tests were kept by."""
    kinds = Counter(trial.why for trial in trials if trial.why)
    return kinds.most_common(1)[0][0] if kinds else absent


def _reason(verdict: Verdict, trials: list[Trial], why: Why, absent: str) -> str | None:
    """Why nothing was judged, or what broke; of a rule that was judged, which part of it was not."""
    told = {
        kind: list(dict.fromkeys(trial.reason for trial in trials if trial.verdict is kind and trial.reason))
        for kind in (Verdict.ERROR, Verdict.NOT_RUN)
    }
    if verdict is Verdict.NOT_RUN:
        return "; ".join(told[verdict]) or f"{why}: {absent}"
    lines = told[Verdict.ERROR] + [f"{PARTLY}: {reason}" for reason in told[Verdict.NOT_RUN]]
    return "\n".join(lines) or None


def _operations(trials: list[Trial]) -> Iterator[tuple[str, OperationResult]]:
    for name in dict.fromkeys(name for trial in trials for name in trial.operations if name in CONTRACT.operations):
        there = [trial for trial in trials if trial.verdict is not None and name in trial.operations]
        if there:
            judged = sum(trial.examples for trial in there if trial.verdict in (Verdict.PASS, Verdict.FAIL))
            yield name, OperationResult(min((trial.verdict for trial in there if trial.verdict), key=WEIGHT.index), judged)


def _breaches(rule: str, ledger: Ledger, replay: str) -> Iterator[Failure]:
    """A law rides on every answer: its failures are what the ledger has of it."""
    for where, breach in ledger.breaches.items():
        if breach.rule == rule:
            what = f"answered {where[2]}: {breach.line}"
            yield failed(what, breach.exchange, replay, where[1], ledger.times[where], test=breach.test)


def failed(
    what: str,
    exchange: Exchange | None,
    replay: str,
    operation: str | None = None,
    times: int = 1,
    example: str | None = None,
    flaky: bool = False,
    test: str = "",
) -> Failure:
    """A failure, with the exchange that shows it."""
    return Failure(
        operation=operation or (exchange.operation if exchange else EVERYWHERE),
        what=what,
        times=times,
        example=example,
        request=_request(exchange) if exchange else None,
        response=_response(exchange) if exchange and exchange.seen.status else None,
        curl=exchange.curl() if exchange else "",
        replay=replay,
        flaky=flaky,
        test=test,
    )


def telling(exchanges: list[Exchange], what: str) -> Exchange | None:
    """The exchange that a finding speaks of: the last one that it names, else the last."""
    named = (each for each in reversed(exchanges) if re.search(_call(each), what))
    return next(named, exchanges[-1] if exchanges else None)


def _call(exchange: Exchange) -> str:
    """How an Answer calls itself in a finding, wherever the server's address ends."""
    target = exchange.seen.path + exchange.url.partition(exchange.seen.path)[2]
    said = f"answered {exchange.seen.status}" if exchange.seen.status else "got none"
    return re.escape(f"{exchange.seen.method} {target} {said}")


def judged_by(exchanges: list[Exchange]) -> tuple[str, ...]:
    """The operations that a test judged, as far as its requests tell: what it wrote; if it wrote nothing, what it read."""
    operations = [each.seen.operation for each in exchanges if each.seen.operation]
    writes = [operation.id for operation in operations if operation.method != "GET"]
    return tuple(dict.fromkeys(writes or [operation.id for operation in operations]))


def _request(exchange: Exchange) -> Request:
    scheme = (exchange.seen.authorization or "").partition(" ")[0]
    credential = [("Authorization", f"{scheme} {variable(exchange.credential)}")] if exchange.credential else []
    body = None if exchange.content is None else exchange.content.decode("utf-8", "backslashreplace")
    return Request(exchange.seen.method, exchange.url, (*credential, *exchange.headers), body)


def _response(exchange: Exchange) -> Response:
    seen = exchange.seen
    return Response(seen.status, tuple(seen.headers.items()), seen.content.decode("utf-8", "backslashreplace"))


def lines_of(document: str) -> Mapping[str, int]:
    """The line of each operation in the text of the document."""
    found = re.compile(r"\s*operationId:\s*(\S+)")
    return {match[1]: n for n, line in enumerate(document.splitlines(), 1) if (match := found.match(line))}
