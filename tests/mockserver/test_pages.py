"""Beside the API: the document, the reference, and what browsers need."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from nexuscommerce.files import packaged
from tests.inside import Inside

ORIGIN = {"Origin": "https://shop.example"}
ASKED = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, x-tenant-id"}


def test_the_document_is_served_as_it_is_written(inside: Inside) -> None:
    """Comments and `$ref`s included: Connexion would serve it dereferenced."""
    text = packaged("openapi.yaml").read_text(encoding="utf-8")

    assert text == inside.call("GET", "/openapi.yaml", key=None).text
    assert yaml.safe_load(text) == inside.call("GET", "/openapi.json", key=None).json()


def test_the_reference_loads_nothing_from_elsewhere(inside: Inside) -> None:
    page = inside.call("GET", "/docs", key=None).text
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)

    assert [] == [url for url in loaded if not url.startswith("/")]
    assert {200} == {inside.call("GET", url, key=None).status_code for url in loaded}
    assert inside.key("full") in page


def test_the_root_leads_to_the_reference(inside: Inside) -> None:
    assert "/docs" == inside.call("GET", "/", key=None).headers["location"]


def test_a_preflight_is_answered_for_any_origin_without_a_token(inside: Inside) -> None:
    response = inside.call("OPTIONS", "/api/products", key=None, headers=ORIGIN | ASKED)

    assert (204, "https://shop.example") == (response.status_code, response.headers["access-control-allow-origin"])
    assert "authorization, x-tenant-id" == response.headers["access-control-allow-headers"]
    assert "GET, HEAD, OPTIONS, POST" == response.headers["access-control-allow-methods"]


@pytest.mark.parametrize("path", ["/api/nope", "/api/health", "/openapi.json"])
def test_a_preflight_lets_the_page_see_what_its_request_is_answered(inside: Inside, path: str) -> None:
    """A path or a method that does not exist: else the browser says "Failed to fetch" where the API says 404 or 405."""
    response = inside.call("OPTIONS", path, key=None, headers=ORIGIN | ASKED)

    assert 204 == response.status_code
    assert "POST" in response.headers["access-control-allow-methods"]


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("/api/products", {}),
        ("/api/products", {"key": None}),
        ("/api/products?limit=0", {}),
        ("/api/nope", {}),
        ("/openapi.json", {}),
    ],
)
def test_a_page_can_read_every_header_of_every_answer(inside: Inside, path: str, options: dict[str, Any]) -> None:
    """On errors too: without the headers a browser hides the error from the page."""
    response = inside.call("GET", path, headers=dict(ORIGIN), **options)
    ours = {name for name in response.headers if name.startswith("x-") or name in ("retry-after", "www-authenticate")}
    exposed = {name.strip().lower() for name in response.headers["access-control-expose-headers"].split(",")}

    assert "https://shop.example" == response.headers["access-control-allow-origin"]
    assert ours <= exposed


def test_only_the_origins_that_are_set_are_allowed(inside: Inside) -> None:
    from mockserver.cors import Cors

    inside.app._cors = Cors(("https://a.example",), closed="/_sandbox", within="/_sandbox/v1")  # type: ignore[attr-defined]
    seen = [inside.call("GET", "/api/health", headers={"Origin": f"https://{name}.example"}) for name in ("a", "b")]

    assert ["https://a.example", None] == [response.headers.get("access-control-allow-origin") for response in seen]
    assert ["Origin"] * 2 == [response.headers["vary"] for response in seen]
