"""A control API that answers what a test tells it to, and holds both sides to sandbox.yaml: what a command sends must be a
valid request of an operation, and what the fake answers a valid answer of it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import orjson

from mockserver.domain.errors import ApiError
from mockserver.validation import Validation
from nexuscommerce.contract import Document, Operation, load_sandbox

WORLD = "3714240b-2e06-4c35-8856-ccc1c096323e"
OTHER = "11111111-2222-4333-8444-555555555555"
USER = "99999999-2222-4333-8444-555555555555"
AT = "2026-03-12T14:32:01.000Z"


class Asked(NamedTuple):
    """One request that came: `wrong` is what sandbox.yaml has against it."""

    operation: str
    path: dict[str, str]
    query: str
    body: Any
    token: str | None
    headers: dict[str, str]
    wrong: str | None


class Error(NamedTuple):
    """An answer that refuses."""

    status: int
    code: str
    message: str = "It cannot be"
    details: dict[str, Any] = {}  # noqa: RUF012  a named tuple's default, never changed


@dataclass
class Fake:
    """A running fake. `answers`: operationId -> data, an Error, or for a stream the connections' chunks."""

    port: int = 0
    answers: dict[str, Any] = field(default_factory=dict)
    ledger: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def last(self) -> tuple[str, Any]:
        """What was asked last: the operation, and the body."""
        return self.ledger[-1].operation, self.ledger[-1].body


def world(identifier: str = WORLD, name: str = "Growth", **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"id": identifier, "name": name, "plan": "growth", "currency": "USD", "fixtures": "widget-works"}
    return row | {"created_at": AT, "last_used_at": None, "expires_at": None, "counts": {"products": 62, "orders": 0}} | more


def new_world() -> dict[str, Any]:
    return {
        "world": world(),
        "base_url": "http://127.0.0.1:8080/api",
        "tenant_id": WORLD,
        "key": "nxc_live_4f0a1b2c3d4e5f",
        "token": "nxs_world_4f0a1b2c3d4e5f",
        "owner": {"id": USER, "email": "owner@growth.example", "password": "it's $ecret"},
    }


def key(**more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": "key_1",
        "prefix": "nxc_live_4f0a",
        "name": "reader",
        "scopes": ["products:read"],
        "expires_at": None,
    }
    return row | {"revoked_at": None, "allowlist": [], "rate_limit": None, "created_at": AT} | more


def user(**more: Any) -> dict[str, Any]:
    return {"id": USER, "email": "mia@example.com", "name": "Mia", "role": "viewer"} | more


def fault(**more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": "flt_1",
        "operation_id": "listOrders",
        "method": None,
        "path": None,
        "key_id": None,
        "share": 1,
        "seed": 0,
    }
    row |= {"times": 2, "code": "RATE_LIMITED", "status": None, "retry_after": None, "delay": None, "connection": None}
    return row | {"applied": 1} | more


def entry(identifier: str = "req_1", **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": identifier,
        "request_id": "x",
        "world_id": WORLD,
        "at": AT,
        "method": "GET",
        "path": "/api/orders",
    }
    row |= {"query": "limit=5", "operation_id": "listOrders", "status": 200, "error_code": None, "message": None}
    return row | {"duration_ms": 12.4, "caller": "key_1", "fault": None} | more


def message(**more: Any) -> dict[str, Any]:
    return {"headers": [["Accept", "*/*"]], "body": '{"a": 1}', "truncated": False} | more


def delivery(identifier: str = "del_1", **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": identifier,
        "endpoint_id": "whe_1",
        "type": "order.created",
        "resource": "order ord_1",
        "state": "delivered",
    }
    row |= {"tries": 1, "due_at": AT, "updated_at": AT, "last_status": 200, "last_error": None, "test": False}
    return row | {"url": "http://127.0.0.1:3000/", "request": None, "response": None} | more


def endpoint() -> dict[str, Any]:
    row: dict[str, Any] = {"id": "whe_1", "url": "http://127.0.0.1:3000/", "events": ["order.created"], "paused": False}
    return {"id": "whe_1", "secret": "whsec_0123456789abcdef", "details": row | {"created_at": AT, "rotated_until": None}}


def coverage(**more: Any) -> dict[str, Any]:
    seen = {"status": 200, "requests": 3, "codes": {}}
    never = {"status": 404, "requests": 0, "codes": {}}
    rows = [
        {"operation_id": "listOrders", "method": "GET", "path": "/orders", "requests": 3, "statuses": [seen]},
        {"operation_id": "getOrder", "method": "GET", "path": "/orders/{id}", "requests": 0, "statuses": [never]},
    ]
    return {"world_id": None, "operations": rows, "exercised": 1, "possible": 2} | more


