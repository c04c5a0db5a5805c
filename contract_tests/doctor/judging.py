"""How many rules can be judged, and what keeps the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from contract_tests.absence import Why
from contract_tests.doctor.finding import Finding, Mark, Section
from contract_tests.explained import CREDENTIALS_ARE
from contract_tests.readiness import Extent, extent, obstacles
from contract_tests.rules import RULES
from contract_tests.target import Target

MENDS = {
    Why.UNSUPPORTED: "if the target has it, say so in the target file",
    Why.NO_CREDENTIAL: "issue one ({}), and put it into [credentials]",
    Why.NOT_ALLOWED: "allow it if these tenants are yours alone",
}


def findings(target: Target) -> Iterator[Finding]:
    counts = Counter(extent(rule, target) for rule in RULES.values())
    said = ", ".join(f"{counts[each]} {each}" for each in Extent if counts[each])
    yield Finding(Section.RULES, Mark.OK, f"{len(RULES)} rules", f"can be judged: {said}")
    kept: dict[tuple[Why, str], list[str]] = {}
    for rule in RULES.values():
        for obstacle in obstacles(rule, target):
            kept.setdefault(obstacle, []).append(rule.id)
    for (why, text), rules in kept.items():
        yield Finding(Section.RULES, Mark.WARN, why, text, MENDS[why].format(_named(text)), tuple(rules))


def _named(text: str) -> str:
    """What the file says of the credential that a reason names."""
    name = text.rstrip("`").rpartition("`")[2]
    return CREDENTIALS_ARE.get(name, name)
