"""The machine's mock: in this process, its clock held, its ids the same in every run, called without an HTTP client."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson
import ulid
from sqlalchemy import select
from starlette.types import ASGIApp, Message

from mockserver.app import create_app
from mockserver.arrivals import Wanted, arrive
from mockserver.domain import instants
from mockserver.settings import Settings
from mockserver.store.database import Database, open_database
from mockserver.store.outbox import events
from mockserver.store.world import World, load_world
from mockserver.workers import catch_up
from nexuscommerce.contract import Contract
from tests import databases
from tests.inside import Clock
from tests.machine import world as own

Row = dict[str, Any]


class Answer(NamedTuple):
    """An answer's status and its body, None if it has none."""

    status: int
    body: Any

    @property
    def data(self) -> Any:
        return self.body["data"] if self.status < 300 and self.body else {}

    @property
    def code(self) -> str:
        return self.body["error"]["code"] if self.status >= 400 else ""


class Event(NamedTuple):
    """An event that the mock has told of: its body without `id` and `tenant_id`."""

    type: str
    resource: str
    at: str
    data: Row


@dataclass
class Mock:
    """One mock on a state file of its own; `seen` counts answers by operation, status and code."""

    directory: Path
    contract: Contract
    seed: int = 0
    clock: Clock = field(default_factory=Clock)
    seen: Counter[tuple[str, int, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Ids have the clock's time and then chance: here it is the same in every run, as are the durations by job id."""
        chance = random.Random(self.seed)  # noqa: S311  the same every time is what is wanted
        ulid.default_generator = ulid.ULIDGenerator(randomness=lambda _: chance.randbytes(10))
        self.tenants = _written(self.directory)
        self._loop = asyncio.new_event_loop()
        self._at = self._copy()
        self._open()

    def _open(self) -> None:
        self._world: World = _read(self.directory, self.contract)
        self.database: Database = open_database(self._at, self.contract, self._world)
        self._app: ASGIApp = create_app(
            Settings(database=self._at, limits=False), self.contract, self._world, self.database, self.clock
        )

    def _copy(self) -> Path | str:
        """A copy of the seeded database."""
        if databases.IN_USE:
            return databases.make(of=_seeded_there(self.directory, self.contract))
        file = self.directory / "machine.db"
        for old in self.directory.glob("machine.db*"):
            old.unlink()
        shutil.copy(_seeded(self.directory, self.contract), file)
        return file

    def close(self) -> None:
        self.database.close()
        self._loop.close()

    def restart(self) -> None:
        """Another process would find the same file at the same time."""
        self.database.close()
        self._open()

    @property
    def now(self) -> datetime:
        return self.clock.now

    @property
    def at(self) -> str:
        return instants.text(self.clock.now)

    def send(
        self,
        operation_id: str,
        body: Any = None,
        path: Mapping[str, str] | None = None,
        *,
        query: Row | None = None,
        key: int = 0,
        tenant: int | None = None,
    ) -> Answer:
        """One request, with the key of a tenant; its answer has a schema of the document's for this operation and status."""
        operation = self.contract.operations[operation_id]
        target = self.tenants[key if tenant is None else tenant]["id"]
        headers = [
            (b"authorization", f"Bearer {self.tenants[key]['keys'][0]['key']}".encode()),
            (b"x-tenant-id", target.encode()),
            (
                b"x-request-id",
                b"machine",
            ),  # one that the mock makes would have the time of the wall, and take chance from ours
        ]
        raw = b"" if body is None else orjson.dumps(body)
        if raw:
            headers += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(raw))]
        url = f"{self.contract.base_path}{operation.path.format_map(path or {})}"
        scope = _scope(operation.method, url, urlencode(query or {}), headers)
        answer = self._loop.run_until_complete(_called(self._app, scope, raw))
        self.seen[operation_id, answer.status, answer.code] += 1
        _require_schema(self.contract, operation_id, answer)
        return answer

    def all(self, operation_id: str, query: Mapping[str, str] | None = None, *, key: int = 0, limit: int = 200) -> list[Row]:
        """Every row of a list, along its pages."""
        rows: list[Row] = []
        page: Row = {"limit": limit, **(query or {})}
        while True:
            answer = self.send(operation_id, query=page, key=key)
            assert 200 == answer.status, answer
            rows += answer.data
            cursor = answer.body["meta"]["nextCursor"]
            if cursor is None:
                assert len(rows) == answer.body["meta"]["total"], f"{operation_id}: total"
                return rows
            page = {**page, "cursor": cursor}

    def arrives(self, wanted: list[tuple[str, int]], marketplace: str, method: str) -> Row:
        """An order, as the command `nexus-mock order` takes it in. Raises Unsellable."""
        tenant = self.tenants[0]["id"]
        catch_up(self.database, tenant, self.now)
        with self.database.shop(tenant, writes=True) as shop:
            return arrive(shop, self.now, [Wanted(*line) for line in wanted], marketplace, method)

    def told(self, after: int) -> tuple[int, list[Event]]:
        """The events after a position, and the position of the last; all of them are the first tenant's."""
        columns = (events.c.position, events.c.tenant_id, events.c.type, events.c.resource, events.c.body)
        rows = self.database.backend.read(select(*columns).where(events.c.position > after).order_by(events.c.position), {})
        found = []
        for _, tenant, type_, resource, raw in rows:
            body = orjson.loads(raw)
            assert (self.tenants[0]["id"], tenant, type_) == (tenant, body["tenant_id"], body["type"])
            found.append(Event(type_, resource, body["created_at"], body["data"]))
        return (rows[-1][0] if rows else after), found


async def _called(app: ASGIApp, scope: Row, raw: bytes) -> Answer:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return Answer(sent[0]["status"], orjson.loads(body) if body else None)


def _scope(method: str, path: str, query: str, headers: list[tuple[bytes, bytes]]) -> Row:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "server": ("mock", 80),
        "client": ("127.0.0.1", 1),
        "extensions": {},
    }


@cache
def _validator(contract: Contract, operation_id: str, status: int) -> Any:
    response = contract.operations[operation_id].responses.get(status)
    assert response is not None, f"{operation_id} has no {status} in the document"
    content = response.get("content", {}).get("application/json")
    return content and contract.schemas.validator(content["schema"])


def _require_schema(contract: Contract, operation_id: str, answer: Answer) -> None:
    validator = _validator(contract, operation_id, answer.status)
    if validator is None:
        assert answer.body is None, f"{operation_id} {answer.status} has a body: {answer.body}"
        return
    faults = [f"{'/'.join(map(str, e.instance_path))}: {e.message[:300]}" for e in validator.iter_errors(answer.body)]
    assert [] == faults, f"{operation_id} {answer.status}: {faults}"


@cache
def _written(directory: Path) -> list[Row]:
    return own.write(directory / "world.json")


@cache
def _read(directory: Path, contract: Contract) -> World:
    return load_world(directory / "world.json", contract)


@cache
def _seeded(directory: Path, contract: Contract) -> Path:
    path = directory / "seeded.db"
    open_database(path, contract, _read(directory, contract)).close()
    return path


@cache
def _seeded_there(directory: Path, contract: Contract) -> str:
    return databases.seeded(lambda url: open_database(url, contract, _read(directory, contract)).close())
