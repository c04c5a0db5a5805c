"""Pricing rules, and the repricing that they guide."""

from __future__ import annotations

import math
from typing import Any, NoReturn

from mockserver import envelope
from mockserver.call import Call
from mockserver.domain import instants
from mockserver.domain.errors import ApiError, fault, invalid
from mockserver.domain.pricing import incomplete
from mockserver.envelope import Answer
from mockserver.handlers.jobs import dispatched
from mockserver.store.shop import Row, Shop


def get_pricing_rule(shop: Shop, call: Call) -> Answer:
    return envelope.one(shop.one("rules", call.members, "id", call.path["ruleId"]) or _missing(call))


def create_pricing_rule(shop: Shop, call: Call) -> Answer:
    rule = {
        **dict.fromkeys(call.members),
        **call.body,
        "id": call.new_id("rule"),
        "created_at": call.at,
        "updated_at": call.at,
    }
    shop.insert("rules", rule)
    return envelope.one(rule, {"Location": f"/api/pricing/rules/{rule['id']}"})


def update_pricing_rule(shop: Shop, call: Call) -> Answer:
    """What results must be a whole rule."""
    rule = _rule(shop, call)
    changes = {**call.body, "updated_at": call.at}
    after = rule | changes
    _require_whole(after)
    shop.update("rules", rule["id"], changes)
    return envelope.one(after)


def delete_pricing_rule(shop: Shop, call: Call) -> Answer:
    shop.delete("rules", _rule(shop, call)["id"], call.at)
    return Answer(None)


def recalculate_prices(shop: Shop, call: Call) -> Answer:
    job = dispatched(shop, call, "pricing_recalculate", call.body, "normal")
    left = instants.parse(job["estimated_completion_at"]) - call.now
    return envelope.one(
        {
            "job_id": job["id"],
            "status": job["status"],
            "sku_count": len(call.body["skus"]),
            "estimated_completion_seconds": math.ceil(left.total_seconds()),
        }
    )


def _require_whole(rule: Row) -> None:
    if faults := [fault("body", f"/{member}", why) for member, why in incomplete(rule)]:
        raise invalid(faults)


def _rule(shop: Shop, call: Call) -> dict[str, Any]:
    members = call.members or ("id",)
    return shop.row("rules", members, "id", call.path["ruleId"]) or _missing(call)


def _missing(call: Call) -> NoReturn:
    raise ApiError("RESOURCE_NOT_FOUND", resource=f"Pricing rule with id {call.path['ruleId']}")
