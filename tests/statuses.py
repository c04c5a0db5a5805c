"""Every operation with every status that the document lists for it, provoked in a mock of the test's own process.

`python -m tests.statuses` prints the report: operations down, statuses across, what was provoked and what is missing.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from mockserver import handlers
from mockserver.store.backend import unavailable
from nexuscommerce.contract import Contract, Operation, load
from tests.inside import Inside, open_inside

REHEARSAL = 3  # the tenant, as the world numbers them
UNKNOWN = "01HXK9MZPQ3B8C7D2E5F6G7H8J"


class Case(NamedTuple):
    """An operation and a status that it lists."""

    operation: Operation
    status: int

    def __str__(self) -> str:
        return f"{self.operation.id} {self.status}"


class Request(NamedTuple):
    """What fills the operation's path, and what goes into its body."""

    path: Mapping[str, str] = {}
    body: Any = None


def cases(contract: Contract) -> list[Case]:
    return [Case(operation, status) for operation in contract.operations.values() for status in operation.responses]


def provoke(inside: Inside, case: Case) -> httpx.Response:
    """The answer to a request that should have this status."""
    if case.status == case.operation.success:
        return _send(inside, case.operation, _VALID[case.operation.id](inside))
    return _PROVOKE[case.status](inside, case.operation)


def _send(inside: Inside, operation: Operation, sent: Request, **options: Any) -> httpx.Response:
    path = "/api" + operation.path.format_map(sent.path)
    if sent.body is not None and "content" not in options:
        options["json"] = sent.body
    return inside.call(operation.method, path, tenant=REHEARSAL, **options)


def _valid(inside: Inside, operation: Operation, **options: Any) -> httpx.Response:
    return _send(inside, operation, _VALID[operation.id](inside), **options)


def _find(inside: Inside, path: str, **query: str) -> dict[str, Any]:
    """The first row of a list."""
    response = inside.call("GET", f"/api{path}", tenant=REHEARSAL, params={**query, "limit": "1"})
    row: dict[str, Any] = response.json()["data"][0]
    return row


def _order(inside: Inside, status: str, method: str = "FBM") -> Request:
    return Request({"orderId": _find(inside, "/orders", status=status, fulfillment_method=method)["id"]})


def _shipment(inside: Inside, status: str, method: str = "FBM", quantity: int = 1) -> Request:
    order = _find(inside, "/orders", status=status, fulfillment_method=method)
    lines = [{"external_line_item_id": order["line_items"][0]["external_line_item_id"], "quantity": quantity}]
    body = {"carrier": "DHL", "tracking_number": "1", "shipped_date": "2026-03-12T10:00:00Z", "line_items": lines}
    return Request({"orderId": order["id"]}, body)


def _warehouse(inside: Inside, kind: str) -> str:
    rows = inside.call("GET", "/api/inventory/warehouses", tenant=REHEARSAL).json()["data"]
    return next(str(row["id"]) for row in rows if row["type"] == kind)


def _level(inside: Inside, kind: str = "own", quantity: int = 5000) -> Request:
    return Request(
        {"sku": "SKU-001"}, {"warehouse_id": _warehouse(inside, kind), "quantity": quantity, "reason": "correction"}
    )


def _below_reserved(inside: Inside) -> Request:
    rows = inside.call("GET", "/api/inventory", tenant=REHEARSAL, params={"limit": "200"}).json()["data"]
    held = [
        (row["sku"], level)
        for row in rows
        for level in row["warehouses"]
        if level["type"] in ("own", "3PL") and level["reserved"]
    ]
    sku, level = held[0]
    return Request({"sku": sku}, {"warehouse_id": level["warehouse_id"], "quantity": 0, "reason": "correction"})


_SKU = Request({"sku": "SKU-001"})
_RULE = {
    "name": "x",
    "type": "floor",
    "value": 1,
    "value_type": "fixed",
    "applies_to": "all",
    "marketplace": "all",
    "priority": 1,
}
_JOB = {"type": "competitor_scan", "params": {"skus": ["SKU-001"], "marketplace": "amazon_us"}}
_REPRICE = {"skus": ["SKU-001"], "marketplace": "amazon_us"}


