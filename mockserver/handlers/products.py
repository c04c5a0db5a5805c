"""The catalogue."""

from __future__ import annotations

from typing import Any

from mockserver import envelope
from mockserver.call import Call
from mockserver.domain.errors import ApiError
from mockserver.envelope import Answer
from mockserver.store.shop import Shop, Taken


def get_product(shop: Shop, call: Call) -> Answer:
    product = _product(shop, call)
    return envelope.one({member: product[member] for member in call.members})


def create_product(shop: Shop, call: Call) -> Answer:
    """What the body does not give is empty (contract: Resources)."""
    product = {
        **dict.fromkeys(call.operation.members),
        "status": "draft",
        "currency": shop.currency(),
        "images": [],
        **call.body,
        "id": call.new_id("prod"),
        "created_at": call.at,
        "updated_at": call.at,
    }
    try:
        shop.insert("products", product)
    except Taken:
        raise ApiError("SKU_ALREADY_EXISTS", sku=product["sku"]) from None
    return envelope.one(product, {"Location": f"/api/products/{product['sku']}"})


def update_product(shop: Shop, call: Call) -> Answer:
    product = _product(shop, call)
    changes = {**call.body, "updated_at": call.at}
    shop.update("products", product["id"], changes)
    return envelope.one(product | changes)


def delete_product(shop: Shop, call: Call) -> Answer:
    shop.delete("products", _product(shop, call)["id"], call.at)
    return Answer(None)


def _product(shop: Shop, call: Call) -> dict[str, Any]:
    sku = call.path["sku"]
    product = shop.one("products", call.members, "sku", sku)
    if product is None:
        raise ApiError("RESOURCE_NOT_FOUND", resource=f"Product with SKU {sku}")
    return product
