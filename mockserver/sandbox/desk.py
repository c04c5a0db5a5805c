"""The dashboard's place in the mock: made when its first page is asked for, since Flask takes its time to import."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from functools import cached_property
from typing import Any, TypeVar

import orjson
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.sandbox.access import Access
from mockserver.sandbox.control import Control
from mockserver.visit import OPERATOR, Guest
from nexuscommerce.contract import Contract

_T = TypeVar("_T")
PATIENCE = 30.0  # seconds that a page waits for the event loop


class Desk:
    """An ASGI app for what lies below /_sandbox and is not the control API. `secret` signs the sessions of its guests."""

    def __init__(self, control: Control, access: Access, contract: Contract, secret: str) -> None:
        self._control = control
        self._access = access
        self._contract = contract
        self._secret = secret
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._loop = asyncio.get_running_loop()
        await self._app(scope, receive, send)

    def ask(
        self,
        operation_id: str,
        path: Mapping[str, str],
        query: Mapping[str, Any],
        body: Any,
        guest: Guest,
        origin: str,
        address: str,
        /,
    ) -> Any:
        """The control API, from one of Flask's threads. Rows of the store are JSON already; here they are read."""
        asked = self._on_loop(self._control.ask(operation_id, path, query, body, guest, origin, address))
        return orjson.loads(orjson.dumps(asked))

    def authenticate(self, token: str, /) -> Guest | None:
        """Whom a token lets in."""
        return self._on_loop(self._control.authenticated(token))

    def open_to(self, environ: Mapping[str, Any], /) -> Guest | None:
        """Whom a request without a session lets in: who needs no token. To follow a link of another site is no danger:
        nothing changes by it, and that site sees nothing of the page."""
        names = {"host": "HTTP_HOST", "origin": "HTTP_ORIGIN", "sec-fetch-site": "HTTP_SEC_FETCH_SITE"}
        if environ["REQUEST_METHOD"] == "GET" and environ.get("HTTP_SEC_FETCH_DEST") == "document":
            del names["sec-fetch-site"]
        headers = Headers({name: environ[key] for name, key in names.items() if key in environ})
        return OPERATOR if self._access.needs_no_token(headers, environ.get("REMOTE_ADDR", "")) else None

    @cached_property
    def _app(self) -> ASGIApp:
        from mockserver.sandbox.dashboard import create_dashboard, mount

        return mount(create_dashboard(self.ask, self, self._contract, self._control.document, self._secret))

    def _on_loop(self, asked: Coroutine[Any, Any, _T]) -> _T:
        """Everything of the store happens on the event loop."""
        if self._loop is None:
            raise RuntimeError("the dashboard was asked before it was served")
        return asyncio.run_coroutine_threadsafe(asked, self._loop).result(PATIENCE)