def _rule(inside: Inside, body: Any = None) -> Request:
    return Request({"ruleId": _find(inside, "/pricing/rules")["id"]}, body)


def _job(inside: Inside, status: str) -> Request:
    return Request({"jobId": _find(inside, "/ai-jobs", status=status)["id"]})


_VALID: Mapping[str, Callable[[Inside], Request]] = {
    "getHealth": lambda _: Request(),
    "listProducts": lambda _: Request(),
    "createProduct": lambda _: Request({}, {"sku": "NEW-1", "title": "New", "price": 1}),
    "getProduct": lambda _: _SKU,
    "updateProduct": lambda _: _SKU._replace(body={"price": 2}),
    "deleteProduct": lambda _: _SKU,
    "listOrders": lambda _: Request(),
    "getOrder": lambda inside: _order(inside, "pending"),
    "updateOrder": lambda inside: _order(inside, "pending")._replace(body={"status": "confirmed"}),
    "confirmShipment": lambda inside: _shipment(inside, "confirmed"),
    "cancelOrder": lambda inside: _order(inside, "pending"),
    "listInventory": lambda _: Request(),
    "getInventory": lambda _: _SKU,
    "setInventory": _level,
    "bulkSetInventory": lambda inside: Request({}, {"updates": [{**_level(inside).body, "sku": "SKU-001"}]}),
    "listWarehouses": lambda _: Request(),
    "listPricingRules": lambda _: Request(),
    "createPricingRule": lambda _: Request({}, _RULE),
    "getPricingRule": _rule,
    "updatePricingRule": lambda inside: _rule(inside, {"priority": 5}),
    "deletePricingRule": _rule,
    "recalculatePrices": lambda _: Request({}, _REPRICE),
    "listRecommendations": lambda _: Request(),
    "dispatchJob": lambda _: Request({}, _JOB),
    "listJobs": lambda _: Request(),
    "getJob": lambda inside: _job(inside, "completed"),
    "cancelJob": lambda inside: _job(inside, "queued"),
}
_UNKNOWN = {"sku": "NO-SUCH", "orderId": f"ord_{UNKNOWN}", "ruleId": f"rule_{UNKNOWN}", "jobId": f"job_{UNKNOWN}"}
_UNKNOWN_BODIES = {
    "recalculatePrices": {**_REPRICE, "skus": ["NO-SUCH"]},
    "dispatchJob": {**_JOB, "params": {**_REPRICE, "skus": ["NO-SUCH"]}},
}
# operationId -> error.code -> a request that the state of things forbids.
CONFLICTS: Mapping[str, Mapping[str, Callable[[Inside], Request]]] = {
    "createProduct": {"SKU_ALREADY_EXISTS": lambda _: Request({}, {"sku": "SKU-001", "title": "x", "price": 1})},
    "updateOrder": {
        "INVALID_STATE_TRANSITION": lambda inside: _order(inside, "shipped")._replace(body={"status": "pending"})
    },
    "confirmShipment": {
        "INVALID_STATE_TRANSITION": lambda inside: _shipment(inside, "pending"),
        "FULFILLMENT_NOT_BY_MERCHANT": lambda inside: _shipment(inside, "confirmed", "FBA"),
        "SHIPMENT_EXCEEDS_ORDER": lambda inside: _shipment(inside, "confirmed", quantity=1_000_000),
    },
    "cancelOrder": {"INVALID_STATE_TRANSITION": lambda inside: _order(inside, "shipped")},
    "setInventory": {
        "WAREHOUSE_READ_ONLY": lambda inside: _level(inside, "FBA"),
        "STOCK_BELOW_RESERVED": _below_reserved,
    },
    "cancelJob": {"INVALID_STATE_TRANSITION": lambda inside: _job(inside, "completed")},
}


