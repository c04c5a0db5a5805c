"""The laws of every answer, on answers made by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from contract_tests.document import CONTRACT
from contract_tests.laws import LAWS, judge
from contract_tests.seen import Seen

EXAMPLE: dict[str, Any] = CONTRACT.schemas.named("ProductEnvelope")["example"]
ORDER: dict[str, Any] = CONTRACT.schemas.named("OrderEnvelope")["example"]["data"]
RECORD: dict[str, Any] = CONTRACT.schemas.named("InventoryEnvelope")["example"]["data"]
LEVELS: list[dict[str, Any]] = RECORD["warehouses"]
FAILED: dict[str, Any] = CONTRACT.schemas.named("BulkInventoryEnvelope")["example"]["data"]
RULE: dict[str, Any] = CONTRACT.schemas.named("PricingRuleEnvelope")["example"]["data"]
RECOMMENDATION: dict[str, Any] = CONTRACT.schemas.named("Recommendation")["example"]
JOB: dict[str, Any] = CONTRACT.schemas.named("JobEnvelope")["example"]["data"]
RUN: dict[str, Any] = {
    "status": "completed",
    "started_at": "2026-03-12T14:32:02.123Z",
    "completed_at": "2026-03-12T14:32:30.500Z",
}
REPRICED: dict[str, Any] = CONTRACT.schemas.named("PricingRecalculateResult")["example"]
RETURNS: dict[str, Any] = CONTRACT.schemas.named("ReturnItem")["example"]
SEEN: dict[str, Any] = CONTRACT.schemas.named("VisibilityItem")["example"]
OFFERS: dict[str, Any] = CONTRACT.schemas.named("CompetitorItem")["example"]
HEADERS = {
    "content-type": "application/json",
    "x-request-id": "a",
    "x-ratelimit-limit": "60",
    "x-ratelimit-remaining": "59",
    "x-ratelimit-reset": "1741787460",
    "date": "Wed, 12 Mar 2025 13:50:01 GMT",
}
GOOD = Seen("PATCH", "/products/SKU-001", None, "Bearer nxc_live_secret", 200, HEADERS, json.dumps(EXAMPLE).encode())
REFUSAL = {"error": {"code": "RATE_LIMITED", "message": "Too many", "details": {}}}
REFUSED = replace(
    GOOD,
    status=429,
    headers={**HEADERS, "x-ratelimit-remaining": "0", "retry-after": "59"},
    content=json.dumps(REFUSAL).encode(),
)


def product(**changes: Any) -> Seen:
    return replace(GOOD, content=json.dumps({"data": {**EXAMPLE["data"], **changes}}).encode())


def order(**changes: Any) -> Seen:
    return replace(GOOD, path="/orders/ord_1", content=json.dumps({"data": {**ORDER, **changes}}).encode())


def answered(method: str, path: str, row: dict[str, Any], **changes: Any) -> Seen:
    return replace(GOOD, method=method, path=path, content=json.dumps({"data": {**row, **changes}}).encode())


def record(**changes: Any) -> Seen:
    return answered("PUT", "/inventory/SKU-001", RECORD, **changes)


def bulk(**changes: Any) -> Seen:
    return answered("POST", "/inventory/bulk", FAILED, **changes)


def rule(**changes: Any) -> Seen:
    return answered("PATCH", "/pricing/rules/rule_1", RULE, **changes)


def recommendations(*rows: dict[str, Any]) -> Seen:
    meta = {"total": len(rows), "page": 1, "limit": 50, "nextCursor": None}
    listed = [{**RECOMMENDATION, **row} for row in rows]
    content = json.dumps({"data": listed, "meta": meta}).encode()
    return replace(GOOD, method="GET", path="/pricing/recommendations", content=content)


def job(**changes: Any) -> Seen:
    return answered("POST", "/ai-jobs/job_1/cancel", JOB, **changes)


def found(kind: str, params: dict[str, Any], *items: dict[str, Any]) -> Seen:
    """A completed job of a type that found these items."""
    return job(type=kind, params={"skus": ["SKU-001"], **params}, **RUN, result={"items": list(items)})


def error(seen: Seen = REFUSED, **changes: Any) -> Seen:
    return replace(seen, content=json.dumps({"error": {**REFUSAL["error"], **changes}}).encode())


def headed(seen: Seen = GOOD, **changes: str | None) -> Seen:
    merged = {**seen.headers, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return replace(seen, headers={name: value for name, value in merged.items() if value is not None})


BROKEN = [
    ("ENV-01", replace(GOOD, content=json.dumps(EXAMPLE["data"]).encode())),
    ("ENV-02", product(price="14.99")),
    ("ENV-02", product(created_at="2026-01-15 10:00:00")),
    ("ENV-02", replace(GOOD, content=b"<html>")),
    ("ENV-03", headed(content_type="text/html")),
    ("ENV-04", headed(x_request_id=None)),
    ("ENV-06", product(cost=1)),
    ("ENV-07", product(updated_at="2025-01-01T00:00:00.000Z")),
    ("ENV-08", replace(GOOD, method="HEAD", path="/products")),
    ("STA-01", replace(GOOD, status=206)),
    ("STA-01", replace(GOOD, path="/nowhere", status=403)),
    ("STA-02", error(replace(REFUSED, status=500), code="INTERNAL_ERROR")),
    ("STA-03", headed(REFUSED, retry_after=None)),
    ("STA-08", replace(REFUSED, method="PUT", status=405, headers={**HEADERS, "allow": "GET"})),
    ("AUT-01", error(replace(REFUSED, status=401), code="TOKEN_INVALID")),
    ("AUT-01", headed(error(replace(REFUSED, status=401), code="TOKEN_INVALID"), www_authenticate="Bearer")),
    ("AUT-02", error(replace(REFUSED, status=403), code="INSUFFICIENT_SCOPE")),
    ("FLD-01", replace(GOOD, fields=("sku",))),
    ("RAT-01", headed(x_ratelimit_reset="soon")),
    ("RAT-01", headed(x_ratelimit_remaining="61")),
    ("RAT-02", headed(REFUSED, retry_after="3")),
    ("RAT-02", headed(REFUSED, x_ratelimit_remaining="1")),
    ("ERR-01", error(details=None)),
    ("ERR-01", error(extra=1)),
    ("ERR-02", error(code="SLOW_DOWN")),
    ("ERR-03", error(replace(REFUSED, status=400), code="VALIDATION_ERROR")),
    ("ERR-04", error(message='Traceback (most recent call last): File "x.py", line 1')),
    ("ERR-04", error(message="unknown key nxc_live_secret")),
    ("ORD-01", order(total_amount=27.97)),
    ("ORD-01", order(line_items=[{**ORDER["line_items"][0], "quantity": 3}])),
    ("ORD-02", order(line_items=[{**ORDER["line_items"][0], "shipped_quantity": 3}])),
    ("INV-01", record(total_reserved=24)),
    ("INV-01", record(warehouses=[])),
    ("INV-02", record(warehouses=[{**LEVELS[0], "available": 332}, LEVELS[1]])),
    ("INV-02", record(warehouses=[LEVELS[0], {**LEVELS[1], "available": 117}])),
    ("INV-02", record(warehouses=[{**{k: v for k, v in LEVELS[0].items() if k != "type"}, "available": 332}, LEVELS[1]])),
    ("INV-03", record(status="low")),
    ("INV-03", record(total_available=0, status="critical")),
    ("INV-03", record(total_available=15, status="low")),
    ("INV-03", record(total_available=30, status="normal")),
    ("INV-04", record(warehouses=[{**LEVELS[0], "reserved": 351}, LEVELS[1]])),
    ("INV-05", bulk(updated=1, failed=0)),
    ("INV-05", bulk(results=[{**FAILED["results"][0], "error": None}])),
    ("INV-05", bulk(results=[{**FAILED["results"][0], "inventory": RECORD}])),
    ("INV-01", bulk(results=[{**FAILED["results"][0], "inventory": {**RECORD, "total_on_hand": 1}}])),
    ("PRC-01", rule(applies_to="category")),
    ("PRC-01", rule(skus=["SKU-001"])),
    ("PRC-02", recommendations({}, {"id": "rec_01KC3V8WZT9GQ0M5X2R7YB4E6J"})),
    ("JOB-01", job(started_at=RUN["started_at"])),
    ("JOB-01", job(**{**RUN, "started_at": None}, result=REPRICED)),
    ("JOB-01", job(**{**RUN, "completed_at": "2026-03-12T14:32:02.000Z"}, result=REPRICED)),
    ("JOB-02", job(**RUN)),
    ("JOB-02", job(result=REPRICED)),
    ("JOB-02", job(**RUN, result={"items": []})),
    ("JOB-03", job(**RUN | {"status": "failed"})),
    ("JOB-03", job(error={"code": "X", "message": "x"})),
    ("JOB-04", job(params={"skus": ["SKU-001"], "lookback_days": 7})),
    ("JOB-05", job(**RUN, result={**REPRICED, "applied_count": 2})),
    ("JOB-05", found("return_classify", {"lookback_days": 7}, {**RETURNS, "returns_classified": 4})),
    ("JOB-05", found("llm_visibility_score", {"assistants": ["ChatGPT"]}, {**SEEN, "score": 72})),
    ("JOB-05", found("competitor_scan", {"marketplace": "bol"}, {**OFFERS, "lowest_price": None})),
    ("JOB-05", found("return_classify", {"lookback_days": 7}, RETURNS, RETURNS)),
    ("JOB-05", found("return_classify", {"lookback_days": 7}, {**RETURNS, "sku": "SKU-002"})),
]


KEPT = [
    *(GOOD, REFUSED, product(), order(), record(), bulk(), rule(), job()),
    record(total_on_hand=0, total_reserved=0, total_available=0, status="out_of_stock", warehouses=[]),
    rule(applies_to="skus", skus=["SKU-001"]),
    recommendations({}, {"status": "dismissed"}, {"marketplace": "bol"}),
    job(**RUN, result=REPRICED),
    job(status="cancelled", completed_at=RUN["completed_at"]),
    job(**RUN | {"status": "failed"}, error={"code": "X", "message": "x"}),
    found("return_classify", {"lookback_days": 7}, RETURNS),
    found("llm_visibility_score", {"assistants": ["ChatGPT"]}, SEEN),
    found("competitor_scan", {"marketplace": "bol"}, OFFERS),
]


@pytest.mark.parametrize("seen", KEPT)
def test_a_good_answer_keeps_every_law(seen: Seen) -> None:
    assert [(rule, found) for rule, found in judge(seen) if found] == []


@pytest.mark.parametrize(("rule", "seen"), BROKEN, ids=[rule for rule, _ in BROKEN])
def test_a_law_finds_its_breach(rule: str, seen: Seen) -> None:
    assert rule in {broken for broken, found in judge(seen) if found}


def test_every_law_has_a_breach_here() -> None:
    assert {rule for rule, _ in BROKEN} == set(LAWS)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"5", b'{"data": 5}', b'{"data": [5]}', b'{"error": 5}', b"\xff", b"[" * 100_000]
)
@pytest.mark.parametrize("status", [200, 400, 429, 500])
def test_no_answer_breaks_the_judge(content: bytes, status: int) -> None:
    seen = Seen("GET", "/products", None, None, status, {}, content)

    assert any(found for _, found in judge(seen))
