"""Whether every answer is as the document says, whatever is sent: what Schemathesis found, by rule and operation."""

from __future__ import annotations

import pytest

from contract_tests.document import GUARDED, OPERATIONS, named
from contract_tests.laws import LAWS
from contract_tests.schema_layer.fuzzed import Fuzzed, Record
from contract_tests.schema_layer.sequences import REMEMBERED
from nexuscommerce.contract import Operation

FIRST = tuple({operation.path: operation for operation in reversed(OPERATIONS)}.values())  # of each path

each = pytest.mark.parametrize("operation", OPERATIONS, ids=named)
each_asked = pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.parameters or o.body], ids=named)
each_guarded = pytest.mark.parametrize("operation", GUARDED, ids=named)
each_remembered = pytest.mark.parametrize("operation", REMEMBERED, ids=named)
each_path = pytest.mark.parametrize("operation", FIRST, ids=named)


@pytest.mark.rule("SCH-01")
@each
def test_nothing_breaks_the_server(operation: Operation, fuzzed: Fuzzed, record_property: Record) -> None:
    fuzzed.judge("SCH-01", [operation], record_property)


@pytest.mark.rule("SCH-02")
@each
def test_valid_requests_are_accepted(operation: Operation, fuzzed: Fuzzed, record_property: Record) -> None:
    fuzzed.judge("SCH-02", [operation], record_property)


@pytest.mark.rule("SCH-03")
@each_asked
def test_invalid_requests_are_refused(operation: Operation, fuzzed: Fuzzed, record_property: Record) -> None:
    fuzzed.judge("SCH-03", [operation], record_property)


@pytest.mark.rule("SCH-04")
@each
def test_answers_conform_to_the_document(operation: Operation, fuzzed: Fuzzed, record_property: Record) -> None:
    fuzzed.judge("SCH-04", [operation], record_property)


@pytest.mark.rule("SCH-05")
@each_path
def test_other_methods_are_refused(operation: Operation, fuzzed: Fuzzed, record_property: Record) -> None:
    """Schemathesis tries each method once on a path, with whichever of its operations comes first."""
    there = [other for other in OPERATIONS if other.path == operation.path]
    fuzzed.judge("SCH-05", there, record_property)


@pytest.mark.rule("SCH-06")
@each_guarded
def test_credentials_are_demanded(operation: Operation, fuzzed: Fuzzed, record_property: Record) -> None:
    fuzzed.judge("SCH-06", [operation], record_property)


@pytest.mark.rule("SCH-07")
@each_remembered
def test_what_was_done_is_remembered(operation: Operation, fuzzed: Fuzzed, record_property: Record) -> None:
    fuzzed.judge("SCH-07", [operation], record_property)


@pytest.mark.parametrize("law", [pytest.param(law, marks=pytest.mark.rule(law)) for law in LAWS])
def test_its_answers_keep_the_law(law: str, fuzzed: Fuzzed, record_property: Record) -> None:
    fuzzed.law(law, record_property)
