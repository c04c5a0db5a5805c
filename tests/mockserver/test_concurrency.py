"""Parallel clients of one mock, and another process on its state file: no update is lost and no invariant broken.

Real clients over real connections, as many as the threads; afterwards everything is read, and the invariants asked.
"""

from __future__ import annotations

import itertools
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from mockserver.arrivals import Wanted, arrive
from mockserver.domain import instants
from mockserver.settings import Settings
from mockserver.store.database import open_database
from mockserver.store.world import World, load_world
from nexuscommerce.contract import Contract
from tests.live import running
from tests.machine import invariants

KEY = {"Authorization": "Bearer nxc_live_growth_full_4f9a1c0e2b7d", "X-Tenant-ID": "3714240b-2e06-4c35-8856-ccc1c096323e"}
CLIENTS = 8
Row = dict[str, Any]
Ask = Callable[[httpx.Client], httpx.Response]


@dataclass
class Shop:
    """A mock in another process, and its state file."""

    address: str
    directory: Path
    contract: Contract
    world: World
    warehouses: dict[str, list[str]] = field(default_factory=dict)

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.address, headers=KEY, timeout=30)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        with self.client() as http:
            answer = http.request(method, path, json=body) if body is not None else http.request(method, path)
        assert answer.is_success, answer.text
        return answer.json()["data"] if answer.content else None

    def all(self, path: str) -> list[Row]:
        rows: list[Row] = []
        cursor: str | None = ""
        with self.client() as http:
            while cursor is not None:
                body = http.get(path, params={"limit": "200"} | ({"cursor": cursor} if cursor else {})).json()
                rows += body["data"]
                cursor = body["meta"]["nextCursor"]
        return rows

    def at_once(self, asks: Sequence[Ask]) -> list[httpx.Response]:
        """The answers to requests that CLIENTS clients make at the same time, each taking the next one that is left."""
        barrier, left, answers = threading.Barrier(CLIENTS), list(enumerate(asks)), {}

        def work() -> None:
            with self.client() as http:
                http.get("/health")
                barrier.wait(30)
                while left:
                    try:
                        index, ask = left.pop(0)
                    except IndexError:  # another one was quicker
                        return
                    answers[index] = ask(http)

        with ThreadPoolExecutor(CLIENTS) as pool:
            for done in [pool.submit(work) for _ in range(CLIENTS)]:
                done.result(120)
        return [answers[index] for index in range(len(asks))]

    def product(self, sku: str, on_hand: int) -> str:
        """A new product with so many units in a warehouse of the merchant's own, whose id this is."""
        self.ask("POST", "/products", {"sku": sku, "title": sku, "price": 10})
        warehouse = self.warehouses["own"][0]
        self.ask("PUT", f"/inventory/{sku}", _level(warehouse, on_hand))
        return warehouse

    def order(self, sku: str, quantity: int) -> Row:
        """An order arrives, from this process: the mock runs in another."""
        database = open_database(self.directory / "state.db", self.contract, self.world)
        try:
            with database.shop(KEY["X-Tenant-ID"], writes=True) as store:
                return arrive(store, instants.now(), [Wanted(sku, quantity)], "amazon_us", "FBM")
        finally:
            database.close()

    def confirmed(self, sku: str, quantity: int) -> str:
        order_id = str(self.order(sku, quantity)["id"])
        self.ask("PATCH", f"/orders/{order_id}", {"status": "confirmed"})
        return order_id

    def level(self, sku: str, warehouse: str) -> Row:
        rows = self.ask("GET", f"/inventory/{sku}")["warehouses"]
        return next(row for row in rows if row["warehouse_id"] == warehouse)

    def told(self, resource: str) -> list[Row]:
        """What the events of a resource told of it, the oldest first."""
        state = sqlite3.connect(self.directory / "state.db")
        rows = state.execute("SELECT body FROM events WHERE resource = ? ORDER BY position", (resource,)).fetchall()
        state.close()
        return [self.plain(orjson.loads(row[0])["data"]) for row in rows]

    @staticmethod
    def plain(product: Row) -> Row:
        return {name: value for name, value in product.items() if name not in ("listings", "images")}

    def require_invariants(self) -> None:
        products, records, orders = (self.all(path) for path in ("/products", "/inventory", "/orders"))
        for record in records:
            invariants.record_adds_up(record)
        for order in orders:
            invariants.order_adds_up(order)
        invariants.every_product_has_a_record(products, records)
        invariants.reserved_is_what_open_orders_wait_for(records, orders, exactly=True)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, contract: Contract) -> Iterator[Shop]:
    directory = tmp_path_factory.mktemp("concurrency")
    world = load_world(Settings().fixtures, contract)
    with running(directory, "--limits", "off", "--log", "off") as mock:
        opened = Shop(mock.address, directory, contract, world)
        for row in sorted(opened.all("/inventory/warehouses"), key=lambda row: str(row["id"])):
            opened.warehouses.setdefault(row["type"], []).append(row["id"])
        yield opened


