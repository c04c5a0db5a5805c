"""AI jobs: dispatched, watched, cancelled."""

from __future__ import annotations

from typing import NoReturn

from mockserver import envelope, workers
from mockserver.call import Call
from mockserver.domain.errors import ApiError, transition
from mockserver.envelope import Answer
from mockserver.store.shop import Row, Shop


def dispatch_job(shop: Shop, call: Call) -> Answer:
    return envelope.one(dispatched(shop, call, call.body["type"], call.body["params"], call.body["priority"]))


def get_job(shop: Shop, call: Call) -> Answer:
    return envelope.one(shop.one("ai-jobs", call.members, "id", call.path["jobId"]) or _missing(call))


def cancel_job(shop: Shop, call: Call) -> Answer:
    """The worker that it ran on takes the next one."""
    job = shop.row("ai-jobs", call.members, "id", call.path["jobId"]) or _missing(call)
    allowed = call.operation.transitions.get(job["status"], ())
    if "cancelled" not in allowed:
        raise transition("job", job["status"], "cancelled", allowed)
    changes = {"status": "cancelled", "completed_at": call.at}
    shop.update("ai-jobs", job["id"], changes | {"wakes_at": None})
    workers.start(shop, call.at)
    return envelope.one(job | changes)


def dispatched(shop: Shop, call: Call, type_: str, params: Row, priority: str) -> Row:
    """A new job on SKUs that all exist."""
    known = shop.some("products", ("sku",), "sku", params["skus"])
    for sku in params["skus"]:
        if sku not in known:
            raise ApiError("RESOURCE_NOT_FOUND", resource=f"Product with SKU {sku}")
    return workers.dispatch(shop, call.now, type_, params, priority)


def _missing(call: Call) -> NoReturn:
    raise ApiError("RESOURCE_NOT_FOUND", resource=f"Job with id {call.path['jobId']}")
