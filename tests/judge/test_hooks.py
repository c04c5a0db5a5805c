"""What is dropped of Schemathesis' findings: refusals that the contract promises and no schema can say, and nothing else."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from schemathesis.openapi.checks import RejectedPositiveData

from contract_tests.hooks import filter_failure

REJECTED = RejectedPositiveData(operation="x", message="x", status_code=400, allowed_statuses=[])


def kept(operation: str, code: str, pointers: list[str], failure: object = REJECTED, status: int = 400) -> bool:
    errors = [{"in": "body", "pointer": pointer, "message": "x"} for pointer in pointers]
    content = json.dumps({"error": {"code": code, "message": "x", "details": {"errors": errors}}}).encode()
    case: Any = SimpleNamespace(operation=SimpleNamespace(definition=SimpleNamespace(raw={"operationId": operation})))
    response: Any = SimpleNamespace(status_code=status, content=content)
    kept: bool = filter_failure(None, failure, case, response)
    return kept


@pytest.mark.parametrize(
    ("operation", "code", "pointers"),
    [
        ("listProducts", "INVALID_CURSOR", []),
        ("listOrders", "INVALID_CURSOR", []),
        ("listOrders", "VALIDATION_ERROR", ["/start_date"]),
        ("listJobs", "INVALID_CURSOR", []),
        ("bulkSetInventory", "VALIDATION_ERROR", ["/updates/1", "/updates/12"]),
        ("updatePricingRule", "VALIDATION_ERROR", ["/category", "/skus"]),
        (
            "confirmShipment",
            "VALIDATION_ERROR",
            ["/line_items/0/external_line_item_id", "/line_items/11/external_line_item_id"],
        ),
    ],
)
def test_what_no_schema_can_say_is_dropped(operation: str, code: str, pointers: list[str]) -> None:
    assert not kept(operation, code, pointers)


@pytest.mark.parametrize(
    ("operation", "code", "pointers"),
    [
        ("listProducts", "VALIDATION_ERROR", ["/limit"]),
        ("listOrders", "VALIDATION_ERROR", ["/start_date", "/limit"]),
        ("createProduct", "INVALID_CURSOR", []),
        ("confirmShipment", "VALIDATION_ERROR", ["/carrier"]),
        ("bulkSetInventory", "VALIDATION_ERROR", ["/updates/1/quantity"]),
        ("updatePricingRule", "VALIDATION_ERROR", ["/skus/0"]),
        ("dispatchJob", "VALIDATION_ERROR", ["/params"]),
        ("createProduct", "VALIDATION_ERROR", ["/title"]),
    ],
)
def test_everything_else_is_kept(operation: str, code: str, pointers: list[str]) -> None:
    assert kept(operation, code, pointers)


def test_other_failures_and_answers_are_kept() -> None:
    assert kept("listProducts", "INVALID_CURSOR", [], failure=AssertionError())
    assert kept("listProducts", "INVALID_CURSOR", [], status=500)
