"""What a run found, as one value. Every output is made of it, and nothing else knows the outputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from contract_tests.absence import Why
from contract_tests.rules import Effect, Level

Headers = tuple[tuple[str, str], ...]


class Verdict(StrEnum):
    """What became of a rule. `warn` is a SHOULD that was broken, `error` the suite's own fault; neither is a pass."""

    PASS = "pass"
    FAIL = "fail"
    WARN = "warn"
    NOT_RUN = "not_run"
    ERROR = "error"


class Outcome(StrEnum):
    """What the run says of the target, in the words that the headline uses."""

    CONFORMS = "conforms"
    INCOMPLETE = "conforms as far as it was judged"
    UNJUDGED = "was not judged"
    ERRONEOUS = "could not be judged: the suite broke"
    BROKEN = "does not conform"


@dataclass(frozen=True)
class Tool:
    """What judged."""

    name: str
    version: str


@dataclass(frozen=True)
class Document:
    """The OpenAPI document that was judged by."""

    title: str
    version: str
    sha256: str


@dataclass(frozen=True)
class Request:
    """What was sent. `cut` is how many characters of the body are left out."""

    method: str
    url: str
    headers: Headers = ()
    body: str | None = None
    cut: int = 0


@dataclass(frozen=True)
class Response:
    """What came back. `cut` is how many characters of the body are left out."""

    status: int
    headers: Headers = ()
    body: str = ""
    cut: int = 0


@dataclass(frozen=True)
class Failure:
    """One way in which a rule is broken; `times` says how often the same was seen.

    `operation` is an operationId, or "METHOD path". `example` is the smallest that still shows it, where one was looked for.
    `request` and `response` are None where nothing was sent or nothing came, as of a webhook that never arrived. `curl` is
    one command with credentials as shell variables, `replay` the command that runs this failure again, and `test` the node
    id of the test that found it. Tried once more from a fresh state it returned, and is `confirmed`, or did not, and is
    `flaky`.
    """

    operation: str
    what: str
    times: int = 1
    example: str | None = None
    request: Request | None = None
    response: Response | None = None
    curl: str = ""
    replay: str = ""
    flaky: bool = False
    known: bool = False
    test: str = ""
    confirmed: bool = False


@dataclass(frozen=True)
class Known:
    """A failure as a baseline remembers it."""

    rule: str
    operation: str
    what: str


@dataclass(frozen=True)
class OperationResult:
    """A rule at one operation."""

    verdict: Verdict
    examples: int = 0


@dataclass(frozen=True)
class RuleResult:
    """A rule and what became of it. `minimum` is the examples that it needs.

    `why` is the kind of reason for which it was not run, `reason` that reason, or what broke; of a rule that was judged,
    which part of it was not run. `callers` says whose rate limit its requests counted against; some count against none.
    """

    id: str
    level: Level
    sentence: str
    source: str
    verdict: Verdict
    effects: tuple[Effect, ...] = (Effect.READ,)
    why: Why | None = None
    reason: str | None = None
    examples: int = 0
    minimum: int = 1
    requests: int = 0
    callers: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    operations: Mapping[str, OperationResult] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()

    @property
    def group(self) -> str:
        return self.id.partition("-")[0]

    @property
    def times(self) -> int:
        return sum(failure.times for failure in self.failures)

    @property
    def known(self) -> bool:
        """Whether the baseline has all of what was found."""
        return bool(self.failures) and all(failure.known for failure in self.failures)

    @property
    def broken(self) -> bool:
        """A MUST, in a way that the baseline does not have: what decides against a target."""
        return self.verdict is Verdict.FAIL and self.level is Level.MUST and not self.known

    @property
    def flaky(self) -> bool:
        """Whether nothing of what was found returned: that is no verdict against the target, and none for it."""
        return bool(self.failures) and all(failure.flaky for failure in self.failures)


@dataclass(frozen=True)
class Report:
    """One run. `leftovers` is what could not be removed from the target, `mended` what the baseline alone has."""

    tool: Tool
    target_name: str
    target_file: str
    address: str
    started_at: str
    seconds: float
    seed: int
    examples: int
    profile: str
    allowed: tuple[str, ...]
    choices: Mapping[str, str]
    document: Document
    requests: int
    leftovers: tuple[str, ...]
    rules: tuple[RuleResult, ...]
    mended: tuple[Known, ...] = ()

    @property
    def counts(self) -> Counter[Verdict]:
        return Counter(rule.verdict for rule in self.rules)

    @property
    def broken(self) -> tuple[RuleResult, ...]:
        return tuple(rule for rule in self.rules if rule.broken)

    @property
    def complete(self) -> bool:
        """Whether every rule has a verdict of its own. A failure that did not return leaves its rule without one."""
        return not {Verdict.NOT_RUN, Verdict.ERROR} & self.counts.keys() and not any(rule.flaky for rule in self.rules)

    @property
    def conforms(self) -> bool:
        return self.outcome in (Outcome.CONFORMS, Outcome.INCOMPLETE)

    @property
    def outcome(self) -> Outcome:
        """The worst that can be said. A run that judged nothing says nothing for the target."""
        if self.broken:
            return Outcome.BROKEN
        if self.counts[Verdict.ERROR]:
            return Outcome.ERRONEOUS
        if not {Verdict.PASS, Verdict.FAIL, Verdict.WARN} & self.counts.keys():
            return Outcome.UNJUDGED
        return Outcome.CONFORMS if self.complete else Outcome.INCOMPLETE

    def exit_code(self, certify: bool) -> int:
        """0 conforms, 1 a MUST failed, 3 the suite broke, 4 incomplete where all was asked for, or where nothing was judged.

        2, a usage that is none, and 3 of a target that cannot be reached leave no report.
        """
        codes = {Outcome.BROKEN: 1, Outcome.ERRONEOUS: 3, Outcome.UNJUDGED: 4, Outcome.INCOMPLETE: 4 if certify else 0}
        return codes.get(self.outcome, 0)
