"""Connexion's routing, taken at its word: a path is that path and no other."""

from __future__ import annotations

import re
from typing import Any

from connexion.middleware.routing import RoutingMiddleware
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


def exact(router: Router) -> Router:
    """No redirects, and line feeds are characters like any other: Starlette 1.10 ends its patterns with `$`, which matches
    before a last line feed too, and mounts with `.*`, which no line feed matches."""
    router.redirect_slashes = False
    for route in router.routes:
        pattern = getattr(route, "path_regex", None)
        if pattern is not None:
            route.path_regex = re.compile(pattern.pattern.removesuffix("$") + r"\Z", re.DOTALL)  # type: ignore[attr-defined]
        inner = getattr(route, "app", None)
        if isinstance(inner, Router):
            exact(inner)
    return router
