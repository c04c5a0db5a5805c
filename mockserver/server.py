"""uvicorn, with the contract's answer to what is no HTTP."""

from __future__ import annotations

import socket

import uvicorn
from starlette.types import ASGIApp
from ulid import ULID
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mockserver import envelope
from mockserver.domain.errors import ApiError


class PortTaken(Exception):
    """The address cannot be listened on; the message says what to do."""


class Protocol(HttpToolsProtocol):
    """A request that cannot be parsed never reaches the app, and so no counter: it is answered from here."""

    def send_400_response(self, msg: str) -> None:
        raw = envelope.error(ApiError("MALFORMED_REQUEST"))
        lines = [
            "HTTP/1.1 400 Bad Request",
            "content-type: application/json",
            f"content-length: {len(raw)}",
            f"x-request-id: {ULID()}",
            "x-ratelimit-limit: 1",
            "x-ratelimit-remaining: 0",
            "x-ratelimit-reset: 0",
            "connection: close",
        ]
        self.transport.write("\r\n".join(lines).encode() + b"\r\n\r\n" + raw)
        self.transport.close()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises PortTaken."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048)
    except (OSError, OverflowError) as why:
        reason = getattr(why, "strerror", None) or str(why)
        raise PortTaken(f"cannot listen on {host}:{port} ({reason}); choose another with --port, or 0 for any") from why


def serve(app: ASGIApp, listener: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM, then finish what was begun.

    `proxy_headers` stays off: X-Forwarded-For would let any caller choose the address that allowlists look at.
    """
    config = uvicorn.Config(
        app,
        http=Protocol,
        lifespan="off",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    uvicorn.Server(config).run(sockets=[listener])
