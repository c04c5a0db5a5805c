"""CORS (Fetch standard), so that a page of any origin can use the mock: preflights, and headers on errors too."""

from __future__ import annotations

from starlette.datastructures import Headers

RawHeaders = list[tuple[bytes, bytes]]

_EXPOSED = ["X-Request-ID", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"]
_EXPOSED += ["Retry-After", "Location", "Allow", "WWW-Authenticate", "X-Supabase-Api-Version", "Preference-Applied"]
MAX_AGE = "600"


class Cors:
    """Allows `origins`, or any origin where one of them is `*`.

    The origin itself is answered, never `*`: a page that sends credentials would not accept that. Nothing is lost by it,
    since the API reads no cookies. What lies below `closed` does, and is for its own pages alone, but for `within`.
    """

    def __init__(self, origins: tuple[str, ...], closed: str, within: str) -> None:
        self._origins = frozenset(origins)
        self._closed = closed + "/"
        self._within = within + "/"

    def headers(self, request: Headers, path: str) -> RawHeaders:
        """For every answer."""
        origin = request.get("origin")
        if origin is None or not self._allows(origin) or self._is_closed(path):
            return [(b"vary", b"Origin")]
        return [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-expose-headers", ", ".join(_EXPOSED).encode()),
            (b"vary", b"Origin"),
        ]

    def preflight(self, request: Headers, methods: tuple[str, ...]) -> RawHeaders:
        """What an answer to OPTIONS adds: the methods of the path, and whatever the page asked for.

        A method or a path that does not exist is allowed too: the page is to see the 405 or the 404, and not a browser's
        "Failed to fetch".
        """
        method = request.get("access-control-request-method")
        if method is None or not self._allows(request.get("origin", "")):
            return []
        asked = request.get("access-control-request-headers", "")
        return [
            (b"access-control-allow-methods", ", ".join(sorted({*methods, method})).encode("latin-1")),
            (b"access-control-allow-headers", asked.encode("latin-1")),
            (b"access-control-max-age", MAX_AGE.encode()),
        ]

    def _is_closed(self, path: str) -> bool:
        return path.startswith(self._closed) and not path.startswith(self._within)

    def _allows(self, origin: str) -> bool:
        return "*" in self._origins or origin in self._origins
