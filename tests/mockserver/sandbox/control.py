"""The control API of a mock inside the test's process. Every answer is judged by sandbox.yaml before a test sees it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx

from nexuscommerce.contract import Contract, Document, Operation, load_sandbox
from tests.inside import Inside, open_inside

HERE = "http://localhost:8080"


@lru_cache
def document() -> Document:
    return load_sandbox()


@dataclass(frozen=True)
class Turning:
    """Turns a mock. `address` is who asks, `headers` go with every request."""

    inside: Inside
    address: str = "127.0.0.1"
    headers: dict[str, str] = field(default_factory=dict)
    origin: str = HERE

    def ask(self, operation_id: str, /, *, body: Any = None, query: Any = None, headers: Any = None, **path: str) -> Any:
        """The answer's status and its JSON body (None: it has none)."""
        operation = document().operations[operation_id]
        url = document().base_path + operation.path.format(**path)
        response = self.send(operation.method, url, headers, json=body, params=query)
        judge(operation, response)
        return response.status_code, response.json() if response.content else None

    def data(self, operation_id: str, /, **given: Any) -> Any:
        """The `data` of an answer that must be a success."""
        status, answer = self.ask(operation_id, **given)
        assert status == document().operations[operation_id].success, answer
        return answer["data"] if answer else None

    def refusal(self, operation_id: str, /, **given: Any) -> tuple[int, str]:
        """The status and the error's code."""
        status, answer = self.ask(operation_id, **given)
        return status, str(answer["error"]["code"])

    def send(self, method: str, url: str, headers: Any = None, **options: Any) -> httpx.Response:
        async def sent() -> httpx.Response:
            transport = httpx.ASGITransport(self.inside.app, client=(self.address, 1))
            async with httpx.AsyncClient(transport=transport, base_url=self.origin) as client:
                given = {name: value for name, value in options.items() if value is not None}
                return await client.request(method, url, headers={**self.headers, **(headers or {})}, **given)

        return asyncio.run(sent())

    def world(self, **wanted: Any) -> World:
        """A new world, as small as may be unless it is wanted otherwise."""
        return World(self, self.data("createWorld", body={"fixtures": "kleines-kontor"} | wanted))


@dataclass(frozen=True)
class World:
    """A world that was made, entered with its key."""

    turning: Turning
    new: Any

    @property
    def id(self) -> str:
        return str(self.new["tenant_id"])

    def call(self, method: str, path: str, *, bearer: str | None = None, **options: Any) -> httpx.Response:
        """A request to the API."""
        headers = {"Authorization": f"Bearer {bearer or self.new['key']}", "X-Tenant-ID": self.id}
        return self.turning.send(method, "/api" + path, headers | options.pop("headers", {}), **options)

    def data(self, operation_id: str, /, **given: Any) -> Any:
        return self.turning.data(operation_id, worldId=self.id, **given)

    def refusal(self, operation_id: str, /, **given: Any) -> tuple[int, str]:
        return self.turning.refusal(operation_id, worldId=self.id, **given)

    def skus(self) -> list[str]:
        rows = self.call("GET", "/products?limit=200&fields=sku").json()["data"]
        return [row["sku"] for row in rows]


def judge(operation: Operation, response: httpx.Response) -> None:
    """An answer has a status that the document lists, and the body that it describes."""
    described = operation.responses[response.status_code].get("content", {}).get("application/json")
    if described is None:
        assert b"" == response.content
        return
    errors = [
        f"{'/'.join(map(str, e.instance_path))}: {e.message}"
        for e in operation.schemas.validator(described["schema"]).iter_errors(response.json())
    ]
    assert [] == errors, response.text


def opened(directory: Path, contract: Contract, **settings: Any) -> Turning:
    return Turning(open_inside(directory, contract, **settings))
