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
]


@pytest.mark.parametrize("seen", [GOOD, REFUSED, product(), order()])
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
