"""A receiver of webhooks, written with the standard library: it verifies what comes and keeps a ledger of it."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

from nexuscommerce.webhooks import DELIVERY, EVENT, SIGNATURE, verify


@dataclass(frozen=True)
class Received:
    """One request as it came: header names are lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Any:
        return orjson.loads(self.body)

    @property
    def delivery(self) -> str:
        return self.headers[DELIVERY.lower()]

    @property
    def type(self) -> str:
        return self.headers[EVENT.lower()]

    def verified(self, secret: str) -> bool:
        return verify(self.body, self.headers.get(SIGNATURE.lower()), secret)


Answer = Callable[[BaseHTTPRequestHandler, Received], None]


def status(code: int, **headers: str) -> Answer:
    """Answer with this status, these headers and no body."""

    def answer(handler: BaseHTTPRequestHandler, _: Received) -> None:
        handler.send_response(code)
        for name, value in {**headers, "Content-Length": "0"}.items():
            handler.send_header(name, value)
        handler.end_headers()

    return answer


@dataclass
class Receiver:
    """A running receiver. `answer` may be changed at any time."""

    port: int
    answer: Answer = field(default_factory=lambda: status(204))
    ledger: list[Received] = field(default_factory=list)
    scheme: str = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hook"


@contextmanager
def receiving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver on a free port of 127.0.0.1 while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            names = {name.lower(): value for name, value in self.headers.items()}
            length = int(self.headers["Content-Length"])
            received = Received(self.path, names, self.rfile.read(length))
            if len(received.body) < length:
                self.close_connection = True  # the sender died within the request, which has not arrived (RFC 9112 §8)
                return
            receiver.ledger.append(received)
            receiver.answer(self, received)

        def log_message(self, *_: object) -> None:
            """Nothing on standard error."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128
        block_on_close = False  # a handler may be asleep

        def handle_error(self, *_: object) -> None:
            """A client that goes away is part of the tests."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    receiver = Receiver(server.server_address[1], scheme="https" if tls else "http")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
