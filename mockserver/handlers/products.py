"""The catalogue."""

from __future__ import annotations

from typing import Any, NoReturn

from mockserver import envelope
from mockserver.call import Call
from mockserver.domain.errors import ApiError
from mockserver.envelope import Answer
from mockserver.store.shop import Shop, Taken


def get_product(shop: Shop, call: Call) -> Answer:
    return envelope.one(shop.one("products", call.members, "sku", call.path["sku"]) or _missing(call))


def create_product(shop: Shop, call: Call) -> Answer:
    """What the body does not give is empty (contract: Resources)."""
    product = {
        **dict.fromkeys(call.members),
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
    return shop.row("products", call.members or ("id",), "sku", call.path["sku"]) or _missing(call)


def _missing(call: Call) -> NoReturn:
    raise ApiError("RESOURCE_NOT_FOUND", resource=f"Product with SKU {call.path['sku']}")
