"""What the mock is measured beside in Python: ASGI apps that answer from a dictionary.

uvicorn bench.apps:starlette     the limit for Python here: no document, no validation, no tokens
uvicorn bench.apps:flask         Connexion's FlaskApp as its documentation shows it, on the same document
uvicorn bench.apps:asynchronous  Connexion's AsyncApp, likewise
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bench.traffic import page, tenant

_ANSWER = tuple[Any, int]
_PRODUCTS = {product["sku"]: product for product in tenant()["products"]}
_LIST = {"data": page(), "meta": {"total": len(_PRODUCTS), "page": 1, "limit": 50, "nextCursor": "cursor_abc123"}}
_NONE: _ANSWER = ({"error": {"code": "RESOURCE_NOT_FOUND", "message": "There is no such product."}}, 404)
_STAMP = "2026-03-12T14:32:01.123Z"


def _get(sku: str) -> _ANSWER:
    return ({"data": _PRODUCTS[sku]}, 200) if sku in _PRODUCTS else _NONE


def _list(status: str | None, sort: str, order: str) -> _ANSWER:
    if status is None:
        return _LIST, 200
    rows = [product for product in _PRODUCTS.values() if product["status"] == status]
    rows = sorted(rows, key=lambda product: product[sort], reverse=order == "desc")[:50]
    shown = [{name: value for name, value in row.items() if name != "listings"} for row in rows]
    return {**_LIST, "data": shown}, 200


def _create(body: Mapping[str, Any]) -> _ANSWER:
    made = {**page()[0], **body, "id": f"prod_01HXK9MZPQ{len(_PRODUCTS):016}", "created_at": _STAMP, "updated_at": _STAMP}
    _PRODUCTS[body["sku"]] = made
    return {"data": made}, 201


def _set(sku: str, body: Mapping[str, Any]) -> _ANSWER:
    return ({"data": {"sku": sku, **body}}, 200) if sku in _PRODUCTS else _NONE


def _health() -> _ANSWER:
    return {"status": "ok", "version": "1.0.0", "timestamp": _STAMP}, 200


def _bare() -> Any:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    def answer(found: _ANSWER) -> JSONResponse:
        return JSONResponse(*found)

    async def products(request: Request) -> JSONResponse:
        if request.method == "POST":
            return answer(_create(await request.json()))
        query = request.query_params
        return answer(_list(query.get("status"), query.get("sort", "sku"), query.get("order", "desc")))

    async def product(request: Request) -> JSONResponse:
        return answer(_get(request.path_params["sku"]))

    async def inventory(request: Request) -> JSONResponse:
        return answer(_set(request.path_params["sku"], await request.json()))

    async def health(_: Request) -> JSONResponse:
        return answer(_health())

    return Starlette(
        routes=[
            Route("/api/products", products, methods=["GET", "POST"]),
            Route("/api/products/{sku}", product),
            Route("/api/inventory/{sku}", inventory, methods=["PUT"]),
            Route("/api/health", health),
        ]
    )


# Connexion passes what the document names; what a handler does not take is left in `_`.
_HANDLERS: Mapping[str, Callable[..., _ANSWER]] = {
    "getProduct": lambda sku, **_: _get(sku),
    "listProducts": lambda sort="created_at", order="desc", status=None, **_: _list(status, sort, order),
    "createProduct": lambda body, **_: _create(body),
    "setInventory": lambda sku, body, **_: _set(sku, body),
    "getHealth": lambda **_: _health(),
}


def _handler(name: str) -> Callable[..., Any]:
    return _HANDLERS.get(name, _HANDLERS["getHealth"])


def _coroutine(name: str) -> Callable[..., Any]:
    found = _handler(name)

    async def handler(**given: Any) -> Any:
        return found(**given)

    return handler


def _connexion(kind: str) -> Any:
    import connexion
    from connexion.options import SwaggerUIOptions
    from connexion.resolver import Resolver
    from connexion.security import AbstractSecurityHandler

    from nexuscommerce.contract import load

    class AnyToken(AbstractSecurityHandler):  # type: ignore[misc]  # Connexion ships no types
        def get_fn(self, security_scheme: Any, required_scopes: Any) -> Any:
            def verify(request: Any) -> dict[str, Any]:
                if "authorization" not in request.headers:
                    raise connexion.exceptions.Unauthorized
                return {}

            return verify

    app = getattr(connexion, kind)(
        "bench",
        resolver=Resolver(_handler if kind == "FlaskApp" else _coroutine),
        security_map={"bearer": AnyToken},
        strict_validation=True,
        swagger_ui_options=SwaggerUIOptions(swagger_ui=False),
    )
    app.add_api(dict(load().document), base_path="/api")
    return app


_MAKERS: Mapping[str, Callable[[], Any]] = {
    "starlette": _bare,
    "flask": lambda: _connexion("FlaskApp"),
    "asynchronous": lambda: _connexion("AsyncApp"),
}


def __getattr__(name: str) -> Any:
    """The app of that name, made when uvicorn asks for it: none pays for another's imports and document."""
    if name not in _MAKERS:
        raise AttributeError(name)
    return _MAKERS[name]()
