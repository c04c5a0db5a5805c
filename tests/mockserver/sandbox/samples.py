"""What a control API holds, by hand: two worlds, requests of many statuses, deliveries in all states, faults.

One name in it would like to be markup."""

from __future__ import annotations

from typing import Any

from nexuscommerce.contract import load

BAZAAR, KONTOR = "0c3d8f6b-fa2a-497a-badf-5623ba279022", "8cd8f3f1-e373-43cc-af86-6ff3eb97cdf6"
OWNER, VIEWER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
HOSTILE = "<script>alert('x')</script>\"'&"
TOKEN, WORLDS_TOKEN = "nxs_the_whole_sandbox_0001", "nxw_the_world_of_the_bazaar_1"
NOW = "2026-03-12T14:32:01.123Z"
KEY, SECRET, PASSWORD = "nxc_live_4f0a5b6c7d8e9f00", "whsec_5f1d7a0c9b8e7d6c", "an-owner's-password"
COUNTS = {"products": 62, "orders": 80, "warehouses": 8, "inventory": 62, "rules": 30, "recommendations": 25, "jobs": 14}


def world(id_: str, name: str, plan: str = "enterprise", **counts: int) -> dict[str, Any]:
    return {
        "id": id_,
        "name": name,
        "plan": plan,
        "currency": "USD",
        "fixtures": "grand-bazaar",
        "created_at": "2026-03-01T08:00:00.000Z",
        "last_used_at": NOW,
        "expires_at": None,
        "counts": {**COUNTS, **counts},
    }


def summary(number: int, method: str, path: str, status: int | None, code: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": f"log_{number:04}",
        "request_id": f"req-{number}",
        "world_id": BAZAAR,
        "at": f"2026-03-12T14:{number % 60:02}:07.418Z",
        "method": method,
        "path": path,
        "query": "",
        "operation_id": "listOrders",
        "status": status,
        "error_code": code,
        "message": f"What {code} says" if code else None,
        "duration_ms": 0.7 + number * 3.1,
        "caller": "key_01J9ZK3V8Q4T7W2X5Y6Z8A9B0C",
        "fault": None,
        **more,
    }


LOG = [
    summary(9, "GET", "/api/orders", 200, query="status=shipped&limit=25"),
    summary(8, "POST", "/api/products", 201, operation_id="createProduct"),
    summary(7, "PUT", "/api/inventory/SKU-001", 409, "STOCK_BELOW_RESERVED", operation_id="setInventory"),
    summary(6, "GET", "/api/orders/ord_01HXK9MZPQ3B8C7D2E5F6G", 429, "RATE_LIMITED", fault="flt_01"),
    summary(5, "GET", f"/api/products/{HOSTILE}", 404, "RESOURCE_NOT_FOUND", query=f"fields={HOSTILE}", caller=HOSTILE),
    summary(4, "POST", "/api/orders/ord_01/shipments", 503, "INTERNAL_ERROR", fault="prefer"),
    summary(3, "GET", "/api/products", None, fault="flt_02"),
    summary(2, "DELETE", "/api/products/SKU-002", 204, operation_id="deleteProduct"),
    summary(1, "GET", "/api/products", 401, "TOKEN_INVALID", world_id=None, caller="127.0.0.1"),
]


def message(body: str | None, *headers: tuple[str, str]) -> dict[str, Any]:
    return {"headers": [list(pair) for pair in headers], "body": body, "truncated": False}


def delivery(id_: str, state: str, status: int | None = None, error: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "endpoint_id": "end_01",
        "type": "order.created",
        "resource": "order ord_01HXK9MZPQ3B8C7D2E5F6G",
        "state": state,
        "tries": 3 if state == "failed" else 1,
        "due_at": "2026-03-12T14:40:00.000Z",
        "updated_at": NOW,
        "last_status": status,
        "last_error": error,
        "test": False,
        "url": "http://127.0.0.1:3000/webhooks",
        "request": None,
        "response": None,
        **more,
    }


def fault(id_: str, **more: Any) -> dict[str, Any]:
    members = ("operation_id", "method", "path", "key_id", "times", "code", "status", "retry_after", "delay", "connection")
    return {"id": id_, **dict.fromkeys(members), "share": 1, "seed": 0, "applied": 0, **more}


def user(id_: str, email: str, role: str) -> dict[str, Any]:
    return {"id": id_, "email": email, "name": email.split("@")[0].title(), "role": role}


def key(id_: str, name: str, *scopes: str, **more: Any) -> dict[str, Any]:
    bounds: dict[str, Any] = {"expires_at": None, "revoked_at": None, "allowlist": [], "rate_limit": None}
    return {"id": id_, "prefix": KEY[:13], "name": name, "scopes": list(scopes), **bounds, "created_at": NOW, **more}


def coverage() -> dict[str, Any]:
    """Every status of every operation; the first two of the first operations were seen."""
    rows: list[dict[str, Any]] = []
    for place, operation in enumerate(load().operations.values()):
        statuses: list[dict[str, Any]] = [
            {"status": status, "requests": 3 + place if n < 2 and place < 9 else 0, "codes": {}}
            for n, status in enumerate(sorted(operation.responses))
        ]
        for status in statuses:
            if status["status"] >= 400 and status["requests"]:
                status["codes"] = {"VALIDATION_ERROR": status["requests"]}
        rows.append(
            {
                "operation_id": operation.id,
                "method": operation.method,
                "path": operation.path,
                "requests": sum(status["requests"] for status in statuses),
                "statuses": statuses,
            }
        )
    pairs = [status["requests"] for row in rows for status in row["statuses"]]
    return {"world_id": None, "operations": rows, "exercised": sum(map(bool, pairs)), "possible": len(pairs)}


ENDPOINT = {
    "id": "end_01",
    "url": "http://127.0.0.1:3000/webhooks",
    "events": ["order.created", "order.updated"],
    "paused": False,
    "created_at": NOW,
    "rotated_until": None,
}
DELIVERIES = [
    delivery("del_01", "pending", 503, "503 Service Unavailable"),
    delivery("del_02", "delivered", 204),
    delivery("del_03", "failed", None, f"no connection: {HOSTILE}"),
    delivery("del_04", "delivered", 200, test=True, type="product.updated", resource="product SKU-001"),
]
FAULTS = [
    fault("flt_01", operation_id="getOrder", code="RATE_LIMITED", status=429, retry_after=2, times=3, applied=3),
    fault("flt_02", method="GET", path="/products*", connection="drop", share=0.25, seed=7, applied=12),
    fault("flt_03", delay={"min_ms": 500, "max_ms": 1500}, key_id="key_01"),
]
KEYS = [
    key("key_01", "everything", "*"),
    key("key_02", HOSTILE, "products:read", "orders:read", expires_at=NOW, allowlist=["10.0.0.0/8"]),
    key("key_04", "old", "*", revoked_at=NOW, rate_limit={"per_minute": 10, "per_hour": 100}),
]
ORDER = {
    "id": "ord_01HXK9MZPQ3B8C7D2E5F6G",
    "status": "pending",
    "marketplace": "amazon_us",
    "fulfillment_method": "FBM",
    "total_amount": 27.98,
    "currency": "USD",
    "created_at": NOW,
}
