"""From tests to rules: what refuses everything is not praised for refusing."""

from __future__ import annotations

import pytest

from contract_tests.absence import Why
from contract_tests.ledger import Ledger
from contract_tests.report.gathering import Trial, distrust, gathered, unproven
from contract_tests.report.model import Failure, RuleResult, Verdict
from contract_tests.rules import RULES


def trial(verdict: Verdict, *operations: str) -> Trial:
    failures = [Failure(operations[0], "expected 201; answered 400")] if verdict is Verdict.FAIL else []
    return Trial("WRT-01", operations, verdict, failures=failures)


def test_an_operation_that_never_succeeds_is_not_praised_for_its_refusals() -> None:
    """42Crunch's gate: prove the positive before the negative is trusted."""
    trials = [trial(Verdict.FAIL, "createProduct"), trial(Verdict.PASS, "createProduct"), trial(Verdict.PASS, "getProduct")]
    distrust(trials, unproven(trials, {"getProduct"}))

    assert [Verdict.FAIL, Verdict.NOT_RUN, Verdict.PASS] == [each.verdict for each in trials]
    assert (Why.TOO_LITTLE, "no valid request of createProduct ever succeeded") == (
        trials[1].why,
        str(trials[1].reason).partition(": ")[2],
    )


@pytest.mark.parametrize("succeeded", [{"createProduct"}, {"createProduct", "getProduct"}])
def test_one_success_is_proof(succeeded: set[str]) -> None:
    trials = [trial(Verdict.FAIL, "createProduct"), trial(Verdict.PASS, "createProduct")]

    assert set() == unproven(trials, succeeded)


def test_what_was_never_asked_for_is_not_distrusted() -> None:
    """A run of one rule that only looks at refusals."""
    trials = [trial(Verdict.PASS, "createProduct")]

    assert set() == unproven(trials, set())


def test_a_test_of_several_operations_is_trusted_for_those_that_work() -> None:
    trials = [trial(Verdict.FAIL, "createProduct"), trial(Verdict.PASS, "createProduct", "getProduct")]
    distrust(trials, unproven(trials, {"getProduct"}))

    assert Verdict.PASS == trials[1].verdict


def of_three(*verdicts: Verdict) -> RuleResult:
    """What is said of a rule that wants three examples."""
    trials = [trial(verdict, "createProduct") for verdict in verdicts]
    return gathered(RULES["WRT-01"]._replace(minimum=3), trials, Ledger(), Why.DISABLED, "", "")


def test_fewer_examples_than_its_minimum_do_not_judge_a_rule() -> None:
    few = of_three(Verdict.PASS, Verdict.PASS, Verdict.NOT_RUN)

    assert (Verdict.NOT_RUN, Why.TOO_LITTLE, "too little to judge by: 2 of 3 examples") == (few.verdict, few.why, few.reason)
    assert {Verdict.NOT_RUN} == {each.verdict for each in few.operations.values()}
    assert (2, 3) == (few.examples, few.minimum)


def test_as_many_as_its_minimum_do() -> None:
    assert Verdict.PASS == of_three(*[Verdict.PASS] * 3).verdict


def test_one_failure_is_enough() -> None:
    assert Verdict.FAIL == of_three(Verdict.FAIL).verdict
