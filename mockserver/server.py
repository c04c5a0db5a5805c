"""uvicorn, with the contract's answer to what is no HTTP."""

from __future__ import annotations

import asyncio
import gc
import socket
from contextlib import AbstractAsyncContextManager, suppress

import h11
import uvicorn
from starlette.routing import Router
from starlette.types import ASGIApp
from ulid import ULID
from uvicorn.protocols.http.h11_impl import H11Protocol

from mockserver import envelope
from mockserver.connection import Connection
from mockserver.domain.errors import ApiError


class PortTaken(Exception):
    """The address cannot be listened on; the message says what to do."""


class Protocol(H11Protocol):
    """h11 and not httptools (docs/decisions.md): it reads a body beside `Upgrade`, bounds headers, and leaves unknown
    methods to the app. What it cannot parse never reaches the app, and so no counter: it is answered from here.

    Requests find their connection in the state of their scope."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._connection = Connection(transport)
        self.app_state = {**self.app_state, "connection": self._connection}

    def shutdown(self) -> None:
        super().shutdown()
        self._connection.stopping.set()

    def send_400_response(self, msg: str) -> None:
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            raw = envelope.error(ApiError("MALFORMED_REQUEST"))
            headers = [
                envelope.JSON,
                (b"content-length", b"%d" % len(raw)),
                (b"x-request-id", str(ULID()).encode()),
                (b"x-ratelimit-limit", b"1"),
                (b"x-ratelimit-remaining", b"0"),
                (b"x-ratelimit-reset", b"0"),
                (b"connection", b"close"),
            ]
            for event in (h11.Response(status_code=400, headers=headers), h11.Data(data=raw), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event))
        self.transport.close()

    def _should_upgrade(self) -> bool:
        """Never: an upgrade that is not supported is ignored (RFC 9110 §7.8)."""
        return False


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises PortTaken."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048)
    except (OSError, OverflowError) as why:
        reason = getattr(why, "strerror", None) or str(why)
        raise PortTaken(f"cannot listen on {host}:{port} ({reason}); choose another with --port, or 0 for any") from why


def serve(app: ASGIApp, listener: socket.socket, background: AbstractAsyncContextManager[None]) -> None:
    """Serve until SIGINT or SIGTERM, then finish what was begun. `background` is entered before the first request and left
    after the last.

    `proxy_headers` stays off: X-Forwarded-For would let any caller choose the address that allowlists look at.
    """
    config = uvicorn.Config(
        Router(default=app, redirect_slashes=False, lifespan=lambda _: background),
        http=Protocol,
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    # What is here now stays: without it the collector walks the document and its validators again and again.
    gc.collect()
    gc.freeze()
    with suppress(KeyboardInterrupt):  # uvicorn raises again the SIGINT that it has already obeyed
        uvicorn.Server(config).run(sockets=[listener])
