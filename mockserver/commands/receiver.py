"""A receiver of webhooks on this machine that passes what comes on to a local server, byte for byte."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import httpx

# What concerns one connection alone (RFC 9110 §7.6.1), and what is computed anew.
_OWN = {"connection", "content-length", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
_SECONDS = 10.0  # as long as the mock waits
_UNREACHABLE = 502
_ACCEPTED = 200


class Passed(NamedTuple):
    """One delivery that came, and what the local server made of it. `status` is what the mock was answered."""

    headers: Sequence[tuple[str, str]]
    body: bytes
    status: int
    milliseconds: float
    error: str | None

    def header(self, name: str) -> str:
        return next((value for given, value in self.headers if given.lower() == name.lower()), "")


class Answer(NamedTuple):
    """What the mock is answered."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes
    error: str | None = None


def forward(client: httpx.Client, url: str | None, headers: Sequence[tuple[str, str]], body: bytes) -> Answer:
    """The local server's answer to the very bytes and headers, or 502 and why. Without a URL everything is accepted."""
    if url is None:
        return Answer(_ACCEPTED, (), b"")
    kept = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers if name.lower() not in _OWN]
    try:
        # Not the client's own build_request, which adds headers.
        response = client.send(httpx.Request("POST", url, headers=kept, content=body, extensions=_TIMEOUT))
    except httpx.TransportError as why:
        return Answer(_UNREACHABLE, (), b"", str(why) or type(why).__name__)
    given = [(name, value) for name, value in response.headers.multi_items() if name.lower() == "content-type"]
    return Answer(response.status_code, given, response.content)


_TIMEOUT = {"timeout": httpx.Timeout(_SECONDS).as_dict()}


@contextmanager
def receiving(host: str, port: int, url: str | None, tell: Callable[[Passed], None]) -> Iterator[int]:
    """Receive and forward while the block lasts, one thread for each delivery; yields the port. Raises OSError."""
    with httpx.Client(trust_env=False, follow_redirects=False) as client:
        server = _Server((host, port), _handler(client, url, tell))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a local server may be asleep

    def handle_error(self, *_: object) -> None:
        """A mock that goes away within a request has said all that it will."""


def _handler(client: httpx.Client, url: str | None, tell: Callable[[Passed], None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            headers = list(self.headers.items())
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            if len(body) < length:
                self.close_connection = True  # the mock died within the request, which has not arrived (RFC 9112 §8)
                return
            began = time.monotonic()
            answer = forward(client, url, headers, body)
            tell(Passed(headers, body, answer.status, 1000 * (time.monotonic() - began), answer.error))
            self._answer(answer)

        def _answer(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in (*answer.headers, ("Content-Length", str(len(answer.body)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: Any) -> None:
            """The command tells of each delivery itself."""

    return Handler
