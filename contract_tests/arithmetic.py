"""The laws of resources: what one row of any answer promises by itself. Sums, statuses, timestamps, and what fits a type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from contract_tests.document import CONTRACT, JOBS
from contract_tests.seen import Found, Row, Seen, breaches, of

OWN = "own"  # the warehouse type in which the safety stock is kept; the type of a warehouse that tells none
MOST = 3  # lines of one finding


def _rows(seen: Seen, *members: str) -> list[Row]:
    """The rows of the answer that have these members, those within the results of a bulk included."""
    outcomes = [outcome for row in seen.rows for outcome in row.get("results", ())]
    rows = [*seen.rows, *outcomes, *(outcome["inventory"] or {} for outcome in outcomes)]
    return [row for row in rows if set(members) <= set(row)]


def _law(members: str, look: Callable[[Row], Iterable[str]]) -> Callable[[Seen], Found]:
    """A law of every row that has these members."""

    def law(seen: Seen) -> Found:
        rows = _rows(seen, *members.split())
        return [f"{of(row)}: {line}" for row in rows for line in look(row)][:MOST] if rows else None

    return law


def _cents(amount: Any) -> Decimal:
    return Decimal(str(amount)) * 100


def _order_adds_up(order: Row) -> Iterator[str]:
    for item in order["line_items"]:
        if _cents(item["line_total"]) != item["quantity"] * _cents(item["unit_price"]):
            yield f"{item['quantity']} × {item['unit_price']} is not {item['line_total']}"
    total = sum(_cents(item["line_total"]) for item in order["line_items"]) + _cents(order["shipping_amount"])
    if _cents(order["total_amount"]) != total:
        yield f"lines and shipping make {total / 100}, total_amount is {order['total_amount']}"


def _shipment_stays_within_order(order: Row) -> Iterator[str]:
    for item in order["line_items"]:
        if not 0 <= item["shipped_quantity"] <= item["quantity"]:
            yield f"{item['external_line_item_id']}: {item['shipped_quantity']} of {item['quantity']} shipped"


def _totals_are_sums(record: Row) -> Iterator[str]:
    for member in ("on_hand", "reserved", "available"):
        total = sum(level[member] for level in record["warehouses"])
        if record[f"total_{member}"] != total:
            yield f"total_{member} is {record[f'total_{member}']}, the warehouses have {total}"


def _availability(record: Row) -> Iterator[str]:
    for level in record["warehouses"]:
        safety = record["safety_stock"] if level.get("type", OWN) == OWN else 0
        expected = level["on_hand"] - level["reserved"] - safety
        if level["available"] != expected:
            yield f"{level['available']} available in {level['name']}, expected {expected}"


def stock_status(available: int, safety: int) -> str:
    """The status of a record, by total_available and safety_stock."""
    if available <= 0:
        return "out_of_stock"
    if available <= safety:
        return "critical"
    return "low" if available <= 2 * safety else "normal"


def _status_follows(record: Row) -> Iterator[str]:
    expected = stock_status(record["total_available"], record["safety_stock"])
    if record["status"] != expected:
        numbers = f"{record['total_available']} available and a safety stock of {record['safety_stock']}"
        yield f"{record['status']} with {numbers}, expected {expected}"


def _reserved_is_on_hand(record: Row) -> Iterator[str]:
    for level in record["warehouses"]:
        if level["reserved"] > level["on_hand"]:
            yield f"{level['reserved']} reserved of {level['on_hand']} in {level['name']}"


def _bulk_is_counted(outcomes: Row) -> Iterator[str]:
    found = Counter(row["status"] for row in outcomes["results"])
    for status in ("updated", "failed"):
        if outcomes[status] != found[status]:
            yield f"{status} is {outcomes[status]}, {found[status]} results are"
    for row in outcomes["results"]:
        if (row["status"] == "updated") == (row["inventory"] is None) or (row["status"] == "failed") == (
            row["error"] is None
        ):
            yield f"{row['sku']} is {row['status']} with inventory {row['inventory'] and '…'} and error {row['error']}"


def _rule_is_whole(rule: Row) -> Iterator[str]:
    for member in ("category", "skus"):
        if (rule["applies_to"] == member) == (rule[member] is None):
            yield f"applies to {rule['applies_to']} with {member} {rule[member]}"


def _one_is_pending(seen: Seen) -> Found:
    rows = _rows(seen, "sku", "marketplace", "status", "recommended_price")
    pending = Counter((row["sku"], row["marketplace"]) for row in rows if row["status"] == "pending")
    return (
        [f"{count} pending for {sku} on {there}" for (sku, there), count in pending.items() if count > 1] if rows else None
    )


# Job status -> whether it has begun and whether it has ended; None where both may be.
_TIMES: Mapping[str, tuple[bool | None, bool | None]] = {
    "queued": (False, False),
    "running": (True, False),
    "completed": (True, True),
    "failed": (None, True),
    "cancelled": (None, None),
}


def _times_are_ordered(job: Row) -> Iterator[str]:
    for member, expected in zip(("started_at", "completed_at"), _TIMES[job["status"]], strict=True):
        if expected is not None and (job[member] is not None) != expected:
            yield f"{job['status']} with {member} {job[member]}"
    stamps = [job[name] for name in ("created_at", "started_at", "completed_at") if job[name]]
    if stamps != sorted(stamps):
        yield f"created, started and completed at {', '.join(stamps)}"


def _result_fits(job: Row) -> Iterator[str]:
    if (job["result"] is None) == (job["status"] == "completed"):
        yield f"{job['status']} with result {str(job['result'])[:60]}"
    if job["result"] is not None:
        yield from breaches(CONTRACT.schemas.named(f"{JOBS[job['type']]}Result"), job["result"])


def _error_fits(job: Row) -> Iterator[str]:
    if (job["error"] is None) == (job["status"] == "failed"):
        yield f"{job['status']} with error {job['error']}"


def _params_fit(job: Row) -> Iterator[str]:
    yield from breaches(CONTRACT.schemas.named(f"{JOBS[job['type']]}Params"), job["params"])


def _returns_add_up(item: Row) -> Iterator[str]:
    counts = [reason["count"] for reason in item["reasons"]]
    if item["returns_classified"] != sum(counts):
        yield f"{item['sku']} has {item['returns_classified']} returns, its reasons count {sum(counts)}"


def _score_is_the_mean(item: Row) -> Iterator[str]:
    scores = [each["score"] for each in item["assistants"]]
    if abs(item["score"] - sum(scores) / len(scores)) > 0.5:
        yield f"{item['sku']} has the score {item['score']}, its assistants {scores}"


def _lowest_is_the_least(item: Row) -> Iterator[str]:
    prices = [offer["price"] for offer in item["competitors"]]
    if item["lowest_price"] != min(prices, default=None):
        yield f"{item['sku']} has lowest_price {item['lowest_price']} of {prices}"


_ITEMS: Mapping[str, Callable[[Row], Iterator[str]]] = {
    "return_classify": _returns_add_up,
    "llm_visibility_score": _score_is_the_mean,
    "competitor_scan": _lowest_is_the_least,
}


def _result_adds_up(job: Row) -> Iterator[str]:
    result = job["result"] or {}
    if result.get("applied_count", 0) > len(result.get("recommendation_ids", ())):
        yield f"{result['applied_count']} applied of {len(result['recommendation_ids'])}"
    skus = [item["sku"] for item in result.get("items", ())]
    if set(skus) - set(job["params"]["skus"]) or len(set(skus)) < len(skus):
        yield f"items for {skus}, asked for {job['params']['skus']}"
    for item in result.get("items", ()):
        yield from _ITEMS[job["type"]](item) if job["type"] in _ITEMS else ()


LAWS: dict[str, Callable[[Seen], Found]] = {
    "ORD-01": _law("total_amount shipping_amount line_items", _order_adds_up),
    "ORD-02": _law("line_items", _shipment_stays_within_order),
    "INV-01": _law("warehouses total_on_hand total_reserved total_available", _totals_are_sums),
    "INV-02": _law("warehouses safety_stock", _availability),
    "INV-03": _law("total_available safety_stock status", _status_follows),
    "INV-04": _law("warehouses", _reserved_is_on_hand),
    "INV-05": _law("updated failed results", _bulk_is_counted),
    "PRC-01": _law("applies_to category skus", _rule_is_whole),
    "PRC-02": _one_is_pending,
    "JOB-01": _law("status created_at started_at completed_at", _times_are_ordered),
    "JOB-02": _law("type status result", _result_fits),
    "JOB-03": _law("status result error", _error_fits),
    "JOB-04": _law("type params", _params_fit),
    "JOB-05": _law("type params result", _result_adds_up),
}
