"""Magic values: what happens to a seller, for those who have the public API alone (docs/sandbox.md).

When stock of a product is set whose SKU begins with one of these, an order for one unit of it arrives from a marketplace,
and goes its way at once: the steps of mockserver/happenings.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from mockserver.arrivals import Wanted, arrive
from mockserver.call import Call
from mockserver.domain.stock import ShortOfStock
from mockserver.happenings import move
from mockserver.store.shop import Shop

# The longest first: the first that a SKU begins with counts.
STEPS: Mapping[str, tuple[str, ...]] = {
    "ORDERED-DELIVERED-": ("pay", "ship", "deliver"),
    "ORDERED-RETURNED-": ("pay", "ship", "deliver", "return"),
    "ORDERED-UNSYNCED-": ("fail-sync",),
    "ORDERED-SHIPPED-": ("pay", "ship"),
    "ORDERED-PAID-": ("pay",),
    "ORDERED-": (),
}
MARKETPLACE, METHOD = "amazon_us", "FBM"

# The operations after which it happens, and the SKUs that each is about.
AFTER: Mapping[str, Callable[[Call], Iterable[str]]] = {
    "setInventory": lambda call: [call.path["sku"]],
    "bulkSetInventory": lambda call: dict.fromkeys(update["sku"] for update in call.body["updates"]),
}


def happen(shop: Shop, call: Call) -> None:
    """After an operation that succeeded, in its transaction. A product of which nothing is left is not ordered."""
    if call.operation.id not in AFTER:
        return
    for sku in AFTER[call.operation.id](call):
        steps = next((steps for prefix, steps in STEPS.items() if sku.startswith(prefix)), None)
        if steps is not None and _is_there(shop, sku):
            order = arrive(shop, call.now, [Wanted(sku, 1)], MARKETPLACE, METHOD)
            for step in steps:
                order = move(shop, call.now, order, step)


def _is_there(shop: Shop, sku: str) -> bool:
    """Asked before, since an order that is refused takes the whole transaction with it."""
    stock = shop.stocks.of("sku", [sku]).get(sku)
    if stock is None:
        return False
    try:
        stock.allocate(METHOD, 1)
    except ShortOfStock:
        return False
    return True
