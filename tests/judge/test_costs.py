"""What a run costs is measured, and told from its report."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract_tests import costs
from contract_tests.absence import Why
from contract_tests.costs import ALONE, TIDYING, Cost
from contract_tests.profiles import PROFILES
from contract_tests.report.model import Report, RuleResult, Verdict
from contract_tests.rules import RULES, Effect, Level
from tests.judge.report.reports import report

COVERED = 0.9


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("allows", [frozenset(Effect), frozenset({Effect.READ})], ids=["all", "reading"])
def test_every_rule_has_a_cost(profile: str, allows: frozenset[Effect]) -> None:
    table = costs.of(profile, allows)

    assert set(RULES) <= set(table)


@pytest.mark.parametrize("profile", ["smoke", "standard"])
def test_nearly_every_rule_was_measured(profile: str) -> None:
    """New rules may wait for the next measurement; CONTRIBUTING.md says how it is made."""
    measured = set(costs.tables()[profile]) & set(RULES)

    assert len(measured) > COVERED * len(RULES), sorted(set(RULES) - measured)


def test_what_was_not_measured_costs_what_its_group_does(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {"PAG-01": Cost(10, {"full": 10}), "PAG-02": Cost(20, {"full": 16, "reader": 4}), "SRT-01": Cost(99)}
    monkeypatch.setattr(costs, "tables", lambda: {"smoke": table})

    assert Cost(15, {"full": 13, "reader": 2}) == costs.of("smoke", Effect)["PAG-07"]


def ran(*results: RuleResult, requests: int) -> Report:
    return report(results, requests=requests, profile="smoke", allowed=("read-only", "writes"))


def rule(name: str, verdict: Verdict = Verdict.PASS) -> RuleResult:
    return RuleResult(name, Level.MUST, "It is so.", "RFC 1", verdict)


def left_out(name: str) -> RuleResult:
    return replace(rule(name, Verdict.NOT_RUN), why=Why.DISABLED, reason="disabled: --rule names others")


def test_a_whole_run_gives_a_table_and_a_part_what_it_costs_more_alone() -> None:
    first = replace(rule("PAG-01"), requests=10, callers={"full": 10}, seconds=1.0)
    second = replace(rule("SRT-01"), requests=30, callers={"full": 20, "reader": 10}, seconds=30.0)
    dear = replace(first, requests=40, callers={"full": 40})
    tables = costs.made([ran(dear, left_out("SRT-01"), requests=45), ran(first, second, requests=47)], {})

    assert tables == {
        "smoke": {
            "PAG-01": Cost(10, {"full": 10}),
            "SRT-01": Cost(30, {"full": 20, "reader": 10}),
            TIDYING: Cost(7, {"full": 7}),
        },
        ALONE: {"PAG": Cost(35, {"full": 35})},
    }


def test_a_read_only_run_has_a_table_of_its_own() -> None:
    reading = replace(ran(replace(rule("PAG-01"), requests=30, seconds=1.0), requests=30), allowed=("read-only",))

    assert {"smoke, read-only"} == set(costs.made([reading], {}))


def test_the_file_is_written_as_it_is_read() -> None:
    assert costs.FILE.read_text() == costs.dumped(costs.tables())
