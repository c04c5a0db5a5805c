"""What Schemathesis' run says of the target: verdicts on a rule at operations, from what it wrote down."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

from contract_tests.absence import Why, not_run
from contract_tests.document import by_id
from contract_tests.ledger import Exchange, Ledger
from contract_tests.schema_layer.account import Account
from contract_tests.schema_layer.lines import SLOW, SUITE, Finding
from nexuscommerce.contract import Operation

Record = Callable[[str, object], None]

# What Schemathesis warns of although it is no matter of the target: its configuration, or the document.
OWN_FAULTS = (
    *("missing_deserializer", "unused_openapi_auth", "unsupported_regex", "unresolvable_reference", "base_url_mismatch"),
    *("unmatched_filter", "constants_extraction"),
)
# Why nothing was judged, by rule. What was sent is generated: it does not always lead where a rule can look.
TOO_LITTLE: Mapping[str, str] = {
    "SCH-02": "no valid request met a resource in a state that accepts it",
    "SCH-03": "there is no invalid request to be made of it",
    "SCH-06": "no request of it succeeded that could be repeated without credentials",
    "SCH-07": "no sequence of requests led there",
}
CUT = "Schemathesis was ended before it was through"
WAITED = "answers took too long to be waited for"
LIMITED = "the rate limit refused its requests"


class Found(NamedTuple):
    """One row of a report: what, how often, its smallest request."""

    what: str
    operation: str
    times: int
    example: str | None
    exchange: Exchange


class Findings(AssertionError):
    """A rule is broken, in one way or several; each is a failure of its own."""

    def __init__(self, found: Iterable[Found]) -> None:
        self.found = tuple(found)
        super().__init__("\n".join(_told(each) for each in self.found))


class Broken(RuntimeError):
    """Schemathesis did not do its work: the suite's own fault."""


class Fuzzed:
    """The whole run. `cut` says that it was ended before it was through."""

    def __init__(self, account: Account, *, writes: bool, cut: bool, said: str) -> None:
        self.account = account
        self.writes = writes
        self.late = cut or (account.end is not None and account.end.late)
        self.broken = _broken(account, self.late, said)

    def judge(self, rule: str, operations: Collection[Operation], record: Record) -> None:
        """End the test where the rule was broken at one of these operations, or not judged; record what it was judged by."""
        allowed = [each for each in operations if self.writes or each.method == "GET"]
        if not allowed:
            not_run(Why.NOT_ALLOWED, "the target file does not allow what Schemathesis does by writing")
        names = [each.id for each in allowed]
        examples = sum(self.account.judged[rule][name] for name in names)
        record("examples", examples)
        self._tell(self.account.findings(rule, names))
        if self.broken:
            raise Broken(self.broken)
        if not examples:
            not_run(*self._why_not(rule, names))

    def law(self, rule: str, record: Record) -> None:
        """The same for a law at whatever was asked. That it was not judged is no matter: the law has tests of its own."""
        record("examples", self.account.judged[rule].total())
        self._tell(self.account.findings(rule))
        if self.late or self.broken:
            not_run(Why.OUT_OF_TIME if self.late else Why.TOO_LITTLE, CUT)

    def _tell(self, findings: Iterable[tuple[Finding, int]]) -> None:
        found = [Found(each.what, each.operation, times, each.example or None, each.exchange) for each, times in findings]
        if found:
            raise Findings(found)

    def _why_not(self, rule: str, operations: Iterable[str]) -> tuple[Why, str]:
        if self.late:
            return Why.OUT_OF_TIME, CUT
        if any(trouble.kind == SLOW and trouble.operation in operations for trouble in self.account.troubles):
            return Why.TOO_LITTLE, WAITED
        met = {status for name in operations for status in self.account.met[name]}
        return Why.TOO_LITTLE, LIMITED if "429" in met and not met - {"401", "429"} else TOO_LITTLE.get(
            rule, "nothing was sent"
        )

    def enter(self, ledger: Ledger) -> None:
        """Its requests are requests of the run, and the laws were applied to their answers."""
        ledger.callers.update(self.account.callers)
        ledger.requests += sum(self.account.callers.values())
        ledger.succeeded |= {name for name, met in self.account.met.items() if str(by_id(name).success) in met}
        for rule, counts in self.account.judged.items():
            ledger.applied[rule] += counts.total()
            ledger.at[rule].update(counts)
        for key, finding in self.account.found.items():
            ledger.times[finding.rule, finding.operation, finding.exchange.seen.status] += self.account.times[key] or 1


def _broken(account: Account, late: bool, said: str) -> str:
    """What kept Schemathesis from its work; empty if nothing did."""
    own = [trouble.what for trouble in account.troubles if trouble.kind == SUITE]
    if own:
        return "Schemathesis: " + "; ".join(dict.fromkeys(own))
    if (account.end is None or not account.end.stop) and not late:
        return f"Schemathesis broke: {said}"
    warnings = account.end.warnings if account.end else {}
    wrong = [f"{name}: {', '.join(warnings[name])}" for name in OWN_FAULTS if warnings.get(name)]
    return f"Schemathesis warns of {'; '.join(wrong)}" if wrong else ""


def _told(found: Found) -> str:
    lines = [f"{found.operation}, {found.times} times: {found.what}", f"  {found.exchange}"]
    return "\n".join([*lines, *(f"  {line}" for line in (found.example or "").splitlines())])
