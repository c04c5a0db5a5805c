"""Connexion's routing, taken at its word: a path is that path and no other."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from connexion.middleware.abstract import ROUTING_CONTEXT
from connexion.middleware.routing import RoutingMiddleware
from connexion.resolver import Resolution, Resolver
from starlette.convertors import StringConvertor
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send


class StrictRouting(RoutingMiddleware):
    """Connexion 3.3 redirects a trailing slash (307); the contract knows no such path.

    Starlette's router tries its routes one after the other, and copies the scope for each step. A path of one of them is
    found here among the few with its method and as many slashes; what is not found goes Starlette's way."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        exact(self.router)
        self._places: dict[tuple[str, int], list[Place]] = {}

    def add_api(self, *args: Any, **options: Any) -> None:
        super().add_api(*args, **options)
        exact(self.router)
        self._places = places(self.router)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        for base, pattern, operation_id in self._places.get((scope.get("method", ""), path.count("/")), ()):
            if path.startswith(base) and (found := pattern.match(path[len(base) :])):
                context = {"api_base_path": base, "operation_id": operation_id}
                extensions = {**scope.get("extensions", {}), ROUTING_CONTEXT: context}
                await self.app({**scope, "path_params": found.groupdict(), "extensions": extensions}, receive, send)
                return
        await super().__call__(scope, receive, send)


class Place(NamedTuple):
    """A path below `base`, and whose it is."""

    base: str
    pattern: re.Pattern[str]
    operation_id: str


def places(router: Router) -> dict[tuple[str, int], list[Place]]:
    """By method and number of slashes, in the order in which Starlette would try them: the routes whose parameters are texts
    without a slash."""
    found: dict[tuple[str, int], list[Place]] = {}
    for mount in router.routes:
        for route in getattr(mount, "routes", ()):
            texts = all(isinstance(each, StringConvertor) for each in route.param_convertors.values())
            for method in route.methods - {"HEAD"} if texts else ():
                place = Place(mount.path, route.path_regex, route.endpoint.operation_id)  # type: ignore[attr-defined]  # routes of Connexion
                found.setdefault((method, (place.base + route.path).count("/")), []).append(place)
    return found


class Unresolved(Resolver):
    """Connexion wants a function for each operation; dispatch has them in a table of its own."""

    def resolve(self, operation: Any) -> Resolution:
        return Resolution(_nothing, operation.operation_id)


def _nothing() -> None:
    """Never called."""


def exact(router: Router) -> Router:
    """No redirects, and line feeds are characters like any other: Starlette 1.10 ends its patterns with `$`, which matches
    before a last line feed too, and mounts with `.*`, which no line feed matches. A path that is written out in the document
    is that path whatever the method, and never a parameter of another (`/inventory/bulk` is no SKU)."""
    router.redirect_slashes = False
    paths = [getattr(route, "path", "") for route in router.routes]
    literal = "|".join(sorted({re.escape(path) for path in paths if path and "{" not in path}))
    for route in router.routes:
        pattern = getattr(route, "path_regex", None)
        if pattern is not None:
            exactly = pattern.pattern.removesuffix("$").removesuffix(r"\Z") + r"\Z"
            if "{" in route.path and literal:  # type: ignore[attr-defined]
                exactly = rf"(?!(?:{literal})\Z)" + exactly
            route.path_regex = re.compile(exactly, re.DOTALL)  # type: ignore[attr-defined]
        inner = getattr(route, "app", None)
        if isinstance(inner, Router):
            exact(inner)
    return router
