"""Two hundred worlds used at once by as many clients of a real mock: states, clocks, faults and logs never meet."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx
import pytest

from tests.live import Mock, running

STEPS = 4
_MADE = re.compile(r"W\d+-\d+")
CLOCK = 1893456000  # 2030-01-01T00:00:00Z; world n stands n days later


@pytest.fixture
def mock(tmp_path: Path) -> Iterator[Mock]:
    with running(tmp_path, "--log", "off", "--webhook-pauses", "0") as started:
        yield started


class Client:
    """One user of one world, who knows what he did."""

    def __init__(self, http: httpx.AsyncClient, number: int) -> None:
        self.http = http
        self.number = number
        self.day = time.strftime("%Y-%m-%d", time.gmtime(CLOCK + number * 86400))
        self.made: list[str] = []
        self.took = 0.0

    async def create(self) -> None:
        started = time.perf_counter()
        new = await self._ok(self.http.post("/_sandbox/v1/worlds", json={"name": f"world {self.number}"}))
        self.took = time.perf_counter() - started
        self.id, self.key = new["tenant_id"], new["key"]

    async def turn(self) -> None:
        """A clock and a fault of its own: the fault names the world by its Retry-After."""
        base = f"/_sandbox/v1/worlds/{self.id}"
        await self._ok(self.http.put(f"{base}/clock", json={"mode": "frozen", "at": f"{self.day}T00:00:00Z"}))
        wanted = {"operation_id": "listWarehouses", "code": "RATE_LIMITED", "retry_after": self.number + 1}
        await self._ok(self.http.post(f"{base}/faults", json=wanted))

    async def work(self) -> None:
        for step in range(STEPS):
            sku = f"W{self.number}-{step}"
            product = await self._ok(self.call("POST", "/products", json={"sku": sku, "title": sku, "price": 1}))
            self.made.append(sku)
            assert product["created_at"] == f"{self.day}T00:00:00.000Z"
            refused = await self.call("GET", "/inventory/warehouses")
            assert (429, str(self.number + 1)) == (refused.status_code, refused.headers["Retry-After"])
            listed = await self._ok(self.call("GET", "/products?sort=created_at&order=desc&limit=100&fields=sku"))
            assert sorted(self.made) == sorted(row["sku"] for row in listed if _MADE.fullmatch(row["sku"]))
            missing = await self.call("GET", f"/products/W{self.number + 1}-{step}")
            assert 404 == missing.status_code

    async def look_back(self, others: dict[str, str]) -> None:
        """The log and the coverage hold what this client did, and a foreign key opens nothing here."""
        log = await self._ok(self.http.get(f"/_sandbox/v1/requests?world_id={self.id}&limit=500"))
        assert {self.id} == {row["world_id"] for row in log}
        assert 4 * STEPS == len(log)
        coverage = await self._ok(self.http.get(f"/_sandbox/v1/coverage?world_id={self.id}"))
        assert 4 * STEPS == sum(row["requests"] for row in coverage["operations"])
        foreign = await self.http.get(
            "/api/products", headers={"Authorization": f"Bearer {self.key}", "X-Tenant-ID": others[self.id]}
        )
        assert "TENANT_ACCESS_DENIED" == foreign.json()["error"]["code"]

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}", "X-Tenant-ID": self.id}
        return await self.http.request(method, f"/api{path}", headers=headers, **options)

    async def _ok(self, asked: Any) -> Any:
        answer = await asked
        assert answer.is_success, answer.text
        return answer.json()["data"]


@pytest.mark.parametrize("worlds", [25, pytest.param(200, marks=pytest.mark.slow)])
def test_worlds_that_are_used_at_once_never_meet(mock: Mock, worlds: int) -> None:
    """Each client sees its own rows, its own time, its own faults and its own log, whatever the others do meanwhile."""

    async def use() -> list[float]:
        limits = httpx.Limits(max_connections=worlds, max_keepalive_connections=worlds)
        address = f"http://127.0.0.1:{mock.port}"
        async with httpx.AsyncClient(base_url=address, limits=limits, timeout=120, trust_env=False) as http:
            clients = [Client(http, number) for number in range(worlds)]
            alone = clients[:20]
            for client in alone:
                await client.create()
            await asyncio.gather(*(client.create() for client in clients[20:]))
            await asyncio.gather(*(client.turn() for client in clients))
            await asyncio.gather(*(client.work() for client in clients))
            following = [*clients[1:], clients[0]]
            others = {client.id: other.id for client, other in zip(clients, following, strict=True)}
            assert worlds == len(set(others))
            await asyncio.gather(*(client.look_back(others) for client in clients))
            return [client.took for client in alone[1:]]

    took = asyncio.run(use())
    milliseconds = [1000 * each for each in took]
    print(
        f"\na world of its own: median {median(milliseconds):.1f} ms, 95 % below {quantiles(milliseconds, n=20)[-1]:.1f} ms"
    )
