"""Stock levels."""

from __future__ import annotations

from collections import Counter
from typing import Any

from mockserver import envelope
from mockserver.call import Call
from mockserver.domain.errors import ApiError, fault, invalid
from mockserver.envelope import Answer
from mockserver.movements import set_levels
from mockserver.store.shop import Row, Shop


def get_inventory(shop: Shop, call: Call) -> Answer:
    record = shop.one("inventory", call.members, "sku", call.path["sku"])
    if record is None:
        raise ApiError("RESOURCE_NOT_FOUND", resource=f"Product with SKU {call.path['sku']}")
    return envelope.one(record)


def set_inventory(shop: Shop, call: Call) -> Answer:
    (refusal,) = set_levels(shop, call.at, [{**call.body, "sku": call.path["sku"]}])
    if refusal:
        raise refusal
    return get_inventory(shop, call)


def bulk_set_inventory(shop: Shop, call: Call) -> Answer:
    """A result for each update, in their order; each is right or wrong by itself."""
    updates: list[Row] = call.body["updates"]
    _require_distinct(updates)
    refusals = set_levels(shop, call.at, updates)
    failed = sum(refusal is not None for refusal in refusals)
    records = shop.some("inventory", shop.events["inventory.updated"], "sku", {update["sku"] for update in updates})
    results = [_outcome(update, refusal, records) for update, refusal in zip(updates, refusals, strict=True)]
    return envelope.one({"updated": len(updates) - failed, "failed": failed, "results": results})


def _outcome(update: Row, refusal: ApiError | None, records: dict[str, Row]) -> dict[str, Any]:
    named = {"sku": update["sku"], "warehouse_id": update["warehouse_id"]}
    if refusal is None:
        return named | {"status": "updated", "inventory": records[update["sku"]], "error": None}
    error = {"code": refusal.code, "message": refusal.message, "details": refusal.details}
    return named | {"status": "failed", "inventory": None, "error": error}


def _require_distinct(updates: list[Row]) -> None:
    places = [(update["sku"], update["warehouse_id"]) for update in updates]
    twice = {place for place, count in Counter(places).items() if count > 1}
    first = {place: places.index(place) for place in twice}
    faults = [
        fault("body", f"/updates/{index}", f"sets the same SKU and warehouse as /updates/{first[place]}")
        for index, place in enumerate(places)
        if place in twice and index != first[place]
    ]
    if faults:
        raise invalid(faults)
