"""Connexion's routing, taken at its word: a path is that path and no other."""

from __future__ import annotations

import re
from typing import Any

from connexion.middleware.routing import RoutingMiddleware
from connexion.resolver import Resolution, Resolver
from starlette.routing import Router
from starlette.types import ASGIApp


class StrictRouting(RoutingMiddleware):
    """Connexion 3.3 redirects a trailing slash (307); the contract knows no such path."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        exact(self.router)

    def add_api(self, *args: Any, **options: Any) -> None:
        super().add_api(*args, **options)
        exact(self.router)


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
