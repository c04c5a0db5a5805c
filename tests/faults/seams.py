"""Where faults are put in: a handler replaced, an answer changed on its way out, an attribute of a module exchanged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contract_tests.rules import FAULTS as CLAIMED
from mockserver import app, handlers
from mockserver.domain import jobs
from mockserver.handlers import Handler
from mockserver.store import statements


class Fault(NamedTuple):
    """A broken promise: the rule that claims to catch it, what is wrong, and how to make it so."""

    name: str
    rule: str
    sentence: str
    apply: Callable[[], None]


FAULTS: dict[str, Fault] = {}
HEALTHY = "healthy"  # stands for none of them


def fault(apply: Callable[[], None]) -> Callable[[], None]:
    """Register a function that breaks the mock in this process. The catalogue has its name, what is wrong, and the rule."""
    rule = CLAIMED[apply.__name__]
    FAULTS[apply.__name__] = Fault(apply.__name__, rule.id, rule.faults[apply.__name__], apply)
    return apply


def replace(owner: Any, name: str, value: Any) -> Any:
    """Exchange an attribute of a module or a class; the old one is returned, for a new one that calls it."""
    old = vars(owner)[name]
    setattr(owner, name, value)
    return old


def handle(operation: str, change: Callable[[Handler], Handler]) -> None:
    """Exchange the handler of an operation."""
    table: dict[str, Handler] = handlers.OPERATIONS  # type: ignore[assignment]
    table[operation] = change(table[operation])


class Answer:
    """An answer on its way out. `json` reads and writes its body."""

    def __init__(self, scope: Scope, start: Message, body: bytes) -> None:
        self.scope = scope
        self.status: int = start["status"]
        self.headers: list[tuple[bytes, bytes]] = list(start["headers"])
        self.body = body

    @property
    def path(self) -> str:
        return str(self.scope["path"])

    @property
    def method(self) -> str:
        return str(self.scope["method"])

    @property
    def json(self) -> Any:
        return orjson.loads(self.body) if self.body else None

    @json.setter
    def json(self, value: Any) -> None:
        self.body = orjson.dumps(value)

    def rows(self) -> list[dict[str, Any]]:
        """The resources in it: the rows of a list, or the one."""
        data = (self.json or {}).get("data") if self.status < 300 else None
        return data if isinstance(data, list) else [data] if data else []

    def drop(self, *names: str) -> None:
        self.headers = [(name, value) for name, value in self.headers if name.decode() not in names]

    def set(self, name: str, value: str) -> None:
        self.drop(name)
        self.headers.append((name.encode(), value.encode()))

    def get(self, name: str) -> str:
        return next((value.decode() for key, value in self.headers if key.decode() == name), "")


def on_the_wire(change: Callable[[Answer], None]) -> None:
    """Change every answer of the API after the whole mock has made it."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def changed(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            kept: list[Message] = []

            async def keep(message: Message) -> None:
                kept.append(message)

            await app(scope, receive, keep)
            answer = Answer(scope, kept[0], b"".join(message.get("body", b"") for message in kept[1:]))
            change(answer)
            if answer.body or answer.get("content-length"):
                answer.set("content-length", str(len(answer.body)))
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
            await send({"type": "http.response.body", "body": answer.body})

        return changed

    around(wrap)


def on_the_way_in(change: Callable[[Scope], Scope]) -> None:
    """Change every request before the mock sees it."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def changed(scope: Scope, receive: Receive, send: Send) -> None:
            await app(change(scope) if scope["type"] == "http" else scope, receive, send)

        return changed

    around(wrap)


def around(wrap: Callable[[ASGIApp], ASGIApp]) -> None:
    """Put something around the whole mock."""
    made: Callable[..., ASGIApp] = vars(app)["create_app"]
    replace(app, "create_app", lambda *args, **options: wrap(made(*args, **options)))


def brisk_jobs() -> None:
    """Jobs of 2 to 3 seconds instead of up to minutes, with any fault: long enough for others to wait in the queue."""
    durations: dict[str, tuple[int, int]] = jobs.DURATIONS  # type: ignore[assignment]
    durations.update(dict.fromkeys(durations, (2, 3)))


def with_conditions(make: Callable[..., Any], kept: slice) -> Callable[..., Any]:
    """A statement built with only these of the conditions that every statement has: its tenant, and not deleted."""

    def built(*shape: Any) -> Any:
        mine = statements.mine
        replace(statements, "mine", lambda table: mine(table)[kept])
        try:
            return make(*shape)
        finally:
            replace(statements, "mine", mine)

    return built


def header(scope: Scope, name: bytes) -> bytes:
    """A header of the request."""
    return next((value for key, value in scope["headers"] if key == name), b"")
