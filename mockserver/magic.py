"""Magic values: what happens to a seller, for those who have the public API alone (docs/sandbox.md).

When stock of a product is set whose SKU begins with one of these, an order for one unit of it arrives from a marketplace,
and goes its way at once: the steps of mockserver/happenings.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from mockserver.arrivals import Unsellable, Wanted, arrive
from mockserver.call import Call
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
MARKETPLACE = "amazon_us"

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
        if steps is None:
            continue
        with suppress(Unsellable):
            order = arrive(shop, call.now, [Wanted(sku, 1)], MARKETPLACE, "FBM")
            for step in steps:
                order = move(shop, call.now, order, step)
