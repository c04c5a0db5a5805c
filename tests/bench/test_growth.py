"""A state that was filled with SQL is one that the mock serves."""

from __future__ import annotations

from pathlib import Path

import orjson

from bench.contenders import CONTENDERS, MOCK
from bench.filling import filled, key, last_cursor, tenant
from bench.growth import Grown, Size, requests, tables
from bench.serving import exchange, serving


def test_what_was_filled_is_served_to_its_last_page(tmp_path: Path) -> None:
    filled(tmp_path / "state.db", tenants=2, products=100)
    cursor = last_cursor(tmp_path / "state.db", 1, 100, 50)
    headers = {"Authorization": f"Bearer {key(1)}", "X-Tenant-ID": tenant(1)}
    with serving(CONTENDERS[MOCK], tmp_path) as server:
        status, raw = exchange(server.port, "GET", f"/api/products?limit=50&cursor={cursor}", headers=headers)
        answers = {
            name: exchange(server.port, *make(3), headers)[0] for name, make in requests(Size(1, 100), cursor).items()
        }

    assert 200 == status
    assert {"total": 100, "page": 2, "limit": 50, "nextCursor": None} == orjson.loads(raw)["meta"]
    assert ["GROW-0000050", "GROW-0000001"] == [orjson.loads(raw)["data"][at]["sku"] for at in (0, -1)]
    assert {200, 201} == set(answers.values())


def test_a_size_that_was_not_asked_has_no_figure() -> None:
    grown = {
        Size(1, 100): Grown({"getProduct": 0.41, "last page": 1.0}, 0.9, 90, 91, 5),
        Size(100, 20): Grown({"getProduct": 0.5}, 0.9, 90, 91, 5),
    }

    assert "| 100 tenants of 20 | 0.50 | – |" in tables(grown)
