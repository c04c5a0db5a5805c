"""What the peers are given to serve, made of the document and the fixtures."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from bench.traffic import known, page, tenant
from nexuscommerce.contract import load

_META = {"total": 122, "page": 1, "limit": 50, "nextCursor": "cursor_abc123"}
# Scalar's own way to state: JavaScript in the document, for each operation.
_HANDLERS = {
    ("/products", "get"): """let rows = store.list('Product');
        if (req.query.status) rows = rows.filter(row => row.status === req.query.status);
        if (req.query.sort) rows.sort((a, b) => a[req.query.sort] < b[req.query.sort] ? -1 : 1);
        return {data: rows.slice(0, Number(req.query.limit || 50)), meta: META};""",
    ("/products", "post"): """return {data: store.create('Product', {...BLANK, ...req.body, id: req.body.sku})};""",
    ("/products/{sku}", "get"): """const row = store.get('Product', req.params.sku); return row && {data: row};""",
    ("/inventory/{sku}", "put"): """const row = store.update('Levels', req.params.sku, req.body);
        return row && {data: row};""",
}


def document(directory: Path) -> Path:
    """openapi.yaml as JSON, its example of a list being fifty products: as many as the others answer."""
    return _written(directory / "openapi.json", _document())


def stateful(directory: Path) -> Path:
    """The same, with handlers and seeds for Scalar's store."""
    made = _document()
    meta, blank = orjson.dumps(_META).decode(), orjson.dumps(page()[0]).decode()
    for (path, method), code in _HANDLERS.items():
        made["paths"][path][method]["x-handler"] = code.replace("META", meta).replace("BLANK", blank)
    schemas = made["components"]["schemas"]
    schemas["Product"]["x-seed"] = _seed("Product", tenant()["products"])
    schemas["Levels"] = {"type": "object", "x-seed": _seed("Levels", [{"sku": sku} for sku in known()])}
    return _written(directory / "stateful.json", made)


def _seed(collection: str, rows: Any) -> str:
    named = orjson.dumps([{**row, "id": row["sku"]} for row in rows]).decode()
    return f"for (const row of {named}) store.create('{collection}', row);"


def _document() -> dict[str, Any]:
    made: dict[str, Any] = copy.deepcopy(dict(load().document))
    made["components"]["responses"]["ProductList"]["content"]["application/json"]["example"] = {
        "data": page(),
        "meta": _META,
    }
    return made


def database(directory: Path) -> Path:
    """json-server's file: what is in a collection is found by `id`."""
    rows = {"products": tenant()["products"], "inventory": [{"sku": sku} for sku in known()]}
    named: dict[str, Any] = {name: [{**row, "id": row["sku"]} for row in found] for name, found in rows.items()}
    return _written(directory / "db.json", {**named, "health": {"status": "ok"}})


def stubs(directory: Path) -> Path:
    """WireMock's: an answer written down for each request, whatever is in it."""
    product = tenant()["products"][0]
    answers: Mapping[tuple[str, str], tuple[int, Any]] = {
        ("GET", "/api/products/SKU-001"): (200, {"data": product}),
        ("GET", "/api/products"): (200, {"data": page(), "meta": _META}),
        ("POST", "/api/products"): (201, {"data": product}),
        ("PUT", "/api/inventory/[^/]+"): (200, {"data": {"sku": "SKU-001", "status": "in_stock"}}),
        ("GET", "/api/health"): (200, {"status": "ok"}),
    }
    mappings = [
        {
            "request": {"method": method, "urlPathPattern": path},
            "response": {
                "status": status,
                "headers": {"Content-Type": "application/json"},
                "body": orjson.dumps(body).decode(),
            },
        }
        for (method, path), (status, body) in answers.items()
    ]
    (directory / "mappings").mkdir(exist_ok=True)
    _written(directory / "mappings" / "stubs.json", {"mappings": mappings})
    return directory


def nothing(directory: Path) -> Path:
    return directory


def _written(path: Path, content: Any) -> Path:
    path.write_bytes(orjson.dumps(content))
    return path
