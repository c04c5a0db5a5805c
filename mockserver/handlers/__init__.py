"""operationId -> the function that answers it: `(shop, call) -> Answer`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mockserver.call import Call
from mockserver.envelope import Answer
from mockserver.handlers import health, inventory, jobs, lists, orders, pricing, products
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
    "listInventory": lists.page,
    "getInventory": inventory.get_inventory,
    "setInventory": inventory.set_inventory,
    "bulkSetInventory": inventory.bulk_set_inventory,
    "listWarehouses": lists.page,
    "listPricingRules": lists.page,
    "createPricingRule": pricing.create_pricing_rule,
    "getPricingRule": pricing.get_pricing_rule,
    "updatePricingRule": pricing.update_pricing_rule,
    "deletePricingRule": pricing.delete_pricing_rule,
    "recalculatePrices": pricing.recalculate_prices,
    "listRecommendations": lists.page,
    "dispatchJob": jobs.dispatch_job,
    "listJobs": lists.page,
    "getJob": jobs.get_job,
    "cancelJob": jobs.cancel_job,
}

# The operations of no tenant.
OPEN_OPERATIONS: Mapping[str, Callable[[Call], Answer]] = {"getHealth": health.get_health}