def _level(warehouse: str, quantity: int) -> Row:
    return {"warehouse_id": warehouse, "quantity": quantity, "reason": "cycle_count"}


def _ship(order_id: str, quantity: int = 1) -> Ask:
    lines = [{"external_line_item_id": "item_1", "quantity": quantity}]
    body = {"carrier": "DHL", "tracking_number": "1", "shipped_date": "2026-03-12T10:00:00Z", "line_items": lines}
    return lambda http: http.post(f"/orders/{order_id}/shipment", json=body)


def _cancel(order_id: str) -> Ask:
    return lambda http: http.post(f"/orders/{order_id}/cancel")


def _patch(sku: str, **members: Any) -> Ask:
    return lambda http: http.patch(f"/products/{sku}", json=members)


def _put(sku: str, warehouse: str, quantity: int) -> Ask:
    return lambda http: http.put(f"/inventory/{sku}", json=_level(warehouse, quantity))


def _bulk(*updates: tuple[str, str, int]) -> Ask:
    rows = [{"sku": sku, **_level(warehouse, quantity)} for sku, warehouse, quantity in updates]
    return lambda http: http.post("/inventory/bulk", json={"updates": rows})


def test_two_creations_of_one_sku_give_one_201_and_one_409(shop: Shop) -> None:
    skus = [f"SAME-{number}" for number in range(20)]

    def create(sku: str) -> Ask:
        return lambda http: http.post("/products", json={"sku": sku, "title": sku, "price": 1})

    answers = shop.at_once([create(sku) for sku in skus for _ in range(CLIENTS)])

    statuses = [tuple(sorted(answer.status_code for answer in answers[i : i + CLIENTS])) for i in range(0, 160, CLIENTS)]
    assert {(201, *[409] * (CLIENTS - 1))} == set(statuses)
    shop.require_invariants()


def test_shipments_of_one_line_ship_each_unit_once(shop: Shop) -> None:
    """30 units, 45 clients who each ship one: 30 do."""
    warehouse = shop.product("ONCE", 100)
    order_id = shop.confirmed("ONCE", 30)

    answers = shop.at_once([_ship(order_id)] * 45)

    refused = Counter(answer.json()["error"]["code"] for answer in answers if answer.status_code != 200)
    order, level = shop.ask("GET", f"/orders/{order_id}"), shop.level("ONCE", warehouse)
    assert ("shipped", 30, 30) == (
        order["status"],
        order["line_items"][0]["shipped_quantity"],
        len([answer for answer in answers if answer.status_code == 200]),
    )
    assert {"INVALID_STATE_TRANSITION": 15} == refused
    assert (70, 0) == (level["on_hand"], level["reserved"])
    assert 30 == sum(step["event"] == "shipment_confirmed" for step in order["sync_history"])
    shop.require_invariants()


def test_an_order_is_either_shipped_or_cancelled(shop: Shop) -> None:
    """Both at once: one wins, and the stock tells which."""
    warehouse = shop.product("EITHER", 100)
    ids = [shop.confirmed("EITHER", 2) for _ in range(6)]

    answers = shop.at_once([ask for order_id in ids for ask in (_ship(order_id, 2), _cancel(order_id))])

    pairs = [sorted(answer.status_code for answer in answers[i : i + 2]) for i in range(0, len(answers), 2)]
    shipped = sum(shop.ask("GET", f"/orders/{order_id}")["status"] == "shipped" for order_id in ids)
    level = shop.level("EITHER", warehouse)
    assert [[200, 409]] * 6 == pairs
    assert (100 - 2 * shipped, 0) == (level["on_hand"], level["reserved"])
    shop.require_invariants()


