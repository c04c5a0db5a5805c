"""The dashboard over a control API by hand, on a port of this machine: with the stream that its log listens to."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from mockserver.sandbox.dashboard import create_dashboard, mount
from mockserver.visit import Guest
from nexuscommerce.contract import Contract
from tests.mockserver.sandbox.fake_control import FakeControl, document


@dataclass
class Served:
    """`has_stream` false: the stream refuses, as it does to a browser that is signed in to the pages alone.
    `is_open` false: nobody is let in."""

    control: FakeControl
    port: int = 0
    has_stream: bool = True
    is_open: bool = True
    listeners: list[asyncio.Queue[dict[str, Any]]] = field(default_factory=list)
    loop: asyncio.AbstractEventLoop | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/_sandbox"

    def arrives(self, entry: dict[str, Any]) -> None:
        """A request is written to the log."""
        self.arrives_quietly(entry)
        assert self.loop
        for queue in self.listeners:
            self.loop.call_soon_threadsafe(queue.put_nowait, entry)

    def arrives_quietly(self, entry: dict[str, Any]) -> None:
        """The same, with nobody told."""
        self.control.log.insert(0, entry)

    def authenticate(self, token: str) -> Guest | None:
        return None

    def open_to(self, environ: Mapping[str, Any]) -> Guest | None:
        return Guest(None) if self.is_open else None

    async def stream(self, request: Request) -> Response:
        if not self.has_stream:
            return PlainTextResponse("", status_code=401)
        self.loop = asyncio.get_running_loop()
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.listeners.append(queue)

        async def events() -> AsyncIterator[str]:
            yield ": here\n\n"
            while True:
                entry = await queue.get()
                yield f"id: {entry['id']}\nevent: request\ndata: {json.dumps(entry)}\n\n"

        return StreamingResponse(events(), media_type="text/event-stream")


@contextmanager
def served(contract: Contract) -> Iterator[Served]:
    """Until the block ends."""
    what = Served(FakeControl())
    pages = mount(create_dashboard(lambda *asked: what.control(*asked), what, contract, document(), "a secret"))
    app = Starlette(routes=[Route("/_sandbox/v1/requests/stream", what.stream), Mount("/", pages)])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=1, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        threading.Event().wait(0.02)
    what.port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield what
    finally:
        server.should_exit = True
        thread.join(timeout=10)
