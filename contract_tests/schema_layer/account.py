"""What Schemathesis' process wrote down, added up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from contract_tests.schema_layer.lines import End, Finding, Line, Scenario, Trouble

Key = tuple[str, str, str]


@dataclass
class Account:
    """`judged` is by rule and operation, `met` the statuses of valid requests by operation, `found` the smallest of each."""

    callers: Mapping[str, int] = field(default_factory=dict)
    judged: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    met: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    found: dict[Key, Finding] = field(default_factory=dict)
    times: Counter[Key] = field(default_factory=Counter)
    troubles: list[Trouble] = field(default_factory=list)
    end: End | None = None

    def findings(self, rule: str, operations: Collection[str] | None = None) -> Iterator[tuple[Finding, int]]:
        """What was found of a rule, everywhere or at operations, and how often; at least once, if the count was cut off."""
        for key, finding in self.found.items():
            if finding.rule == rule and (operations is None or finding.operation in operations):
                yield finding, self.times[key] or 1


def account(lines: Iterable[Line]) -> Account:
    """All lines, in the order in which they were written."""
    whole = Account()
    for line in lines:
        match line:
            case Finding():
                whole.found[line.rule, line.operation, line.key] = line
            case Scenario():
                whole.callers = line.callers
                for rule, counts in line.judged.items():
                    whole.judged[rule].update(counts)
                for operation, statuses in line.met.items():
                    whole.met[operation].update(statuses)
                whole.times.update({(rule, operation, key): n for rule, operation, key, n in line.times})
            case Trouble():
                whole.troubles.append(line)
            case End():
                whole.end = line
    return whole
