"""A reverse proxy in front of a good implementation that can spoil one thing of it: what a seeded fault runs in."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

PREFIX = "/api"
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


@dataclass(frozen=True)
class Call:
    """A request. Header names are in lower case; `path` is below the API's address."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes

    def asked(self, name: str) -> str | None:
        return dict(self.query).get(name)

    def text(self, name: str) -> str:
        """A query parameter; an empty text if there is none."""
        return self.asked(name) or ""

    def asking(self, **query: str | None) -> Call:
        """The same with other query parameters; None takes one away."""
        rest = tuple(pair for pair in self.query if pair[0] not in query)
        return replace(self, query=(*rest, *((name, value) for name, value in query.items() if value is not None)))

    def saying(self, **headers: str | None) -> Call:
        """The same with other headers; `_` stands for `-`, None takes one away."""
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        merged = {**self.headers, **changed}
        return replace(self, headers={name: value for name, value in merged.items() if value is not None})

    def carrying(self, body: Any) -> Call:
        return replace(self, body=json.dumps(body).encode())

    @property
    def token(self) -> str:
        return self.headers.get("authorization", "").partition(" ")[2]

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True)
class Reply:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def code(self) -> str | None:
        body = self.json
        return body["error"]["code"] if isinstance(body, dict) and "error" in body else None

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The resources of a success."""
        data = self.json.get("data") if self.status < 300 and isinstance(self.json, dict) else None
        return data if isinstance(data, list) else [data] if isinstance(data, dict) else []

    def carrying(self, body: Any, status: int | None = None) -> Reply:
        return replace(self, status=status or self.status, body=json.dumps(body).encode())

    def saying(self, **headers: str | None) -> Reply:
        merged = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return replace(self, headers={name: value for name, value in merged.items() if value is not None})

    def mapping(self, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Reply:
        """Every resource changed."""
        if not self.rows:
            return self
        body = self.json
        changed = [change(row) for row in self.rows]
        return self.carrying({**body, "data": changed if isinstance(body["data"], list) else changed[0]})


Forward = Callable[[Call], Reply]
Fault = Callable[[Call, Forward], Reply]


@dataclass
class Upstream:
    """The good implementation."""

    address: str
    opened: list[http.client.HTTPConnection] = field(default_factory=list)
    _local: threading.local = field(default_factory=threading.local)

    def __call__(self, call: Call) -> Reply:
        return self.beside(replace(call, path=PREFIX + call.path))

    def beside(self, call: Call) -> Reply:
        connection = self.connection()
        target = call.path + ("?" + urlencode(call.query) if call.query else "")
        headers = {name: value for name, value in call.headers.items() if name not in HOP_BY_HOP}
        if call.body or call.method in ("POST", "PUT", "PATCH"):
            headers["content-length"] = str(len(call.body))
        connection.putrequest(call.method, target, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value.encode("latin-1"))
        connection.endheaders(call.body or None)
        answer = connection.getresponse()
        body = answer.read()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, body)

    def connection(self) -> http.client.HTTPConnection:
        """This thread's own."""
        if not hasattr(self._local, "connection"):
            host = urlsplit(self.address)
            self._local.connection = http.client.HTTPConnection(str(host.hostname), host.port, timeout=30)
            self.opened.append(self._local.connection)
        own: http.client.HTTPConnection = self._local.connection
        return own

    def close(self) -> None:
        for connection in self.opened:
            connection.close()


@contextmanager
def spoiled(address: str, fault: Fault) -> Iterator[str]:
    """The address of a proxy that has this fault."""
    upstream = Upstream(address)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            path, _, query = self.path.partition("?")
            inside = path.startswith(PREFIX + "/")
            pairs = tuple(parse_qsl(query, keep_blank_values=True))
            call = Call(
                self.command, path, pairs, {name.lower(): value for name, value in self.headers.items()}, self.sent()
            )
            # What lies beside the API (the JWKS) is not spoiled.
            reply = fault(replace(call, path=path.removeprefix(PREFIX)), upstream) if inside else upstream.beside(call)
            self.send_response_only(reply.status)
            for name, value in reply.headers.items():
                if name not in HOP_BY_HOP or (name == "content-length" and call.method == "HEAD"):
                    self.send_header(name, value)
            if call.method != "HEAD" and reply.status != 204:
                self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(b"" if call.method == "HEAD" or reply.status == 204 else reply.body)

        def sent(self) -> bytes:
            if "chunked" not in self.headers.get("Transfer-Encoding", ""):
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def log_message(self, *_: Any) -> None:
            pass

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = answer  # noqa: N815

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}{PREFIX}"
        server.shutdown()
    upstream.close()
