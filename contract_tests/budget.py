"""The rules that a run of a target will judge, what they cost, and what its rate limits make of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contract_tests import costs
from contract_tests.client import ADDRESS
from contract_tests.costs import TIDYING, Cost
from contract_tests.planning import Limits, Plan, planned
from contract_tests.profiles import PROFILES
from contract_tests.readiness import Extent, extent
from contract_tests.rules import RULES
from contract_tests.running import kept, time_limit
from contract_tests.target import Target


@dataclass(frozen=True)
class Budget:
    """What a run is asked for. No `rules` are all; `limit` is the time limit in seconds, None the profile's, 0 none."""

    target: Target
    profile: str
    rules: tuple[str, ...] = ()
    limit: int | None = None
    schemathesis: bool = True

    @property
    def seconds(self) -> int | None:
        return time_limit(self.profile, self.limit)

    @property
    def judged(self) -> tuple[str, ...]:
        """The rules of which something can be judged."""
        fuzzes = self.schemathesis and PROFILES[self.profile].schemathesis
        chosen = (rule for name, rule in RULES.items() if not self.rules or name in self.rules)
        able = (rule for rule in chosen if extent(rule, self.target) is not Extent.NONE)
        return tuple(rule.id for rule in able if fuzzes or rule.group != "SCH")

    @property
    def costs(self) -> Mapping[str, Cost]:
        """By rule, in the order of a run, and the tidying up; of a few rules also what is made for them alone."""
        table, judged = costs.of(self.profile, self.target.allows), set(self.judged)
        chosen = {rule: cost for rule, cost in table.items() if rule in judged or rule == TIDYING}
        if self.rules:
            chosen[TIDYING] = costs.alone(table, judged) if judged else Cost()
        return {rule: self._able(cost) for rule, cost in chosen.items()}

    def _able(self, cost: Cost) -> Cost:
        """A credential that the target file has not sends nothing."""
        lacking = {name: n for name, n in cost.callers.items() if name != ADDRESS and name not in self.target.tokens}
        callers = {name: n for name, n in cost.callers.items() if name not in lacking}
        return Cost(cost.requests - sum(lacking.values()), callers, cost.waits)

    def plan(self, limits: Mapping[str, Limits | None], latency: float) -> Plan:
        """`limits` by credential, and of `anonymous` whatever counts by our address."""
        known = {**limits, ADDRESS: limits.get("anonymous")}
        within = self.seconds and self.seconds - kept(self.seconds)
        return planned(self.costs, known, latency, self.target.per_minute, within)
