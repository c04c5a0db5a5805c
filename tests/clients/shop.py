"""A catalogue through the client that openapi-python-client makes of openapi.yaml: docs/clients.md has the commands."""

from __future__ import annotations

import os
from collections.abc import Iterator

import httpx
from nexus_client import AuthenticatedClient
from nexus_client.api.products import create_product, delete_product, get_product, list_products, update_product
from nexus_client.models import (
    BadRequestError,
    ListProductsFieldsItem,
    ListProductsStatus,
    NotFoundError,
    ProductCreate,
    ProductEnvelope,
    ProductPage,
    ProductUpdate,
    SkuAlreadyExistsError,
)
from nexus_client.types import UNSET, Unset

API = os.environ.get("API", "http://127.0.0.1:8080/api")
TOKEN = os.environ.get("TOKEN", "nxc_live_growth_full_4f9a1c0e2b7d")
TENANT = os.environ.get("TENANT", "3714240b-2e06-4c35-8856-ccc1c096323e")


def one_of_each(request: httpx.Request) -> None:
    """`fields=sku&fields=price`, as openapi-python-client 0.29 writes a list, becomes `fields=sku,price`."""
    given = request.url.params
    request.url = request.url.copy_with(params={name: ",".join(given.get_list(name)) for name in given})


client = AuthenticatedClient(API, TOKEN, httpx_args={"event_hooks": {"request": [one_of_each]}})


def products() -> Iterator[str | Unset]:
    """The SKUs of all, a page after another, by their cursors, until there is none."""
    cursor: str | Unset | None = UNSET
    fields = [ListProductsFieldsItem.SKU, ListProductsFieldsItem.PRICE]
    while cursor is not None:
        page = list_products.sync(client=client, x_tenant_id=TENANT, limit=100, fields=fields, cursor=cursor)
        assert isinstance(page, ProductPage), page
        yield from (product.sku for product in page.data)
        cursor = page.meta.next_cursor


def main() -> None:
    """Each line says what came."""
    first = list_products.sync_detailed(client=client, x_tenant_id=TENANT, limit=2, status=ListProductsStatus.ACTIVE)
    assert isinstance(first.parsed, ProductPage), first.parsed
    used = int(first.headers["X-RateLimit-Limit"]) - int(first.headers["X-RateLimit-Remaining"])
    print("listed", len(first.parsed.data), "of", first.parsed.meta.total, "used", used)
    print("walked", len(set(products())))

    body = ProductCreate(sku="PY-1", title="Typed Widget", price=12.99)
    created = create_product.sync(client=client, x_tenant_id=TENANT, body=body)
    assert isinstance(created, ProductEnvelope), created
    print("created", created.data.sku, created.data.status, created.data.price)

    changed = update_product.sync("PY-1", client=client, x_tenant_id=TENANT, body=ProductUpdate(price=11.5))
    assert isinstance(changed, ProductEnvelope), changed
    print("patched", changed.data.price, changed.data.updated_at >= created.data.updated_at)

    again = create_product.sync_detailed(client=client, x_tenant_id=TENANT, body=body)
    if isinstance(again.parsed, SkuAlreadyExistsError):
        print("refused", again.status_code.value, again.parsed.error.message)

    wrong = create_product.sync(client=client, x_tenant_id=TENANT, body=ProductCreate(sku="PY-2", title="", price=-1))
    if isinstance(wrong, BadRequestError) and wrong.error.details.errors:
        print("faults", *(fault.pointer for fault in wrong.error.details.errors))

    print("deleted", delete_product.sync_detailed("PY-1", client=client, x_tenant_id=TENANT).status_code.value)

    gone = get_product.sync_detailed("PY-1", client=client, x_tenant_id=TENANT)
    if isinstance(gone.parsed, NotFoundError):
        print("missing", gone.status_code.value, gone.parsed.error.code)


if __name__ == "__main__":
    main()
