"""What the judge sends is what the document allows: else it would judge its own mistakes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from contract_tests.bounds import at_bounds, beyond_bounds
from contract_tests.document import CONTRACT, WITH_BODY, named
from contract_tests.population import sample
from contract_tests.values import VALUES, some
from nexuscommerce.contract import Operation

UPDATE = CONTRACT.operations["updateProduct"]
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


@pytest.mark.parametrize("operation", WITH_BODY, ids=named)
def test_the_documents_example_of_a_body_is_valid(operation: Operation) -> None:
    assert operation.body is not None
    assert CONTRACT.schemas.validator(operation.body).is_valid(sample(operation))
