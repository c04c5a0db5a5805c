"""What AI workers find. All of it is invented, and the same for the same job: chance comes from the job's id."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mockserver.domain.pricing import cents, competitors

Row = Mapping[str, Any]
TITLE = 200  # characters, as openapi.yaml's ProductTitle
_TOPICS = ("quality", "packaging", "delivery", "value for money", "size", "instructions", "smell")
_REASONS = ("defective", "wrong_item", "not_as_described", "changed_mind", "late_delivery", "duplicate_order", "other")
_MERITS = ("dishwasher-safe", "made to last", "ready to ship", "easy to clean")


def findings(job: Row, products: Sequence[Row]) -> dict[str, Any]:
    """The `result` of a job of any type but pricing_recalculate: an item for each product that still exists."""
    find = _FINDS[job["type"]]
    return {"items": [find(product, job["params"], _chance(job["id"], product["sku"])) for product in products]}


def _chance(job_id: str, sku: str) -> random.Random:
    return random.Random(f"{job_id} {sku}")  # noqa: S311  the same every time is what is wanted


def _sentiment(product: Row, params: Row, chance: random.Random) -> dict[str, Any]:
    read = chance.randint(0, 200)
    topics: list[dict[str, Any]] = [
        {"topic": topic, "score": chance.randint(-100, 100) / 100, "mentions": chance.randint(1, read)}
        for topic in chance.sample(_TOPICS, 3 if read else 0)
    ]
    topics.sort(key=lambda topic: (-topic["mentions"], topic["topic"]))
    score = chance.randint(-100, 100) / 100 if read else 0
    return {"sku": product["sku"], "score": score, "reviews_analyzed": read, "topics": topics}


def _returns(product: Row, params: Row, chance: random.Random) -> dict[str, Any]:
    reasons: list[dict[str, Any]] = [
        {"reason": reason, "count": chance.randint(1, 12)} for reason in chance.sample(_REASONS, chance.randint(0, 4))
    ]
    reasons.sort(key=lambda row: (-row["count"], row["reason"]))
    total = sum(row["count"] for row in reasons)
    return {"sku": product["sku"], "returns_classified": total, "anomaly": total > 25, "reasons": reasons}


def _visibility(product: Row, params: Row, chance: random.Random) -> dict[str, Any]:
    seen = [
        {"assistant": name, "score": chance.randint(0, 100), "cited": chance.random() < 0.4} for name in params["assistants"]
    ]
    return {"sku": product["sku"], "score": round(sum(row["score"] for row in seen) / len(seen)), "assistants": seen}


def _competitors(product: Row, params: Row, chance: random.Random) -> dict[str, Any]:
    offers = competitors(product["sku"], params["marketplace"], cents(product["price"]))
    rows = [{"seller": offer.seller, "price": offer.price / 100, "has_buy_box": offer.has_buy_box} for offer in offers]
    return {"sku": product["sku"], "lowest_price": rows[0]["price"] if rows else None, "competitors": rows}


def _proposals(product: Row, params: Row, chance: random.Random) -> dict[str, Any]:
    merit = chance.choice(_MERITS)
    room = TITLE - len(merit) - 2
    title = {"member": "title", "current": product["title"], "proposed": f"{product['title'][:room]}, {merit}"}
    text = f"{product['title']}: {merit}. Sold on {params['marketplace']}."
    return {
        "sku": product["sku"],
        "proposals": [title, {"member": "description", "current": product["description"], "proposed": text}],
    }


_FINDS: Mapping[str, Callable[[Row, Row, random.Random], dict[str, Any]]] = {
    "review_sentiment": _sentiment,
    "return_classify": _returns,
    "llm_visibility_score": _visibility,
    "competitor_scan": _competitors,
    "listing_optimize": _proposals,
}
