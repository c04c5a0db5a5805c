"""What the judge sends is what the document allows: else it would judge its own mistakes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from contract_tests.bounds import at_bounds, beyond_bounds
from contract_tests.document import CONTRACT, JOBS, WITH_BODY, named
from contract_tests.population import params, sample
from contract_tests.rules import RULES
from contract_tests.trials import FOREMOST, TRIALS
from contract_tests.values import RULE_VALUES, VALUES, some
from nexuscommerce.contract import Operation

UPDATE, RULE, SET = (CONTRACT.operations[name] for name in ("updateProduct", "updatePricingRule", "setInventory"))
CHANGE = CONTRACT.schemas.validator(CONTRACT.schemas.named("ProductUpdate"))


@settings(deadline=None, database=None)
@given(some(VALUES))
def test_a_drawn_change_is_valid(change: dict[str, Any]) -> None:
    assert [error.message for error in CHANGE.iter_errors(change)] == []


def test_every_member_that_may_change_has_values() -> None:
    assert set(CONTRACT.schemas.named("ProductUpdate")["properties"]) == set(VALUES)


@pytest.mark.parametrize("member", VALUES)
def test_bounds_are_on_the_right_side(member: str) -> None:
    assert [value for value in at_bounds(UPDATE, member) if not CHANGE.is_valid({member: value})] == []
    assert [value for value in beyond_bounds(UPDATE, member) if CHANGE.is_valid({member: value})] == []


def test_every_member_of_a_rule_beside_its_scope_has_values() -> None:
    assert set(CONTRACT.schemas.named("PricingRuleUpdate")["properties"]) == {*RULE_VALUES, "applies_to", "category", "skus"}


def whole(operation: Operation, member: str, value: Any) -> Any:
    """The example of a body with another value in it."""
    return {**sample(operation), member: value}


MEMBERS = [(RULE, member) for member in RULE_VALUES] + [(SET, member) for member in ("quantity", "reason", "note")]


@pytest.mark.parametrize(("operation", "member"), MEMBERS, ids=lambda value: value if isinstance(value, str) else "")
def test_bounds_of_other_bodies_are_on_the_right_side(operation: Operation, member: str) -> None:
    valid = CONTRACT.schemas.validator(operation.body or {}).is_valid
    assert [value for value in at_bounds(operation, member) if not valid(whole(operation, member, value))] == []
    assert [value for value in beyond_bounds(operation, member) if valid(whole(operation, member, value))] == []


@pytest.mark.parametrize("kind", JOBS)
def test_a_jobs_example_params_are_valid(kind: str) -> None:
    schema = CONTRACT.schemas.named("JobCreate")
    assert CONTRACT.schemas.validator(schema).is_valid({"type": kind, "params": params(kind, ["JT-1"])})


@pytest.mark.parametrize("name", TRIALS)
def test_a_trial_can_be_passed(name: str) -> None:
    """Its bounds leave a price, and its rules are judged by the price alone: their priorities are those that are cleared."""
    trial = TRIALS[name]
    assert trial.least <= trial.most
    assert {rule["priority"] for rule in trial.rules} <= set(range(1, FOREMOST + 1))
    assert trial.rule in RULES


@pytest.mark.parametrize("operation", WITH_BODY, ids=named)
def test_the_documents_example_of_a_body_is_valid(operation: Operation) -> None:
    assert operation.body is not None
    assert CONTRACT.schemas.validator(operation.body).is_valid(sample(operation))
