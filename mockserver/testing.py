"""Worlds for tests: each has a tenant, a key and a clock of its own, and goes when its test does.

What the pytest plugin hands out; without pytest, `World(control, control.post("/worlds", {}))` with a `Control` of
`mockserver.commands.client`. What the mock refuses raises its `Refused`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import quote

import httpx

from mockserver.commands.client import Control, is_loopback
from mockserver.commands.moments import seconds
from mockserver.domain import instants


class Clock:
    """A world's clock. Each method answers what time it is there then."""

    def __init__(self, control: Control, path: str) -> None:
        self._control = control
        self._path = f"{path}/clock"

    @property
    def now(self) -> datetime:
        return _now(self._control.get(self._path))

    def freeze(self, at: datetime | str | None = None) -> datetime:
        """Stand still, at this instant or at what it says now."""
        return self._set("frozen", at)

    def set(self, at: datetime | str) -> datetime:
        """Go on from this instant."""
        return self._set("running", at)

    def release(self) -> datetime:
        """Follow the server's clock again."""
        return self._set("released", None)

    def advance(self, duration: timedelta | float | str) -> datetime:
        """Move forward: by a timedelta, by seconds, or by a text such as `1h30m`. What is due by then has happened."""
        return _now(self._control.post(f"{self._path}/advance", {"seconds": _length(duration)}))

    def _set(self, mode: str, at: datetime | str | None) -> datetime:
        return _now(self._control.put(self._path, {"mode": mode} | ({"at": _text(at)} if at else {})))


class World:
    """One world. `owner` is a user who can log in (`id`, `email`, `password`); `token` opens this world in the control API,
    `key` is an API key that may do everything, and `headers` are what a request to `base_url` needs."""

    def __init__(self, control: Control, made: dict[str, Any]) -> None:
        self.id: str = made["world"]["id"]
        self.base_url: str = made["base_url"]
        self.tenant_id: str = made["tenant_id"]
        self.key: str = made["key"]
        self.token: str = made["token"]
        self.owner: dict[str, str] = made["owner"]
        self.headers = {"Authorization": f"Bearer {self.key}", "X-Tenant-ID": self.tenant_id}
        self.control = Control(control.url, self.token)
        self._path = f"/worlds/{self.id}"
        self.clock = Clock(self.control, self._path)

    @cached_property
    def client(self) -> httpx.Client:
        """For requests such as `client.get("/orders")`, with the key."""
        return httpx.Client(base_url=self.base_url, headers=self.headers, trust_env=not is_loopback(self.base_url))

    def fault(self, **fault: Any) -> dict[str, Any]:
        """Make requests fail: the members of FaultRequest, as in `fault(operation_id="listOrders", code="RATE_LIMITED")`."""
        return dict(self._data("POST", "/faults", fault))

    def trigger(self, event: str, resource: str | None = None) -> dict[str, Any]:
        """Make something happen that fires the event."""
        return dict(self._data("POST", "/events", {"type": event} | ({"resource": resource} if resource else {})))

    def order(self, *skus: str, **more: Any) -> dict[str, Any]:
        """An order arrives, for one of each SKU; without one, for what is there. `lines`, `marketplace` and
        `fulfillment_method` are those of OrderRequest."""
        lines = {"lines": [{"sku": sku} for sku in skus]} if skus else {}
        return dict(self._data("POST", "/orders", lines | more))

    def requests(self, **query: Any) -> list[dict[str, Any]]:
        """The requests that came to this world, the oldest first; filters are those of listRequests."""
        rows: list[dict[str, Any]] = self.control.get("/requests", **{"limit": 500, "world_id": self.id} | query)
        return rows[::-1]

    def coverage(self) -> dict[str, Any]:
        """Which operations and statuses were exercised in this world."""
        return dict(self.control.get("/coverage", world_id=self.id))

    def snapshot(self, name: str = "snapshot") -> None:
        self._data("POST", "/snapshots", {"name": name})

    def restore(self, name: str = "snapshot") -> None:
        self._data("POST", f"/snapshots/{quote(name, safe='')}/restore")

    def reset(self) -> None:
        """Back to its fixtures."""
        self._data("POST", "/reset")

    def delete(self) -> None:
        """The world, and the connections to it."""
        self._data("DELETE", "")
        self.control.http.close()
        self.client.close()

    def __repr__(self) -> str:
        return f"<World {self.id} at {self.base_url}>"

    def _data(self, method: str, path: str, body: Any = None) -> Any:
        return (self.control.ask(method, self._path + path, body=body) or {}).get("data")


def _now(clock: dict[str, Any]) -> datetime:
    return instants.parse(clock["now"])


def _text(at: datetime | str) -> str:
    """In UTC, which is also what a datetime without a time zone means."""
    return at if isinstance(at, str) else instants.text(at if at.tzinfo else at.replace(tzinfo=UTC))


def _length(duration: timedelta | float | str) -> float:
    if isinstance(duration, timedelta):
        return duration.total_seconds()
    return seconds(duration) if isinstance(duration, str) else duration
