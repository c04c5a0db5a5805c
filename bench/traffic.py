"""The requests that every contender is loaded with, as the document has them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import orjson

from nexuscommerce.files import packaged

TENANT = "a5f4d17c-3498-45e7-9fbe-7214d722cec5"  # Rehearsal A: its keys count against 1,000,000 requests a minute
STRANGER = "369a34e8-6922-4809-a0d5-d471fc60929d"  # a tenant that the key does not open
KEY = "nxc_live_rehearsal_a_full_40e8ccd47270"
WAREHOUSE = "wh_01HXK9MZPQ3MQN6QRYR5G9QDV9"  # the tenant's own, so that its stock may be set
_PLAIN = re.compile(r"[A-Z]+-[0-9]+")


@dataclass(frozen=True)
class Request:
    """`{new}` in path and body is a SKU that no other request of the run has, `{known}` one of the fixtures', in turn, and
    `{n}` the request's number. `status` is the document's answer."""

    name: str
    method: str
    path: str
    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=lambda: {"Authorization": f"Bearer {KEY}", "X-Tenant-ID": TENANT})

    def filled(self, prefix: str, number: int) -> tuple[str, str]:
        """Path and body of one request."""
        values = {"new": f"{prefix}-{number}", "known": known()[number % len(known())], "n": str(number)}
        return _fill(self.path, values), _fill(self.body, values)

    @property
    def is_constant(self) -> bool:
        """Whether every request is the same."""
        return "{n" not in self.path + self.body and "{known}" not in self.path + self.body


def _fill(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


_PRODUCT = '{"sku":"{new}","title":"Red Widget 500ml","price":12.99,"category":"Widgets","status":"active"}'
_LEVEL = '{"warehouse_id":"' + WAREHOUSE + '","quantity":1{n},"reason":"supplier_receipt"}'
_STRANGE = '{"sku":"{new}","title":"Red Widget 500ml","price":"free"}'

REQUESTS: Mapping[str, Request] = {
    request.name: request
    for request in (
        Request("getProduct", "GET", "/products/SKU-001", 200),
        Request("listProducts", "GET", "/products?limit=50", 200),
        Request("filtered", "GET", "/products?limit=50&status=active&sort=title&order=asc", 200),
        Request("createProduct", "POST", "/products", 201, _PRODUCT),
        Request("setInventory", "PUT", "/inventory/{known}", 200, _LEVEL),
        Request("400", "POST", "/products", 400, _STRANGE),
        Request("401", "GET", "/products/SKU-001", 401, headers={"X-Tenant-ID": TENANT}),
        Request("404", "GET", "/products/NO-SUCH-SKU", 404),
        Request("health", "GET", "/health", 200, headers={}),
    )
}


@cache
def tenant() -> Mapping[str, Any]:
    """The tenant of the fixtures that all is asked about."""
    tenants: Sequence[Mapping[str, Any]] = orjson.loads(packaged("fixtures/world.json").read_bytes())["tenants"]
    return next(tenant for tenant in tenants if tenant["id"] == TENANT)


@cache
def known() -> tuple[str, ...]:
    """Twenty SKUs of the fixtures."""
    plain = [product["sku"] for product in tenant()["products"] if _PLAIN.fullmatch(product["sku"])]
    return tuple(plain[:20])


def page() -> list[dict[str, Any]]:
    """The fifty products that a list is answered with by whoever has no state."""
    return [{name: value for name, value in product.items() if name != "listings"} for product in tenant()["products"][:50]]
