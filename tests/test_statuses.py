"""Every operation answers every status that the document lists for it, as the document says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nexuscommerce.contract import load
from tests.inside import Inside, open_inside
from tests.statuses import CONFLICTS, Case, cases, conflict, faults, provoke

CONTRACT = load()


CASES = cases(CONTRACT)


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    """One mock for all that is refused: what is refused has no effect."""
    mock = open_inside(tmp_path_factory.mktemp("refusing"), CONTRACT)
    yield mock
    mock.database.close()


@pytest.mark.parametrize("case", [case for case in CASES if case.status == case.operation.success], ids=str)
def test_every_operation_succeeds(inside: Inside, case: Case) -> None:
    """What the document lists and nobody ever meets would be a promise about nothing."""
    assert [] == faults(case, provoke(inside, case))


@pytest.mark.parametrize("case", [case for case in CASES if case.status != case.operation.success], ids=str)
def test_every_refusal_of_every_operation_can_be_met(refusing: Inside, case: Case) -> None:
    """Together with the successes, every status in the document (`python -m tests.statuses` prints the table)."""
    assert [] == faults(case, provoke(refusing, case))


@pytest.mark.parametrize(("operation_id", "code"), [(name, code) for name, codes in CONFLICTS.items() for code in codes])
def test_every_conflict_has_its_code(refusing: Inside, operation_id: str, code: str) -> None:
    operation = CONTRACT.operations[operation_id]
    response = conflict(refusing, operation, code)

    assert (409, code) == (response.status_code, response.json()["error"]["code"])
    assert [] == faults(Case(operation, 409), response)


def test_every_conflict_of_the_document_is_among_them() -> None:
    """By the examples of each 409."""
    listed = {}
    for operation in CONTRACT.operations.values():
        if 409 in operation.responses:
            content = operation.responses[409]["content"]["application/json"]
            examples = (
                [content["example"]] if "example" in content else [row["value"] for row in content["examples"].values()]
            )
            listed[operation.id] = {example["error"]["code"] for example in examples}

    assert listed == {name: set(codes) for name, codes in CONFLICTS.items()}
