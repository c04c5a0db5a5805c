"""The short way to a route finds what Starlette's router finds, and nothing else."""

from __future__ import annotations

import asyncio
from itertools import product
from typing import Any

import pytest
from connexion.middleware.abstract import ROUTING_CONTEXT
from connexion.middleware.routing import RoutingMiddleware
from connexion.spec import Specification
from starlette.exceptions import HTTPException

from mockserver.routing import StrictRouting, Unresolved
from nexuscommerce.contract import Contract

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW")
ODD: tuple[str, ...] = (
    "",
    "/",
    "/api",
    "/api/",
    "/apis/products",
    "/api//products",
    "/api/products/",
    "/api/products/a/b",
    "/API/products",
)
ODD += (
    "/api/products\n",
    "/api/products/a\nb",
    "/api/products/a\n",
    "/api/inventory/bulk",
    "/api/inventory/bulk\n",
    "/x/api/health",
)


@pytest.fixture(scope="module")
def routing(contract: Contract) -> StrictRouting:
    async def arrived(scope: Any, receive: Any, send: Any) -> None:
        scope["seen"].append((scope["extensions"][ROUTING_CONTEXT], scope["path_params"], scope["method"], scope["path"]))

    made = StrictRouting(arrived)
    made.add_api(Specification.from_dict(dict(contract.document)), base_path=contract.base_path, resolver=Unresolved())
    return made


def _seen(call: Any, method: str, path: str) -> Any:
    seen: list[Any] = []
    scope = {"type": "http", "method": method, "path": path, "root_path": "", "seen": seen, "app": object()}
    try:
        asyncio.run(call(scope, None, None))
    except HTTPException as why:
        return why.status_code
    return seen


def test_every_path_by_every_method(contract: Contract, routing: StrictRouting) -> None:
    paths = [contract.base_path + path.replace("{", "a{").replace("}", "}z") for path in contract.methods]
    for method, path in product(METHODS, [*paths, *(path + "/" for path in paths), *ODD]):
        theirs = _seen(lambda *them: RoutingMiddleware.__call__(routing, *them), method, path)

        assert theirs == _seen(routing, method, path), (method, path)


def test_the_short_way_has_every_operation(contract: Contract, routing: StrictRouting) -> None:
    found = {place.operation_id for places in routing._places.values() for place in places}

    assert set(contract.operations) == found