_SNAPSHOT = {"name": "before checkout", "created_at": AT, "counts": {"products": 62}}
_CLOCK = {"mode": "frozen", "now": AT, "own": True}
_SERVER = {"version": "0.3.0", "public": False, "self_service": False, "fixtures": ["empty", "widget-works"], "worlds": 2}
USUAL: dict[str, Any] = {
    "getServer": _SERVER | {"requests": 1, "now": AT},
    "getServerClock": _CLOCK,
    "setServerClock": _CLOCK,
    "advanceServerClock": _CLOCK,
    "listServerFaults": [fault()],
    "createServerFault": fault(),
    "deleteServerFaults": None,
    "deleteServerFault": None,
    "listWorlds": [world(), world(OTHER, "Starter")],
    "createWorld": new_world(),
    "importWorld": new_world(),
    "getWorld": world(),
    "updateWorld": world(),
    "deleteWorld": None,
    "resetWorld": world(),
    "forkWorld": new_world(),
    "exportWorld": {"format": 2, "tenant": {"id": WORLD}},
    "listSnapshots": [_SNAPSHOT],
    "createSnapshot": _SNAPSHOT,
    "deleteSnapshot": None,
    "restoreSnapshot": world(),
    "listKeys": [key()],
    "createKey": {"id": "key_1", "key": "nxc_live_4f0a1b2c3d4e5f", "details": key()},
    "revokeKey": key(revoked_at=AT),
    "listUsers": [user(), user(id=OTHER, email="olga@example.com", role="owner")],
    "createUser": user(),
    "updateUser": user(),
    "deleteUser": None,
    "issueToken": {"token": "eyJ.abcdefgh.ijklmnop", "expires_at": AT},
    "createEndpoint": endpoint(),
    "deleteEndpoint": None,
    "listDeliveries": [delivery("del_2", state="failed", last_status=None, last_error="cannot connect"), delivery()],
    "getDelivery": delivery(request=message(), response=message(body=None)),
    "redeliver": delivery(state="pending"),
    "getClock": _CLOCK,
    "setClock": _CLOCK,
    "advanceClock": _CLOCK,
    "triggerEvent": {"type": "order.created", "resource": "order ord_1", "event_id": "evt_1", "data": {}},
    "listFaults": [fault()],
    "createFault": fault(),
    "deleteFaults": None,
    "deleteFault": None,
    "listRequests": [entry("req_2", status=404, error_code="RESOURCE_NOT_FOUND"), entry()],
    "deleteRequests": None,
    "streamRequests": [],
    "getRequest": entry() | {"request": message(), "response": message(truncated=True), "curl": "curl http://…"},
    "getCoverage": coverage(),
    "deleteCoverage": None,
}
_PAGED = {"listWorlds", "listRequests"}


@cache
def sandbox() -> Document:
    return load_sandbox()


@cache
def _validation(operation_id: str) -> Validation:
    return Validation(sandbox().operations[operation_id])


def _route(method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """The operation, those without a parameter in the same place first, as `/worlds/import` beside `/worlds/{worldId}`."""
    for operation in sorted(sandbox().operations.values(), key=lambda row: row.path.count("{")):
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(operation.path))
        if operation.method == method and (found := re.fullmatch(pattern, path)):
            return operation, {name: unquote(value) for name, value in found.groupdict().items()}
    return None


@contextmanager
def faking() -> Iterator[Fake]:
    """A fake on a free port while the block lasts. Fails at the end if a request was none of sandbox.yaml."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            split = urlsplit(self.path)
            found = _route(self.command, split.path.removeprefix("/_sandbox/v1"))
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = orjson.loads(raw) if raw else None
            if found is None:
                fake.ledger.append(Asked("", {}, split.query, body, None, {}, f"no such path: {self.command} {self.path}"))
                self._send(404, {"error": {"code": "ROUTE_NOT_FOUND", "message": "no such path", "details": {}}})
                return
            operation, path = found
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ") or None
            names = {name.lower(): value for name, value in self.headers.items()}
            wrong = _wrong(operation, path, split.query, body)
            fake.ledger.append(Asked(operation.id, path, split.query, body, token, names, wrong))
            self._answer(operation, fake.answers[operation.id])

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815  what http.server looks for

        def _answer(self, operation: Operation, data: Any) -> None:
            if isinstance(data, Error):
                self._send(data.status, {"error": {"code": data.code, "message": data.message, "details": data.details}})
            elif operation.id == "streamRequests":
                self._stream(data.pop(0) if data else [])
            elif operation.success == 204:
                self._send(204, None)
            else:
                meta = {"meta": {"total": len(data), "next": None}} if operation.id in _PAGED else {}
                told = {"data": data} | meta
                schema = operation.responses[operation.success]["content"]["application/json"]["schema"]
                operation.schemas.validator(schema).validate(told)
                self._send(operation.success, told)

        def _send(self, status: int, body: Any) -> None:
            raw = b"" if body is None else orjson.dumps(body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def _stream(self, chunks: Sequence[str]) -> None:
            """The chunks, and then the connection breaks in the middle."""
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for chunk in chunks:
                raw = chunk.encode()
                self.wfile.write(b"%x\r\n%s\r\n" % (len(raw), raw))
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Nothing on standard error."""

    fake = Fake(answers=dict(USUAL))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
    assert [] == [row for row in fake.ledger if row.wrong]


def _wrong(operation: Operation, path: dict[str, str], query: str, body: Any) -> str | None:
    try:
        _validation(operation.id).check(path, query.encode(), body)
    except ApiError as refused:
        return f"{operation.id}: {refused.details}"
    return f"{operation.id} takes no body" if body is not None and operation.body is None else None


def event(identifier: str, row: dict[str, Any]) -> str:
    """One server-sent event."""
    return f"id: {identifier}\nevent: request\ndata: {orjson.dumps(row).decode()}\n\n"
