"""operationId -> the function that answers it: `(shop, call) -> Answer`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mockserver.call import Call
from mockserver.envelope import Answer
from mockserver.handlers import health, lists, orders, products
from mockserver.store.shop import Shop

Handler = Callable[[Shop, Call], Answer]

OPERATIONS: Mapping[str, Handler] = {
    "listProducts": lists.page,
    "createProduct": products.create_product,
    "getProduct": products.get_product,
    "updateProduct": products.update_product,
    "deleteProduct": products.delete_product,
    "listOrders": lists.page,
    "getOrder": orders.get_order,
    "updateOrder": orders.update_order,
    "confirmShipment": orders.confirm_shipment,
    "cancelOrder": orders.cancel_order,
}

# The operations of no tenant.
OPEN_OPERATIONS: Mapping[str, Callable[[Call], Answer]] = {"getHealth": health.get_health}
