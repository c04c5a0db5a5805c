"""uvicorn, listening on one address."""

from __future__ import annotations

import gc
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress

import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from mockserver.protocol import Protocol

# Seconds for the requests under way when the mock is to stop. What follows takes at most five more (the webhooks' farewell,
# the live log's), so all is done before the ten are over after which container engines kill.
FINISHING = 5


class PortTaken(Exception):
    """The address cannot be listened on; the message says what to do."""


class Several(Multiprocess):
    """uvicorn's, which leaves the socket open while its processes finish: clients would connect, and wait for nobody."""

    def terminate_all(self) -> None:
        for listener in self.sockets:
            listener.close()
        super().terminate_all()


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
        timeout_graceful_shutdown=FINISHING,
    )
    if workers > 1:
        Several(config, sockets=[listener]).run()
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn raises again what it has obeyed
    with suppress(KeyboardInterrupt):  # uvicorn raises again the SIGINT that it has already obeyed
        uvicorn.Server(config).run(sockets=[listener])


def settled(app: ASGIApp) -> ASGIApp:
    """What is here now stays: without it the collector walks the document and its validators again and again."""
    gc.collect()
    gc.freeze()
    return app
