"""The catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NoReturn

from mockserver import envelope
from mockserver.call import Call
from mockserver.domain import instants
from mockserver.domain.errors import ApiError
from mockserver.envelope import Answer
from mockserver.ids import new_id
from mockserver.store.shop import Row, Shop, Taken

_NO_STOCK = {
    "total_on_hand": 0,
    "total_reserved": 0,
    "total_available": 0,
    "safety_stock": 0,
    "status": "out_of_stock",
}


def get_product(shop: Shop, call: Call) -> Answer:
    return envelope.one(shop.one("products", call.members, "sku", call.path["sku"]) or _missing(call))


def create_product(shop: Shop, call: Call) -> Answer:
    """What the body does not give is empty (contract: Resources)."""
    product = created(shop, call.now, call.members, call.body)
    return envelope.one(product, {"Location": f"/api/products/{product['sku']}"})


def created(shop: Shop, now: datetime, members: Iterable[str], given: Row) -> Row:
    """A new product. Raises SKU_ALREADY_EXISTS."""
    at = instants.text(now)
    usual = {"status": "draft", "currency": shop.currency(), "images": []}
    made = {"id": new_id("prod", now), "created_at": at, "updated_at": at}
    product = {**dict.fromkeys(members), **usual, **given, **made}
    try:
        shop.insert("products", product)
    except Taken:
        raise ApiError("SKU_ALREADY_EXISTS", sku=product["sku"]) from None
    shop.insert("inventory", _NO_STOCK | {name: product[name] for name in ("id", "sku", "title")})
    shop.emit("product.created", at, [product["id"]])
    return product


def update_product(shop: Shop, call: Call) -> Answer:
    product = _product(shop, call)
    changes = {**call.body, "updated_at": call.at}
    shop.update("products", product["id"], changes)
    if "title" in changes:
        shop.update("inventory", product["id"], {"title": changes["title"]})
    if "price" in changes:
        shop.prices.changed(product["id"], product["sku"], changes["price"])
    shop.emit("product.updated", call.at, [product["id"]])
    return envelope.one(product | changes)


def delete_product(shop: Shop, call: Call) -> Answer:
    """With its inventory, and with what was recommended for it. Past orders stay as they are."""
    end(shop, call.at, _product(shop, call)["id"], call.path["sku"])
    return Answer(None)


def end(shop: Shop, at: str, product_id: str, sku: str) -> None:
    shop.emit("product.deleted", at, [product_id])
    shop.stocks.forget(product_id)
    shop.delete("inventory", product_id, at)
    shop.prices.ended(sku)
    shop.delete("products", product_id, at)


def _product(shop: Shop, call: Call) -> dict[str, Any]:
    return shop.row("products", call.members or ("id",), "sku", call.path["sku"]) or _missing(call)


def _missing(call: Call) -> NoReturn:
    raise ApiError("RESOURCE_NOT_FOUND", resource=f"Product with SKU {call.path['sku']}")
