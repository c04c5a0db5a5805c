"""What a run costs: the requests of every rule, measured on the mock, and told from the reports of those runs.

`python -m contract_tests.costs REPORT…` writes costs.json. A report of a whole run gives its profile's table; one of a part,
what that part costs more by itself: what the judge makes for its tests, and takes away again, is made for many of them.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from statistics import mean, median
from typing import Any

from contract_tests.absence import Why
from contract_tests.consecutive import EVERY
from contract_tests.profiles import DEFAULT
from contract_tests.report import record
from contract_tests.report.model import Report, RuleResult
from contract_tests.rules import RULES, Effect

FILE = Path(__file__).with_name("costs.json")
TIDYING, ALONE = "tidying", "alone"  # beside the rules of a profile, and beside the profiles
LAWS = "laws"
READING = "{}, read-only"  # the table of a profile for a target in which nothing may be written
FEW = 20  # requests: the time of a rule with fewer says nothing of a request's
LONG = 5.0  # seconds that a rule waits for something, below which it only works


@dataclass(frozen=True)
class Cost:
    """`callers` is by whose rate limit, `waits` the seconds that it waits for something, such as the end of a job."""

    requests: int = 0
    callers: Mapping[str, int] = field(default_factory=dict)
    waits: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        callers = Counter(self.callers) + Counter(other.callers)
        return Cost(self.requests + other.requests, dict(callers), round(self.waits + other.waits, 1))

    def __sub__(self, other: Cost) -> Cost:
        callers = Counter(self.callers) - Counter(other.callers)
        return Cost(max(self.requests - other.requests, 0), dict(callers), round(max(self.waits - other.waits, 0.0), 1))


NOTHING = Cost()


@cache
def tables() -> Mapping[str, Mapping[str, Cost]]:
    """costs.json: by profile and rule, in the order in which they are judged; by group, what it costs more alone."""
    return {name: {key: Cost(**cost) for key, cost in table.items()} for name, table in json.loads(FILE.read_text()).items()}


def of(profile: str, allows: Iterable[Effect]) -> Mapping[str, Cost]:
    """The rules of a run in the order in which they are judged, and the tidying up. One that was not measured costs what
    those of its group do, a profile that was not what the default does."""
    known = tables()
    near = (profile, DEFAULT)
    names = [READING.format(name) for name in near if Effect.WRITES not in set(allows)]
    table = next(known[name] for name in (*names, *near) if name in known)
    return {**table, **{rule: _like(table, rule) for rule in RULES if rule not in table}}


def alone(table: Mapping[str, Cost], rules: Iterable[str]) -> Cost:
    """What a few rules cost more when no others are judged."""
    groups = {family(rule) for rule in rules}
    every = [cost for group, cost in tables().get(ALONE, {}).items() if group in groups]
    return max(every, key=lambda cost: cost.requests, default=table.get(TIDYING, NOTHING))


def family(rule: str) -> str:
    """Those for which the same is made: the laws, which ride on every answer, or else a group."""
    return LAWS if rule in EVERY else rule.partition("-")[0]


def _like(table: Mapping[str, Cost], rule: str) -> Cost:
    group = [cost for name, cost in table.items() if name.partition("-")[0] == rule.partition("-")[0]]
    near = group or [cost for name, cost in table.items() if name != TIDYING]
    callers = {name for cost in near for name in cost.callers}
    average = {name: round(mean(cost.callers.get(name, 0) for cost in near)) for name in callers}
    return Cost(round(mean(cost.requests for cost in near)) if near else 0, {k: n for k, n in average.items() if n})


def made(reports: Collection[Report], before: Mapping[str, Mapping[str, Cost]]) -> dict[str, dict[str, Cost]]:
    """The tables, with those of these reports put in the place of what was there; reports of parts after whole ones."""
    tables = {name: dict(table) for name, table in before.items()}
    whole = [report for report in reports if not _is_part(report)]
    pace = min(map(_pace, whole), default=0.0)
    for report in whole:
        name = report.profile if Effect.WRITES in report.allowed else READING.format(report.profile)
        tables[name] = _whole(report)
    for report in filter(_is_part, reports):
        judged = [rule for rule in report.rules if rule.why is not Why.DISABLED]
        expected = sum((tables[report.profile].get(rule.id, NOTHING) for rule in judged), NOTHING)
        every = sum((_measured(rule, pace) for rule in judged), NOTHING) + _tidying(report)
        if judged:
            tables.setdefault(ALONE, {})[family(judged[0].id)] = every - expected
    return tables


def _is_part(report: Report) -> bool:
    return any(rule.why is Why.DISABLED and (rule.reason or "").startswith("disabled: --rule") for rule in report.rules)


def _whole(report: Report) -> dict[str, Cost]:
    order = {rule: turn for turn, rule in enumerate(turns())}
    judged = sorted(report.rules, key=lambda rule: order.get(rule.id, len(order)))
    return {**{rule.id: _measured(rule, _pace(report)) for rule in judged}, TIDYING: _tidying(report)}


def _pace(report: Report) -> float:
    """Seconds of a request, as most rules have it."""
    return median([rule.seconds / rule.requests for rule in report.rules if rule.requests >= FEW] or [0.0])


def _measured(rule: RuleResult, pace: float) -> Cost:
    """Three times the pace of others may be a busy machine, and more is waiting."""
    waits = rule.seconds - 3 * pace * rule.requests
    return Cost(rule.requests, dict(rule.callers), round(waits, 1) if waits > LONG else 0.0)


def _tidying(report: Report) -> Cost:
    """What no rule has sent: what was made is taken away, nearly all of it by `full`."""
    rest = report.requests - sum(rule.requests for rule in report.rules)
    return Cost(rest, {"full": rest} if rest else {})


def turns() -> list[str]:
    """The rules in the order in which a run comes to them."""
    import pytest

    found: defaultdict[str, int] = defaultdict(int)

    class Collected:
        def pytest_collection_finish(self, session: pytest.Session) -> None:
            for item in session.items:
                for mark in item.iter_markers("rule"):
                    found[str(mark.args[0])] += 1

    own = Path(__file__).parent
    options = ["-c", str(own / "pytest.ini"), "--rootdir", str(own), "-o", "addopts=-p no:cacheprovider"]
    pytest.main([*options, "-p", "no:terminal", "--collect-only", str(own)], plugins=[Collected()])
    return list(found)


def dumped(tables: Mapping[str, Mapping[str, Cost]]) -> str:
    """A rule a line, so that a change can be read."""
    whole = []
    for name, table in tables.items():
        lines = [f"  {json.dumps(key)}: {json.dumps(_told(cost))}" for key, cost in table.items()]
        whole.append(f" {json.dumps(name)}: {{\n" + ",\n".join(lines) + "\n }")
    return "{\n" + ",\n".join(whole) + "\n}\n"


def _told(cost: Cost) -> dict[str, Any]:
    waits = {"waits": cost.waits} if cost.waits else {}
    return {"requests": cost.requests, "callers": dict(sorted(cost.callers.items())), **waits}


def main(paths: list[str]) -> None:
    before = tables() if FILE.exists() else {}
    FILE.write_text(dumped(made([record.load(Path(path)) for path in paths], before)))


if __name__ == "__main__":
    main(sys.argv[1:])
