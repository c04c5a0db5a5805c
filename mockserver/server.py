"""uvicorn, listening on one address."""

from __future__ import annotations

import gc
import socket
from collections.abc import Callable
from contextlib import suppress

import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

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


def serve(make: Callable[[], ASGIApp], listener: socket.socket, workers: int) -> None:
    """Serve what `make` makes until SIGINT or SIGTERM, then finish what was begun. Each of several processes makes its own;
    one that dies is replaced.

    `proxy_headers` stays off: X-Forwarded-For would let any caller choose the address that allowlists look at.
    """
    config = uvicorn.Config(
        make,
        factory=True,
        workers=workers,
        http=Protocol,
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    if workers > 1:
        Multiprocess(config, sockets=[listener]).run()
        return
    with suppress(KeyboardInterrupt):  # uvicorn raises again the SIGINT that it has already obeyed
        uvicorn.Server(config).run(sockets=[listener])


def settled(app: ASGIApp) -> ASGIApp:
    """What is here now stays: without it the collector walks the document and its validators again and again."""
    gc.collect()
    gc.freeze()
    return app
