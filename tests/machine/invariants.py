"""What must hold after every request, whatever came before: the arithmetic of the contract, said of what can be read.

No model is needed for these, so any test that has read everything can ask for them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

Row = Mapping[str, Any]
OPEN = ("pending", "confirmed", "processing")


def record_adds_up(record: Row) -> None:
    """available = on_hand - reserved, in own warehouses less the safety stock; totals are sums; the status follows."""
    safety = record["safety_stock"]
    for level in record["warehouses"]:
        assert 0 <= level["reserved"] <= level["on_hand"], record
        buffer = safety if level["type"] == "own" else 0
        assert level["available"] == level["on_hand"] - level["reserved"] - buffer, record
    for name in ("on_hand", "reserved", "available"):
        assert record[f"total_{name}"] == sum(level[name] for level in record["warehouses"]), record
    available = record["total_available"]
    limits = (("out_of_stock", 0), ("critical", safety), ("low", 2 * safety))
    assert record["status"] == next((name for name, limit in limits if available <= limit), "normal"), record


def order_adds_up(order: Row) -> None:
    """total_amount = sum of line_total + shipping_amount; no more is shipped than was ordered, all of it once shipped."""
    total = sum(round(line["line_total"] * 100) for line in order["line_items"]) + round(order["shipping_amount"] * 100)
    assert total == round(order["total_amount"] * 100), order
    for line in order["line_items"]:
        assert 0 <= line["shipped_quantity"] <= line["quantity"], order
        assert round(line["line_total"] * 100) == round(line["unit_price"] * 100) * line["quantity"], order
    if order["status"] in ("shipped", "delivered", "completed") and order["fulfillment_method"] == "FBM":
        assert all(line["shipped_quantity"] == line["quantity"] for line in order["line_items"]), order
    if order["status"] in ("pending", "confirmed"):
        assert all(line["shipped_quantity"] == 0 for line in order["line_items"]), order


def reserved_is_what_open_orders_wait_for(records: Iterable[Row], orders: Iterable[Row], *, exactly: bool = True) -> None:
    """reserved, in total, = what is left to ship of open orders. With products that were deleted and made anew
    (`exactly` false) it can be less: the new one has nothing to do with the old one's orders."""
    waiting: Counter[str] = Counter()
    for order in orders:
        if order["status"] in OPEN:
            for line in order["line_items"]:
                waiting[line["sku"]] += line["quantity"] - line["shipped_quantity"]
    for record in records:
        left, reserved = waiting[record["sku"]], record["total_reserved"]
        assert reserved == left if exactly else reserved <= left, f"{record}: open orders wait for {left}"


def every_product_has_a_record(products: Sequence[Row], records: Sequence[Row]) -> None:
    """One record for each product, with its title; no SKU twice."""
    titles = {product["sku"]: product["title"] for product in products}
    assert len(titles) == len(products)
    assert titles == {record["sku"]: record["title"] for record in records}
    assert len(records) == len(products)


def prices_agree(products: Iterable[Row], recommendations: Iterable[Row]) -> None:
    """Of a SKU and marketplace one recommendation at most is pending, and its current_price is the price there now.
    `products` are details, with their listings."""
    prices = {product["sku"]: product["price"] for product in products}
    listed = {(row["sku"], it["marketplace"]): it["price"] for row in products for it in row["listings"]}
    seen = set()
    for row in recommendations:
        assert 0 <= row["recommended_price"], row
        if row["status"] == "pending":
            place = (row["sku"], row["marketplace"])
            assert place not in seen, f"{place} has two pending recommendations"
            seen.add(place)
            assert row["sku"] in prices, f"{row} is for a product that is gone"
            assert listed.get(place, prices[row["sku"]]) == row["current_price"], f"{row}: the price there is another"


def jobs_keep_order(jobs: Iterable[Row], now: str, *, since: str) -> None:
    """Two run at a time at most (of those created `since` then); a job is queued for a second, then runs, then ends."""
    running = 0
    for job in jobs:
        status, created, started, ended = (job[name] for name in ("status", "created_at", "started_at", "completed_at"))
        running += status == "running" and created >= since
        assert (job["result"] is not None) == (status == "completed"), job
        assert (job["error"] is not None) == (status == "failed"), job
        assert (ended is not None) == (status in ("completed", "failed", "cancelled")), job
        assert status != "queued" or started is None, job
        assert status not in ("running", "completed", "failed") or started is not None, job
        if created >= since:
            ready = datetime.fromisoformat(created) + timedelta(seconds=1)
            assert started is None or datetime.fromisoformat(started) >= ready, job
            instants = [instant for instant in (created, started, ended) if instant]
            assert sorted(instants) == instants, job
            assert instants[-1] <= now, job
    assert running <= 2, f"{running} jobs run at a time"
