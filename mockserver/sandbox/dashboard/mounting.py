"""A WSGI app below an ASGI server."""

from __future__ import annotations

from a2wsgi import WSGIMiddleware
from flask import Flask
from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX = "/_sandbox"  # also the path of the session's cookie
THREADS = 4  # pages are for people; each waits for the event loop while it asks


def mount(dashboard: Flask) -> ASGIApp:
    """The pages as an ASGI app for every path from PREFIX on. Its threads start with the first request."""
    middleware = WSGIMiddleware(dashboard.wsgi_app, workers=THREADS)  # type: ignore[arg-type]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await middleware({**scope, "root_path": PREFIX}, receive, send)  # type: ignore[arg-type]

    return app
