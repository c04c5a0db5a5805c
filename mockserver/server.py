"""uvicorn, listening on one address."""

from __future__ import annotations

import gc
import socket
from contextlib import AbstractAsyncContextManager, suppress

import uvicorn
from starlette.routing import Router
from starlette.types import ASGIApp

from mockserver.protocol import Protocol


class PortTaken(Exception):
    """The address cannot be listened on; the message says what to do."""


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
