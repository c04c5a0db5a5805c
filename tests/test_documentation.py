"""Every line of the overview page that can be sent gives its documented answer, with a fixture key for the placeholder."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from nexuscommerce.files import packaged
from tests.inside import Inside

RESPONSES: dict[str, Any] = yaml.safe_load(packaged("openapi.yaml").read_bytes())["components"]["responses"]


def _example(name: str) -> Any:
    return RESPONSES[name]["content"]["application/json"]["example"]


def test_the_curl_line_answers_200_with_the_documented_product(inside: Inside) -> None:
    """curl https://your-nexuscommerce.com/api/products -H "Authorization: Bearer nxc_live_abc123..." -H "X-Tenant-ID: …"."""
    response = inside.call("GET", "/api/products")

    assert 200 == response.status_code
    assert _example("ProductList")["data"][0] == response.json()["data"][0]
    assert ("300", "299") == (response.headers["X-RateLimit-Limit"], response.headers["X-RateLimit-Remaining"])


def test_an_invalid_token_answers_401(inside: Inside) -> None:
    assert 401 == inside.call("GET", "/api/products", token="nxc_live_abc123...").status_code


def test_following_next_cursor_until_it_is_null_visits_everything(inside: Inside) -> None:
    """GET /api/products?limit=50&cursor=cursor_abc123: the cursor is the previous answer's."""
    seen, cursor = [], None
    while True:
        query = {"limit": 50} | ({"cursor": cursor} if cursor else {})
        body = inside.call("GET", "/api/products", params=query).json()
        seen += [row["id"] for row in body["data"]]
        cursor = body["meta"]["nextCursor"]
        if cursor is None:
            break

    assert (302, 302) == (len(seen), len(set(seen)))


def test_the_filter_line_finds_the_documented_order_first(inside: Inside) -> None:
    body = inside.call("GET", "/api/orders?status=confirmed&marketplace=amazon_us&start_date=2026-03-01").json()

    assert _example("OrderList")["data"][0] == body["data"][0]
    assert all(row["status"] == "confirmed" and row["created_at"] >= "2026-03-01" for row in body["data"])


def test_the_sort_line_sorts(inside: Inside) -> None:
    rows = inside.call("GET", "/api/products?sort=created_at&order=desc").json()["data"]

    assert sorted((row["created_at"] for row in rows), reverse=True) == [row["created_at"] for row in rows]


def test_the_fields_line_selects(inside: Inside) -> None:
    rows = inside.call("GET", "/api/products?fields=sku,title,status,price").json()["data"]

    assert {("sku", "title", "status", "price")} == {tuple(row) for row in rows}


def test_the_health_line_needs_no_authentication(inside: Inside) -> None:
    documented = {"status": "ok", "version": "2.0.0", "timestamp": "2026-03-12T15:00:10.000Z"}

    assert documented == inside.call("GET", "/api/health", key=None).json()


@pytest.mark.parametrize(
    ("path", "response"),
    [("/api/products/SKU-001", "ProductDetail"), ("/api/orders/ord_01HXK9MZPQ3B8C7D2E5F6G", "OrderDetail")],
)
def test_the_documented_resources_are_in_the_world_word_for_word(inside: Inside, path: str, response: str) -> None:
    """Every documented member; addresses and histories are not documented."""
    documented = {k: v for k, v in _example(response)["data"].items() if k not in ("shipping_address", "sync_history")}

    seen = inside.call("GET", path).json()["data"]

    assert documented == {name: seen[name] for name in documented}


def test_the_documented_shipment_is_accepted_and_answers_the_updated_order(inside: Inside) -> None:
    shipment = yaml.safe_load(packaged("openapi.yaml").read_bytes())["components"]["schemas"]["Shipment"]["example"]
    order = inside.call("POST", "/api/orders/ord_01HXK9MZPQ3B8C7D2E5F6G/shipment", json=shipment).json()["data"]

    assert ("shipped", 2) == (order["status"], order["line_items"][0]["shipped_quantity"])


def test_a_missing_product_is_told_in_the_documented_words(inside: Inside) -> None:
    """Product with SKU SKU-001 not found."""
    inside.call("DELETE", "/api/products/SKU-001")

    assert _example("NotFound") == inside.call("GET", "/api/products/SKU-001").json()
