"""What the mock is measured beside: each an ASGI app that answers the same bytes from memory, and keeps no state.

uvicorn bench.contenders:starlette      the limit for Python here: no document, no validation, no tokens
uvicorn bench.contenders:flask          Connexion's FlaskApp as its documentation shows it, on the same document
"""

from __future__ import annotations

from typing import Any

from connexion import FlaskApp
from connexion.options import SwaggerUIOptions
from connexion.resolver import Resolver
from connexion.security import AbstractSecurityHandler
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from mockserver.store.world import load_world
from nexuscommerce.contract import load
from nexuscommerce.files import packaged

_CONTRACT = load()
_PRODUCTS = load_world(packaged("fixtures/world.json"), _CONTRACT).tenants[0]["products"]
_BY_SKU = {product["sku"]: product for product in _PRODUCTS}
_PAGE = [{name: value for name, value in product.items() if name != "listings"} for product in _PRODUCTS[:50]]
_LIST = {"data": _PAGE, "meta": {"total": len(_PRODUCTS), "page": 1, "limit": 50, "nextCursor": "cursor_abc123"}}


async def _get(request: Request) -> JSONResponse:
    return JSONResponse({"data": _BY_SKU[request.path_params["sku"]]})


async def _list(_: Request) -> JSONResponse:
    return JSONResponse(_LIST)


starlette = Starlette(routes=[Route("/api/products", _list), Route("/api/products/{sku}", _get)])


def _flask_get(sku: str, **_: Any) -> Any:
    return {"data": _BY_SKU[sku]}


def _flask_list(**_: Any) -> Any:
    return _LIST


_HANDLERS = {"getProduct": _flask_get, "listProducts": _flask_list}


class _AnyToken(AbstractSecurityHandler):  # type: ignore[misc]  # Connexion ships no types
    def get_fn(self, security_scheme: Any, required_scopes: Any) -> Any:
        return lambda _: {}


flask = FlaskApp(
    "bench",
    resolver=Resolver(lambda name: _HANDLERS.get(name, _flask_list)),
    security_map={"bearer": _AnyToken},
    strict_validation=True,
    swagger_ui_options=SwaggerUIOptions(swagger_ui=False),
)
flask.add_api(dict(_CONTRACT.document))
