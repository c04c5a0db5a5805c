"""HTTP/1.1 on one connection: the ordinary requests in a short way, everything else by h11 (docs/decisions.md)."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from ulid import ULID
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol, RequestResponseCycle

from mockserver import envelope, ordinary
from mockserver.connection import Connection
from mockserver.domain.errors import ApiError

GRACE = 2.0  # seconds in which a client may send the rest of a body when the server is about to stop
_WITHOUT_BODY = (204, 304)
_CLOSE = (b"connection", b"close")


class Exchange(RequestResponseCycle):
    """An ordinary request and its answer, written as h11 would write it. uvicorn's cycle does the rest."""

    def __init__(self, protocol: Protocol, scope: Any, fields: ordinary.Fields) -> None:
        self.scope = scope
        self.transport = protocol.transport
        self.flow = protocol.flow
        self.logger = protocol.logger
        self.default_headers = protocol.server_state.default_headers
        self.on_response = protocol.on_exchanged
        self.message_event = asyncio.Event()
        self.disconnected = False
        self.keep_alive = fields.keep_alive
        self._closes = not fields.keep_alive
        self.waiting_for_100_continue = False
        self.body = bytearray()
        self.more_body = fields.length > 0
        if not self.more_body:
            self.message_event.set()
        self.response_started = False
        self.response_complete = False
        self._head = b""  # until the first bytes of a body of known length: both leave together
        self._missing: int | None = 0  # bytes of the answer's body; None: sent in chunks

    async def send(self, message: Any) -> None:
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        if not self.response_started:
            self._start(message)
        elif self.response_complete:
            raise RuntimeError("an answer goes on after its end")
        else:
            self._go_on(message.get("body", b""), more=message.get("more_body", False))

    def _start(self, message: Any) -> None:
        self.response_started = True
        status, headers = message["status"], [*self.default_headers, *message.get("headers", ())]
        known = dict(headers)
        if b"content-length" in known:
            self._missing = int(known[b"content-length"])
        elif status not in _WITHOUT_BODY:
            self._missing = None
            headers.append((b"transfer-encoding", b"chunked"))
        if known.get(b"connection") == b"close":
            self.keep_alive = False
        elif self._closes:
            headers.append(_CLOSE)
        self._head = _written(status, headers)
        if self._missing is None:
            self.transport.write(self._head)

    def _go_on(self, body: bytes, *, more: bool) -> None:
        if self._missing is None:
            self.transport.write(_chunk(body, last=not more))
        else:
            self._missing -= len(body)
            if self._missing < 0 or (self._missing and not more):
                raise h11.LocalProtocolError("an answer is not as long as its Content-Length")
            self.transport.write(self._head + body)
            self._head = b""
        if not more:
            self._end()

    def _end(self) -> None:
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


def _written(status: int, headers: list[tuple[bytes, bytes]]) -> bytes:
    """The head of an answer. A line break within a header would begin another one, or another answer."""
    head = b"\r\n".join(
        [b"HTTP/1.1 %d %b" % (status, STATUS_PHRASES[status]), *[b"%b: %b" % header for header in headers], b"\r\n"]
    )
    lines = len(headers) + 2
    if head.count(b"\n") != lines or head.count(b"\r") != lines or b"\0" in head:
        raise h11.LocalProtocolError("an illegal header value")
    return head


def _chunk(body: bytes, *, last: bool) -> bytes:
    """RFC 9112 §7.1. An empty chunk would be the last."""
    return (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + (b"0\r\n\r\n" if last else b"")


class Protocol(H11Protocol):
    """h11's protocol with a short way before it, which takes a request whose head arrived in one piece and is ordinary in
    every respect. Whatever is not, is given to h11 as it came, with all that follows on the connection: only between
    requests, so that neither has seen anything of what the other reads.

    Requests find their connection in the state of their scope. What h11 cannot parse never reaches the app, and so no
    counter: it is answered from here."""

    by_h11 = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._connection = Connection(transport)
        self.app_state = {**self.app_state, "connection": self._connection}
        self._missing = 0  # bytes of the request's body
        self._early = b""  # what came of the next requests
        self._heard = 0.0  # when something last happened between requests, in seconds of the loop
        self._idle: asyncio.TimerHandle | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        super().shutdown()
        self._connection.stopping.set()
        if self._lacks_body():
            self.loop.call_later(GRACE, self._give_up)

    def _lacks_body(self) -> bool:
        """Whether a request is under way of which a part is still to come."""
        return self.cycle is not None and self.cycle.more_body and not self.cycle.response_complete

    def _give_up(self) -> None:
        if self._lacks_body():
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        if self.by_h11:
            super().data_received(data)
        elif rest := self._body(data) if self._missing else data:
            self._next(rest)

    def _body(self, data: bytes) -> bytes:
        """Take what is the body's, and return the rest. Nobody wants the body of a request that has been answered."""
        part, rest = data[: self._missing], data[self._missing :]
        self._missing -= len(part)
        if self.cycle.response_complete:
            self._heard = self.loop.time()
            return rest
        self.cycle.body += part
        if len(self.cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        self.cycle.more_body = self._missing > 0
        self.cycle.message_event.set()
        return rest

    def _next(self, data: bytes) -> None:
        if self.cycle and not self.cycle.response_complete:
            self._wait(data)
        elif head := ordinary.read(data):
            self._begin(head)
            if rest := data[head.size :]:
                self.data_received(rest)
        else:
            self.by_h11 = True
            self._stop_waiting()
            super().data_received(data)

    def _wait(self, data: bytes) -> None:
        """Pipelined: its turn is when the answer before it has ended."""
        self._early += data
        self.flow.pause_reading()

    def _begin(self, head: ordinary.Head) -> None:
        self._missing = head.fields.length
        self.cycle = Exchange(self, self._scope(head), head.fields)
        task = self.loop.create_task(self.cycle.run_asgi(self.app))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    def _scope(self, head: ordinary.Head) -> dict[str, Any]:
        return {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": "1.1",
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "method": head.method,
            "root_path": self.root_path,
            "path": self.root_path + head.path,
            "raw_path": self.root_path.encode() + head.raw_path,
            "query_string": head.query,
            "headers": list(head.fields.headers),
            "state": self.app_state.copy(),
        }

    def on_exchanged(self) -> None:
        """The answer has been written."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self._heard = self.loop.time()
        if self._idle is None:
            self._idle = self.loop.call_later(self.timeout_keep_alive, self._close_if_idle)
        self.flow.resume_reading()
        if self._early:
            data, self._early = self._early, b""
            self._next(data)

    def _close_if_idle(self) -> None:
        """One timer for many requests: to set and to cancel one for each would cost more than all of its head."""
        self._idle = None
        if not self.cycle.response_complete:
            return
        left = self._heard + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._idle = self.loop.call_later(left, self._close_if_idle)
        else:
            self.timeout_keep_alive_handler()

    def _stop_waiting(self) -> None:
        if self._idle:
            self._idle.cancel()
            self._idle = None

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
