"""How many rules can be judged, and what keeps the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from contract_tests.absence import Why
from contract_tests.doctor.finding import Finding, Mark, Section
from contract_tests.readiness import LACKS, Extent, Obstacle, extent, obstacles
from contract_tests.rules import RULES
from contract_tests.target import Target

# Why -> the mend, said once for all of its kind; in the order in which they are told.
MENDS = {
    Why.NOT_ALLOWED: "allow what may be done in tenants that are yours alone",
    Why.UNSUPPORTED: "if the target has it, say so in the target file",
    Why.NO_CREDENTIAL: "issue those that you can; the target file says what each is",
}


def findings(target: Target) -> Iterator[Finding]:
    counts = Counter(extent(rule, target) for rule in RULES.values())
    said = ", ".join(f"{counts[each]} {each}" for each in Extent if counts[each])
    yield Finding(Section.RULES, Mark.OK, f"{len(RULES)} rules", f"can be judged: {said}")
    kept: dict[Obstacle, list[str]] = {}
    for rule in RULES.values():
        for obstacle in obstacles(rule, target):
            kept.setdefault(obstacle, []).append(rule.id)
    for kind, mend in MENDS.items():
        of_kind = {text: rules for (why, text), rules in kept.items() if why is kind}
        for left, (text, rules) in zip(reversed(range(len(of_kind))), of_kind.items(), strict=True):
            short = text.removeprefix(LACKS)
            yield Finding(Section.RULES, Mark.WARN, kind, short, "" if left else mend, tuple(rules))
