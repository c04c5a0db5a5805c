"""Which operations and statuses a test suite has exercised."""

from __future__ import annotations

from typing import Any

from mockserver.sandbox.coverage import Coverage
from nexuscommerce.contract import Contract
from tests.inside import Inside
from tests.mockserver.sandbox.turning import breaches, control, fault


def _coverage(inside: Inside, **query: str) -> dict[str, Any]:
    found: dict[str, Any] = control(inside, "GET", "/coverage", params=query).json()["data"]
    return found


def _of(report: dict[str, Any], operation_id: str) -> dict[int, tuple[int, dict[str, int]]]:
    (found,) = (row for row in report["operations"] if row["operation_id"] == operation_id)
    return {row["status"]: (row["requests"], row["codes"]) for row in found["statuses"]}


def test_every_documented_status_is_there_seen_or_not(inside: Inside, contract: Contract) -> None:
    report = _coverage(inside)

    assert [] == breaches("Coverage", report)
    assert [(o.id, o.method, o.path, 0, sorted(o.responses)) for o in contract.operations.values()] == [
        (row["operation_id"], row["method"], row["path"], row["requests"], [s["status"] for s in row["statuses"]])
        for row in report["operations"]
    ]
    assert (0, sum(len(o.responses) for o in contract.operations.values())) == (report["exercised"], report["possible"])


def test_answers_are_counted_by_status_and_by_reason(inside: Inside) -> None:
    inside.call("GET", "/api/orders")
    inside.call("HEAD", "/api/orders")
    inside.call("GET", "/api/orders?limit=0")
    inside.call("GET", "/api/orders?cursor=nonsense")
    inside.call("GET", "/api/orders", key=None)
    inside.call("GET", "/api/nowhere")
    report = _coverage(inside)

    assert {
        200: (2, {}),
        400: (2, {"VALIDATION_ERROR": 1, "INVALID_CURSOR": 1}),
        401: (1, {"UNAUTHENTICATED": 1}),
        403: (0, {}),
        429: (0, {}),
        500: (0, {}),
        503: (0, {}),
    } == _of(report, "listOrders")
    assert 3 == report["exercised"]
    assert 5 == sum(row["requests"] for row in report["operations"])


def test_what_a_fault_or_a_preference_made_counts(inside: Inside) -> None:
    """It is the client's handling of it that is tested."""
    fault(inside, operation_id="listOrders", code="RATE_LIMITED")
    inside.call("GET", "/api/orders")
    inside.call("GET", "/api/products", headers={"Prefer": "code=500"})
    report = _coverage(inside)

    assert (1, {"RATE_LIMITED": 1}) == _of(report, "listOrders")[429]
    assert (1, {"INTERNAL_ERROR": 1}) == _of(report, "listProducts")[500]


def test_coverage_is_by_world_and_is_begun_anew_by_world(inside: Inside) -> None:
    first, second = (row["id"] for row in inside.world.tenants[:2])
    inside.call("GET", "/api/orders")
    inside.call("GET", "/api/products", tenant=1)
    inside.call("GET", "/api/products", key=None)

    seen = [
        _coverage(inside, **query)["exercised"]
        for query in ({}, {"world_id": first}, {"world_id": second}, {"world_id": "none"})
    ]
    assert [3, 1, 1, 1] == seen
    assert [None, first, "none"] == [
        _coverage(inside, **q)["world_id"] for q in ({}, {"world_id": first}, {"world_id": "none"})
    ]
    control(inside, "DELETE", "/coverage", params={"world_id": first})
    assert [2, 0] == [_coverage(inside, **query)["exercised"] for query in ({}, {"world_id": first})]
    control(inside, "DELETE", "/coverage")
    assert 0 == _coverage(inside)["exercised"]


def test_a_status_that_the_document_does_not_have_is_shown_but_not_counted_as_covered(contract: Contract) -> None:
    """It would be a mistake of the mock."""
    coverage = Coverage(contract)
    coverage.count("w", "listOrders", 418, None)
    report = coverage.report(None)

    assert (1, {}) == _of(report, "listOrders")[418]
    assert 0 == report["exercised"]
