"""HTTP/1.1 on sockets: strict in what it takes, unusual in what it sends.

A body that is too large is answered before it was read; then the rest is read and forgotten, as RFC 9112, 9.6 advises.
"""

from __future__ import annotations

import email.utils
import gzip
import re
import socket
import time
from http.server import ThreadingHTTPServer
from socketserver import StreamRequestHandler
from typing import cast
from urllib.parse import urlsplit

from tests.second.app import App
from tests.second.calls import Request
from tests.second.refusals import Answer, Refusal
from tests.second.wire import write

TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
REQUEST_LINE = re.compile(rf"({TOKEN}) ([!-~]+) HTTP/1\.([01])\Z")
HEADER = re.compile(rf"({TOKEN}):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*\Z")
LINE, LINES, PIECE = 65536, 200, 700
PATIENCE = 5.0  # seconds for the rest of a body that is too large


class Gone(Exception):
    """The client is not there any more, or did not send all that it said."""


class Server(ThreadingHTTPServer):
    """One thread for each connection."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, app: App) -> None:
        """Listens on the loopback address."""
        self.app = app
        super().__init__(("127.0.0.1", port), Handler)

    def server_bind(self) -> None:
        """Without looking up a name, as the standard library would."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()


class Handler(StreamRequestHandler):
    """One request for each connection."""

    timeout = 20
    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Reads, answers, and says goodbye."""
        app = cast("Server", self.server).app
        self.minor = 1
        try:
            try:
                request = self._request(app.document.limits["body_bytes"])
                answer = app.answer(request)
            except Refusal as why:
                request = Request("GET", "", "", [], self.client_address[0], too_large=True)
                answer = app.refuse(request, why)
            self._send(answer, request, lean="lean-head" in app.manners and request.method == "HEAD")
            if request.too_large:
                self._forget()
        except (Gone, OSError):
            pass

    def _request(self, largest: int) -> Request:
        line = self._line()
        found = REQUEST_LINE.match(line)
        if found is None:
            raise _malformed()
        self.minor = int(found[3])
        headers: list[tuple[str, str]] = []
        while line := self._line():
            field = HEADER.match(line)
            if field is None or len(headers) == LINES:
                raise _malformed()
            headers.append((field[1].lower(), field[2]))
        try:
            target = urlsplit(found[2] if not found[2].startswith("//") else f"http://host{found[2]}")
        except ValueError as why:
            raise _malformed() from why
        if self.minor and sum(name == "host" for name, _ in headers) != 1:
            raise _malformed()
        body = self._body(headers, largest)
        address = self.client_address[0]
        return Request(found[1], target.path, target.query, headers, address, body[:largest], len(body) > largest)

    def _line(self) -> str:
        raw = self.rfile.readline(LINE)
        if not raw:
            raise Gone
        if not raw.endswith(b"\n"):
            raise _malformed()
        return raw.removesuffix(b"\n").removesuffix(b"\r").decode("latin-1")

    def _body(self, headers: list[tuple[str, str]], largest: int) -> bytes:
        """The body; of one that is too large, enough to see that it is."""
        lengths = {value for name, value in headers if name == "content-length"}
        codings = [value.lower() for name, value in headers if name == "transfer-encoding"]
        if codings not in ([], ["chunked"]) or (codings and lengths) or len(lengths) > 1:
            raise _malformed()
        if not all(re.fullmatch("[0-9]{1,18}", value) for value in lengths):
            raise _malformed()
        if ("expect", "100-continue") in [(name, value.lower()) for name, value in headers]:
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if lengths:
            return self._exactly(int(lengths.pop()), largest)
        body = b""
        while codings:
            size = re.match(r"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?\Z", self._line())
            if size is None:
                raise _malformed()
            if int(size[1], 16) == 0:
                while self._line():
                    pass
                break
            body += self._exactly(int(size[1], 16), largest)
            if len(body) > largest:
                break
            if self._line():
                raise _malformed()
        return body

    def _exactly(self, length: int, largest: int) -> bytes:
        if length > largest:
            return bytes(largest + 1)
        content = self.rfile.read(length)
        if len(content) < length:
            raise Gone
        return content

    def _send(self, answer: Answer, request: Request, lean: bool) -> None:
        body = b"" if answer.body is None else write(answer.body)
        headers = [("Date", email.utils.formatdate(usegmt=True)), ("connection", "close"), *answer.headers]
        shape: list[tuple[str, str]] = []
        if answer.body is not None:
            headers += [("CONTENT-TYPE", answer.media_type), ("vary", "accept-encoding")]
            if any("gzip" in value for value in request.values("accept-encoding")):
                shape.append(("Content-encoding", "gzip"))
                body = gzip.compress(body, mtime=0)
            if self.minor and answer.status == 200:
                shape.append(("transfer-encoding", "chunked"))
                body = b"".join(_chunk(body[at : at + PIECE]) for at in range(0, len(body), PIECE)) + b"0\r\n\r\n"
            else:
                shape.append(("content-LENGTH", str(len(body))))
        fields = headers if lean else headers + shape
        head = f"HTTP/1.1 {answer.status} \r\n" + "".join(f"{name}:{value}\r\n" for name, value in fields) + "\r\n"
        self.wfile.write(head.encode("latin-1") + (b"" if request.method == "HEAD" else body))

    def _forget(self) -> None:
        """Closing at once would reset the connection, and take the answer away from a client that is still sending."""
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(PATIENCE)
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends and self.connection.recv(65536):
            pass


def _chunk(piece: bytes) -> bytes:
    return f"{len(piece):x};odd\r\n".encode() + piece + b"\r\n"


def _malformed() -> Refusal:
    return Refusal("MALFORMED_REQUEST", "That is not how HTTP/1.1 goes")
