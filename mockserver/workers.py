"""The AI workers: they take the steps of a tenant's jobs that are due, each at its own instant and in its order.

Every request first lets them catch up with the clock, and so does the delivery worker between requests. What they do
depends on the steps' own instants, never on when they are called: a restart changes nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from mockserver.domain import instants
from mockserver.domain.clocks import Clocks
from mockserver.domain.findings import findings
from mockserver.domain.jobs import PICKUP, WAITING, WORKERS, duration, estimate, failure
from mockserver.domain.pricing import Market, cents, competitors, concerning, recommendation
from mockserver.ids import new_id
from mockserver.store.database import Database
from mockserver.store.shop import Row, Shop

_PRODUCT = ("id", "sku", "title", "description", "category", "price", "cost_price")


def catch_up(database: Database, tenant: str, now: datetime) -> None:
    """Take every step of the tenant's jobs that is due by now."""
    at = instants.text(now)
    if database.wakes(tenant, at):
        with database.shop(tenant, writes=True) as shop:
            while job := shop.queue.due(at):
                step(shop, job)


def catch_up_everywhere(database: Database, clocks: Clocks) -> None:
    """The same for every world, each by its own clock."""
    for tenant, at in database.waking(instants.text(clocks.latest())):
        if at <= instants.text(now := clocks.now(tenant)):
            catch_up(database, tenant, now)


def step(shop: Shop, job: Row) -> None:
    """A queued job is ready to run; a running one has come to its end."""
    at = job["wakes_at"]
    if job["status"] == "queued":
        shop.update("ai-jobs", job["id"], {"wakes_at": WAITING})
    else:
        _end(shop, job, at)
    start(shop, at)


def start(shop: Shop, at: str) -> None:
    """Give the workers that are free the jobs that wait, the first ones first."""
    free = WORKERS - len(shop.queue.ends())
    for job in shop.queue.waiting()[: max(free, 0)]:
        ends = instants.text(instants.parse(at) + timedelta(milliseconds=job["lasts"]))
        shop.update("ai-jobs", job["id"], {"status": "running", "started_at": at, "wakes_at": ends})


def dispatch(shop: Shop, now: datetime, type_: str, params: Row, priority: str) -> Row:
    """Queue a job; it is ready to run PICKUP from now."""
    job_id, ready = new_id("job", now), now + PICKUP
    lasts = duration(job_id, type_)
    ends = estimate(shop.queue.ends(), shop.queue.ahead(priority), ready, lasts)
    job = {
        "id": job_id,
        "type": type_,
        "status": "queued",
        "priority": priority,
        "params": params,
        "created_at": instants.text(now),
        "estimated_completion_at": instants.text(ends),
        "started_at": None,
        "completed_at": None,
        "result": None,
        "error": None,
    }
    shop.insert("ai-jobs", job | {"lasts": lasts // timedelta(milliseconds=1), "wakes_at": instants.text(ready)})
    return job


def finish(shop: Shop, job_id: str, at: str) -> None:
    """End a job now, whatever its queue looks like."""
    job = shop.queue.one(job_id)
    shop.update("ai-jobs", job_id, {"status": "running", "started_at": at})
    _end(shop, job, at)
    start(shop, at)


def _end(shop: Shop, job: Row, at: str) -> None:
    known = shop.some("products", _PRODUCT, "sku", job["params"]["skus"])
    products = [known[sku] for sku in job["params"]["skus"] if sku in known]
    error = failure(job["params"], known)
    changes: dict[str, Any] = {"completed_at": at, "wakes_at": None}
    if error:
        changes |= {"status": "failed", "error": error}
    else:
        changes |= {"status": "completed", "result": _result(shop, job, products, at)}
    shop.update("ai-jobs", job["id"], changes)
    shop.emit(f"ai_job.{changes['status']}", at, [job["id"]])


def _result(shop: Shop, job: Row, products: list[Row], at: str) -> Row:
    if job["type"] != "pricing_recalculate":
        return findings(job, products)
    return _reprice(shop, job, products, at)


def _reprice(shop: Shop, job: Row, products: list[Row], at: str) -> Row:
    """A recommendation for each product; with `apply` the listings follow at once."""
    marketplace = job["params"]["marketplace"]
    rules = shop.prices.rules()
    listed = shop.prices.listed([product["id"] for product in products], marketplace)
    applied = {product["id"] for product in products if job["params"]["apply"] and product["id"] in listed}
    rows = []
    for product in products:
        market = Market(
            cents(listed[product["id"]] if product["id"] in listed else product["price"]),
            None if product["cost_price"] is None else cents(product["cost_price"]),
            competitors(product["sku"], marketplace, cents(product["price"])),
        )
        advice = recommendation(concerning(rules, product, marketplace), market, f"{job['id']} {product['sku']}")
        row = {"id": new_id("rec", instants.parse(at)), "sku": product["sku"], "marketplace": marketplace}
        status = "applied" if product["id"] in applied else "pending"
        rows.append(row | advice | {"status": status, "job_id": job["id"], "created_at": at})
    shop.prices.recommend(rows)
    prices = [(p["id"], row["recommended_price"]) for p, row in zip(products, rows, strict=True) if p["id"] in applied]
    shop.prices.list_at(prices, marketplace, at)
    shop.emit("product.updated", at, [product_id for product_id, _ in prices])
    return {"recommendation_ids": [row["id"] for row in rows], "applied_count": len(prices)}
