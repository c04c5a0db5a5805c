"""Clients that keep a ledger of what was acknowledged, whatever happens to the mock meanwhile."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

# A key of a million requests a minute; and one of 60.
TENANT, KEY = "a5f4d17c-3498-45e7-9fbe-7214d722cec5", "nxc_live_rehearsal_a_full_40e8ccd47270"
STARTER, STARTER_KEY = "8cd8f3f1-e373-43cc-af86-6ff3eb97cdf6", "nxc_live_starter_full_f2bed8b71f39"


@dataclass
class Ledger:
    """What clients did: SKU -> the price that was acknowledged last, and every answer by status."""

    address: str
    key: str = KEY
    tenant: str = TENANT
    prices: dict[str, float] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def client(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.key}", "X-Tenant-ID": self.tenant}
        return httpx.Client(base_url=self.address, headers=headers, timeout=20)

    @contextmanager
    def working(self, clients: int = 4, begin: int = 0) -> Iterator[None]:
        """Clients, numbered from `begin`, make products and change their prices while the block lasts."""
        ended = threading.Event()
        with ThreadPoolExecutor(clients) as pool:
            work = [pool.submit(self._work, number, ended) for number in range(begin, begin + clients)]
            try:
                yield
            finally:
                ended.set()
            for done in work:
                done.result()

    def lost(self) -> dict[str, Any]:
        """What was acknowledged and is not there."""
        with self.client() as http:
            seen = {sku: http.get(f"/products/{sku}").json() for sku in self.prices}
        there = {sku: body.get("data", {}).get("price") for sku, body in seen.items()}
        return {sku: there[sku] for sku, price in self.prices.items() if price != there[sku]}

    def _work(self, client: int, ended: threading.Event) -> None:
        """Of one SKU at a time one change is under way. One without an answer may have happened or not: it is made again."""
        with self.client() as http:
            for number in itertools.count():
                if ended.is_set():
                    return
                sku, price = f"LEDGER-{client}-{number // 4}", 1.0 + number % 4
                made = sku in self.prices
                answer = self._ask(http, "PATCH" if made else "POST", sku, price)
                while answer is None or answer.status_code == 503:
                    if ended.wait(0.05):
                        self.prices.pop(sku, None)  # nobody knows
                        return
                    answer = self._ask(http, "PATCH" if made else "POST", sku, price)
                if answer.status_code == 409 and not made:  # it had happened, unacknowledged
                    answer = self._ask(http, "PATCH", sku, price) or answer
                if answer.is_success:
                    self.prices[sku] = price
                else:
                    self.prices.pop(sku, None)

    def _ask(self, http: httpx.Client, method: str, sku: str, price: float) -> httpx.Response | None:
        try:
            if method == "POST":
                answer = http.post("/products", json={"sku": sku, "title": "Kept", "price": price})
            else:
                answer = http.patch(f"/products/{sku}", json={"price": price})
        except httpx.TransportError:
            self.broken += 1
            return None
        self.statuses[answer.status_code] += 1
        self.slowest = max(self.slowest, answer.elapsed.total_seconds())
        if answer.status_code >= 500 and not _is_told(answer):
            self.wrong.append(f"{answer.status_code} {answer.headers} {answer.text[:200]}")
        return answer


def _is_told(answer: httpx.Response) -> bool:
    """As the document has it: 503, in the envelope, with the headers that every answer has and Retry-After."""
    named = {"x-request-id", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after"}
    return (
        answer.status_code == 503
        and answer.json()["error"]["code"] == "SERVICE_UNAVAILABLE"
        and named <= set(answer.headers)
    )
