"""The catalogue."""

from __future__ import annotations

from tests.second import instants
from tests.second.calls import Call
from tests.second.lists import narrowed
from tests.second.refusals import Answer, Refusal
from tests.second.store import Row, new_id


def list_products(call: Call) -> Answer:
    """A page of them, without listings."""
    rows = call.tenant.products.values()
    return Answer(200, call.lists.page(call.operation, call.tenant.id, call.values, rows, call.document.members("Product")))


def create_product(call: Call) -> Answer:
    """A draft, unless the body says otherwise."""
    sku = call.body["sku"]
    if sku in call.tenant.products:
        raise Refusal("SKU_ALREADY_EXISTS", f"There is a {sku} already")
    moment = instants.now(call.tick)
    empty = dict.fromkeys(call.document.members("Product"))
    defaults = {"status": "draft", "currency": call.tenant.currency, "images": [], "listings": []}
    made = {"id": new_id("prod"), "created_at": moment, "updated_at": moment}
    row: Row = empty | defaults | call.body | made
    call.tenant.products[sku] = row
    return Answer(201, _envelope(call, row), [("LOCATION", f"http://{call.host}{call.base}/products/{sku}")])


def get_product(call: Call) -> Answer:
    """One of them, with listings."""
    return Answer(200, {"data": narrowed(_found(call), call.values.get("fields") or call.document.members("ProductDetail"))})


def update_product(call: Call) -> Answer:
    """Changes what the body names. If that changes nothing, then it was not updated."""
    row = _found(call)
    if any(row[name] != value for name, value in call.body.items()):
        row.update(call.body, updated_at=instants.now(call.tick))
    return Answer(200, _envelope(call, row))


def delete_product(call: Call) -> Answer:
    """It is gone."""
    del call.tenant.products[_found(call)["sku"]]
    return Answer(204)


def _found(call: Call) -> Row:
    row = call.tenant.products.get(call.path["sku"])
    if row is None:
        raise Refusal("RESOURCE_NOT_FOUND", "No such product")
    return row


def _envelope(call: Call, row: Row) -> Row:
    return {"data": narrowed(row, call.document.members("Product"))}