def conflict(inside: Inside, operation: Operation, code: str) -> httpx.Response:
    return _send(inside, operation, CONFLICTS[operation.id][code](inside))


def _missing(inside: Inside, operation: Operation) -> httpx.Response:
    sent = _VALID[operation.id](inside)
    return _send(inside, operation, Request(_UNKNOWN, _UNKNOWN_BODIES.get(operation.id, sent.body)))


def _exhausted(inside: Inside, operation: Operation) -> httpx.Response:
    while inside.call("GET", "/api/products", key="quota", tenant=REHEARSAL).status_code != 429:
        pass
    return _valid(inside, operation, key="quota")


def _broken(inside: Inside, operation: Operation, why: Exception | None = None) -> httpx.Response:
    """With its handler exchanged for one that fails."""

    def fail(*_: Any) -> Any:
        raise why or RuntimeError("broken on purpose")

    table: Any = handlers.OPEN_OPERATIONS if operation.id in handlers.OPEN_OPERATIONS else handlers.OPERATIONS
    sent = _VALID[operation.id](inside)
    whole, table[operation.id] = table[operation.id], fail
    try:
        return _send(inside, operation, sent)
    finally:
        table[operation.id] = whole


_TEXT = {"Content-Type": "text/plain"}
_LARGE = {"content": b'"' + b"x" * 1_048_576 + b'"', "headers": {"Content-Type": "application/json"}}
_PROVOKE: Mapping[int, Callable[[Inside, Operation], httpx.Response]] = {
    400: lambda inside, operation: _valid(inside, operation, params={"no_such": "parameter"}),
    401: lambda inside, operation: _valid(inside, operation, key=None),
    403: lambda inside, operation: _valid(inside, operation, key="nothing"),
    404: _missing,
    409: lambda inside, operation: conflict(inside, operation, next(iter(CONFLICTS[operation.id]))),
    413: lambda inside, operation: _valid(inside, operation, **_LARGE),
    415: lambda inside, operation: _valid(inside, operation, content=b"{}", headers=_TEXT),
    429: _exhausted,
    500: _broken,
    503: lambda inside, operation: _broken(inside, operation, unavailable(OSError("away on purpose"))),
}


def faults(case: Case, response: httpx.Response) -> list[str]:
    """What is wrong with the answer: its status, its headers, its body."""
    found = [] if response.status_code == case.status else [f"{case}: answered {response.status_code} {response.text[:200]}"]
    promised = case.operation.responses[case.status]
    missing = [name for name, row in promised["headers"].items() if name not in response.headers and _required(case, row)]
    found += [f"{case}: no header {name}" for name in missing]
    content = promised.get("content", {}).get("application/json")
    if content and not found:
        validator = case.operation.schemas.validator(content["schema"])
        found += [f"{case}: {error.message[:200]}" for error in validator.iter_errors(response.json())]
    return found


def _required(case: Case, header: Mapping[str, Any]) -> bool:
    return bool(case.operation.schemas.resolve(header).get("required"))


def main() -> int:
    """Provoke everything, and print what came of it; the exit code is 1 if anything is missing."""
    contract = load()
    logging.disable()
    seen: dict[str, dict[int, bool]] = {name: {} for name in contract.operations}
    wrong: list[str] = []
    for case in cases(contract):
        with tempfile.TemporaryDirectory() as directory:
            inside = open_inside(Path(directory), contract)
            found = faults(case, provoke(inside, case))
            inside.database.close()
        seen[case.operation.id][case.status] = not found
        wrong += found
    statuses = sorted({status for row in seen.values() for status in row})
    print(f"{'operation':<22}" + "".join(f"{status:>5}" for status in statuses))
    for name, row in seen.items():
        print(f"{name:<22}" + "".join(f"{('ok' if row[s] else 'NO') if s in row else '·':>5}" for s in statuses))
    total = sum(len(row) for row in seen.values())
    print(f"{total - len(wrong)} of {total} operations × statuses seen; missing: {len(wrong)}", *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
