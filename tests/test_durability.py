"""Two kills in the middle of 1,000 changes: every change's event arrives, verified and in order, and no other does."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx

from tests.live import running
from tests.receiver import Received, receiving, status

KEY, TENANT = "nxc_live_growth_full_4f9a1c0e2b7d", "3714240b-2e06-4c35-8856-ccc1c096323e"
HEADERS = {"Authorization": f"Bearer {KEY}", "X-Tenant-ID": TENANT}
CHANGES, CLIENTS, PRODUCTS = 1000, 4, 5
KILLS = (300, 600)  # after so many changes the receiver stops answering,
BACKLOG = 60  # and after so many more the mock dies


@dataclass
class Clients:
    """Who makes the changes, each to products of its own, one after the other; an unanswered one is asked about."""

    address: str = ""
    made: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    unanswered: int = 0

    def count(self) -> int:
        return sum(len(titles) for titles in list(self.made.values()))

    def work(self, client: int) -> None:
        """First the products are made, then their titles are changed, again and again."""
        with httpx.Client(headers=HEADERS, timeout=10) as http:
            for number in range(CHANGES // CLIENTS):
                sku = f"KILL-{client}-{number % PRODUCTS}"
                title = f"Change {number}"
                self._change(http, sku, title, new=number < PRODUCTS)
                self.made[sku].append(title)

    def _change(self, http: httpx.Client, sku: str, title: str, *, new: bool) -> None:
        def ask() -> httpx.Response:
            if new:
                return http.post(f"{self.address}/products", json={"sku": sku, "title": title, "price": 1})
            return http.patch(f"{self.address}/products/{sku}", json={"title": title})

        answer = _answer(ask)
        while answer is None:
            self.unanswered += 1
            seen = None
            while seen is None:
                time.sleep(0.05)
                seen = _answer(lambda: http.get(f"{self.address}/products/{sku}"))
            if seen.status_code == 200 and seen.json()["data"]["title"] == title:
                return
            answer = _answer(ask)
        answer.raise_for_status()


def _answer(ask: Callable[[], httpx.Response]) -> httpx.Response | None:
    try:
        return ask()
    except httpx.TransportError:
        return None


@dataclass
class Moody:
    """Refuses some events the first time. Told to hold, it leaves the next one without an answer, and says so."""

    hold: threading.Event = field(default_factory=threading.Event)
    holding: threading.Event = field(default_factory=threading.Event)
    arrivals: int = 0
    refused: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, handler: BaseHTTPRequestHandler, received: Received) -> None:
        with self.lock:
            self.arrivals += 1
            refuse = self.arrivals % 50 == 25 and received.delivery not in self.refused
        if self.hold.is_set():
            self.holding.set()
            time.sleep(5)
        if refuse:
            self.refused.add(received.delivery)
        status(500 if refuse else 204)(handler, received)


def _command(directory: Path, *words: str) -> str:
    command = [sys.executable, "-m", "mockserver", "--database", str(directory / "state.db"), "webhook", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout


def _run(directory: Path, moody: Moody) -> tuple[Clients, list[int]]:
    """All the changes, with the kills between them, until nothing is left to send; and how many were made at each kill."""
    clients, kills = Clients(), []
    options = ("--limits", "off", "--webhook-pauses", "0.01", "--log", "off")
    with ThreadPoolExecutor(CLIENTS) as pool:
        tasks: list[Future[None]] = []
        for after in KILLS:
            with running(directory, *options) as mock:
                clients.address = mock.address
                tasks = tasks or [pool.submit(clients.work, client) for client in range(CLIENTS)]
                while clients.count() < after:
                    time.sleep(0.005)
                moody.hold.set()
                assert moody.holding.wait(30)
                while clients.count() < after + BACKLOG:
                    time.sleep(0.005)
                kills.append(clients.count())
                mock.process.kill()
                mock.process.wait(10)
            moody.hold.clear()
            moody.holding.clear()
        with running(directory, *options) as mock:
            clients.address = mock.address
            for task in tasks:
                task.result(60)
            while "[]" != _command(directory, "deliveries", "--state", "pending", "--json").strip():
                time.sleep(0.1)
    return clients, kills


def test_every_change_is_told_once_or_more_and_nothing_else_through_two_kills(tmp_path: Path) -> None:
    """A change is made if its answer says so, or if it is seen afterwards."""
    moody = Moody()
    with receiving() as receiver:
        receiver.answer = moody
        wanted = ("--event", "product.created", "--event", "product.updated")
        _, secret = _command(tmp_path, "add", receiver.url, *wanted).split()
        clients, kills = _run(tmp_path, moody)
    first: dict[str, Received] = {}
    for received in receiver.ledger:
        first.setdefault(received.event["id"], received)
    told = defaultdict(list)
    for received in first.values():
        told[received.event["data"]["sku"]].append(received.event["data"]["title"])
    again = len(receiver.ledger) - len(first)
    print(f"{CHANGES} changes, killed after {kills}, {clients.unanswered} requests unanswered;", end=" ")
    print(f"{len(first)} events, {len(moody.refused)} refused once, {again} came again")

    assert all(received.verified(secret) for received in receiver.ledger)
    assert CLIENTS * PRODUCTS == len(clients.made)
    assert dict(clients.made) == dict(told)
    assert CHANGES == len(first)
    assert again >= len(KILLS) + len(moody.refused) > len(KILLS)
    assert all(kill < CHANGES - CLIENTS for kill in kills), "the mock was to die in the middle of the changes"