def test_everything_at_once_on_one_sku_loses_nothing(shop: Shop) -> None:
    """Orders arrive from another process, are shipped and cancelled, levels are set one by one and many at once, members are
    changed: each change is found again, and whoever reads meanwhile reads what adds up."""
    first = shop.product("BUSY", 500)
    second = shop.warehouses["own"][1]
    ids = [shop.confirmed("BUSY", 9) for _ in range(4)]
    asks: list[Ask] = []
    sent: list[tuple[str, Any]] = []
    for number in range(1, 61):
        text = (("title", "description", "category", "gtin")[number % 4], f"{10_000_000 + number}")
        sent += [("price", number), text]
        asks += [
            _put("BUSY", second, 1000 + number),
            _bulk(("BUSY", second, 2000 + number), ("SKU-001", second, number), ("NOPE", second, 1)),
            _patch("BUSY", price=number),
            _patch("BUSY", **dict([text])),
            lambda http: http.get("/inventory/BUSY"),
        ]
    asks[10:10] = [_ship(order_id) for order_id in ids[:3] for _ in range(8)]
    asks.insert(60, _cancel(ids[3]))

    with ThreadPoolExecutor(1) as pool:
        arriving = pool.submit(lambda: [shop.order("BUSY", 1) for _ in range(20)])
        answers = shop.at_once(asks)
        arrived = arriving.result(60)

    assert {200} == {answer.status_code for answer in answers}
    for answer in answers:
        if answer.request.url.path.endswith("/BUSY") and answer.request.url.path.startswith("/api/inventory"):
            invariants.record_adds_up(answer.json()["data"])
    level = shop.level("BUSY", first)
    assert (500 - 3 * 8, 3 * 1 + 20 * 1) == (level["on_hand"], level["reserved"])
    assert shop.level("BUSY", second)["on_hand"] in {kind + number for kind in (1000, 2000) for number in range(1, 61)}
    # Each change of the product is told of, and changes that one member of what the one before it left.
    told = shop.told(f"product {shop.ask('GET', '/products/BUSY')['id']}")
    changes = [set(after.items()) - set(before.items()) for before, after in itertools.pairwise(told)]
    made = [(name, value) for change in changes for name, value in change if name != "updated_at"]
    assert sorted(sent, key=str) == sorted(made, key=str)
    assert told[-1] == shop.plain(shop.ask("GET", "/products/BUSY"))
    assert ["pending"] * 20 == [shop.ask("GET", f"/orders/{order['id']}")["status"] for order in arrived]
    shop.require_invariants()


def test_no_more_is_sold_than_there_is_by_several_processes(shop: Shop) -> None:
    """6 arrivals of 3 units at once, of 10 that there are: 3 find their stock. With the command, as a user types it."""
    shop.product("SCARCE", 10)

    def arrives(_: int) -> bool:
        command = [sys.executable, "-m", "mockserver", "--database", str(shop.directory / "state.db"), "order", "SCARCE:3"]
        return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0

    with ThreadPoolExecutor(3) as pool:
        sold = sum(pool.map(arrives, range(6)))

    record = shop.ask("GET", "/inventory/SCARCE")
    assert (3, 9, 1) == (sold, record["total_reserved"], record["total_available"])
    shop.require_invariants()


def test_a_job_is_cancelled_once_and_two_run_at_a_time(shop: Shop) -> None:
    shop.product("WORK", 1)

    def recalculate(http: httpx.Client) -> httpx.Response:
        return http.post("/pricing/recalculate", json={"skus": ["WORK"], "marketplace": "amazon_us", "apply": True})

    ids = [answer.json()["data"]["job_id"] for answer in shop.at_once([recalculate] * 12)]
    time.sleep(1.2)
    statuses = Counter(shop.ask("GET", f"/ai-jobs/{job_id}")["status"] for job_id in ids)

    def cancel(job_id: str) -> Ask:
        return lambda http: http.post(f"/ai-jobs/{job_id}/cancel")

    answers = shop.at_once([cancel(job_id) for job_id in ids for _ in range(3)])

    assert {"running": 2, "queued": 10} == statuses
    assert [[200, 409, 409]] * 12 == [sorted(it.status_code for it in answers[i : i + 3]) for i in range(0, 36, 3)]


@pytest.mark.slow
def test_prices_agree_after_recalculations_and_price_changes_at_once(shop: Shop) -> None:
    """Jobs end by the real clock, within a minute each, while the prices that they start from are changed."""
    skus = ["SKU-001", *(f"REPRICE-{number}" for number in range(3))]
    for sku in skus[1:]:
        shop.product(sku, 1)

    def recalculate(apply: bool) -> Ask:
        body = {"skus": skus, "marketplace": "amazon_us", "apply": apply}
        return lambda http: http.post("/pricing/recalculate", json=body)

    began = shop.ask("GET", "/products/SKU-001")["updated_at"]
    asked = shop.at_once([recalculate(apply) for apply in (True, False, True, False)])
    ids = [answer.json()["data"]["job_id"] for answer in asked]
    deadline = time.monotonic() + 150
    price = 10.0
    while any(shop.ask("GET", f"/ai-jobs/{job_id}")["status"] in ("queued", "running") for job_id in ids):
        assert time.monotonic() < deadline
        price += 0.01
        shop.at_once([_patch(sku, price=round(price, 2)) for sku in skus] * 4)
        time.sleep(0.2)

    jobs = [shop.ask("GET", f"/ai-jobs/{job_id}") for job_id in ids]
    details = [shop.ask("GET", f"/products/{product['sku']}") for product in shop.all("/products")]
    assert ["completed"] * 4 == [job["status"] for job in jobs]
    assert [1, 0, 1, 0] == [job["result"]["applied_count"] for job in jobs]
    assert began < shop.ask("GET", "/products/SKU-001")["updated_at"]
    invariants.prices_agree(details, shop.all("/pricing/recommendations"))
    shop.require_invariants()
