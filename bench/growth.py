"""`python -m bench.growth`: how long a request takes, and what the mock weighs, as products and tenants grow in number.

One request after the other on one connection, so that what is told is the time of one and not that of a queue.
"""

from __future__ import annotations

import http.client
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from bench import machine, process, report
from bench.contenders import CONTENDERS, MOCK
from bench.filling import filled, key, last_cursor, tenant
from bench.serving import Server, serving, tidy

LIMIT = 50
PRODUCTS, TENANTS = (100, 10_000, 1_000_000), (1, 100, 10_000)
OF_EACH = 20  # products of each of many tenants
_Sent = tuple[str, str, str]  # method, path and body


@dataclass(frozen=True)
class Size:
    tenants: int
    products: int

    @property
    def title(self) -> str:
        return f"{self.products:,} products" if self.tenants == 1 else f"{self.tenants:,} tenants of {self.products}"


@dataclass(frozen=True)
class Grown:
    """Milliseconds by request, at the median; `cold` in seconds, memory in MiB, the file in MiB."""

    latency: Mapping[str, float]
    cold: float
    fresh: float
    used: float
    file: float


def requests(size: Size, last: str) -> Mapping[str, Callable[[int], _Sent]]:
    """Each by its name: the request's number -> the request."""

    def of(number: int) -> str:
        """A SKU; one after the other they are far apart."""
        return f"GROW-{number * 7919 % size.products + 1:07}"

    list_ = f"/api/products?limit={LIMIT}"
    level = '{"warehouse_id":"wh_01HXK9MZPQ3B8C7D2E5F6G7H8J","quantity":1%d,"reason":"supplier_receipt"}'
    found: dict[str, Callable[[int], _Sent]] = {
        "getProduct": lambda number: ("GET", f"/api/products/{of(number)}", ""),
        "first page": lambda _: ("GET", list_, ""),
        "filtered": lambda _: ("GET", f"{list_}&status=draft&sort=title", ""),
        "createProduct": lambda number: (
            "POST", "/api/products", f'{{"sku":"NEW-{number}","title":"Red Widget","price":12.99}}',
        ),
        "setInventory": lambda number: ("PUT", f"/api/inventory/{of(number)}", level % number),
    }  # fmt: skip
    if last:
        found["last page"] = lambda _: ("GET", f"{list_}&cursor={last}", "")
    return found


def measured(size: Size, folder: Path, count: int) -> Grown:
    """Fill, start, and ask each request so many times, of one tenant after the other. Raises NotStarted."""
    file = folder / "state.db"
    started = time.perf_counter()
    filled(file, size.tenants, size.products)
    print(f"{size.title}: filled in {time.perf_counter() - started:.0f} s", file=sys.stderr)
    last = last_cursor(file, 0, size.products, LIMIT) if size.tenants == 1 else ""
    weight = file.stat().st_size / 2**20
    with serving(CONTENDERS[MOCK], folder) as server:
        fresh, numbers = process.resident(server.pid), itertools.count()
        latency = {name: _median(server, make, size, numbers, count) for name, make in requests(size, last).items()}
        return Grown(latency, server.cold, fresh, process.resident(server.pid), weight)


def _median(server: Server, make: Callable[[int], _Sent], size: Size, numbers: itertools.count[int], count: int) -> float:
    """Milliseconds. Raises RuntimeError if the mock answers anything but a success."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    taken = []
    for number in itertools.islice(numbers, count):
        method, path, body = make(number)
        whose = number * 7919 % size.tenants
        headers = {"Authorization": f"Bearer {key(whose)}", "X-Tenant-ID": tenant(whose), "Content-Type": "application/json"}
        started = time.perf_counter()
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        raw = answer.read()
        taken.append(time.perf_counter() - started)
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path} answered {answer.status}: {raw[:300]!r}")
    connection.close()
    return statistics.median(taken) * 1000


def tables(grown: Mapping[Size, Grown]) -> str:
    """Milliseconds by size, and what the mock weighs."""
    names = list(dict.fromkeys(name for row in grown.values() for name in row.latency))
    latency = (
        [size.title, *(f"{row.latency[name]:.2f}" if name in row.latency else "–" for name in names)]
        for size, row in grown.items()
    )
    weights = (
        [size.title, f"{row.cold:.2f}", f"{row.fresh:.0f}", f"{row.used:.0f}", f"{row.file:,.0f}"]
        for size, row in grown.items()
    )
    head = ["", "cold start, s", "resident after it, MiB", "after the requests, MiB", "state file, MiB"]
    return "\n\n".join([report.table(["ms, median", *names], latency), report.table(head, weights)]) + "\n"


@click.command(context_settings={"show_default": True})
@click.option("--largest", type=click.IntRange(100), default=PRODUCTS[-1], help="No tenant has more products.")
@click.option("--tenants", type=click.IntRange(1), default=TENANTS[-1], help="No more tenants.")
@click.option("--count", type=click.IntRange(1, 10_000), default=200, help="How often each request is made.")
@click.option("--write", type=click.Path(path_type=Path, dir_okay=False), help="The page to put the tables into.")
def main(largest: int, tenants: int, count: int, write: Path | None) -> None:
    """Time single requests to the mock with much in its state."""
    tidy()
    sizes = [Size(1, products) for products in PRODUCTS if products <= largest]
    sizes += [Size(many, OF_EACH) for many in TENANTS[1:] if many <= tenants]
    grown, load = {}, machine.load()
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            grown[size] = measured(size, Path(folder), count)
    text = f"{machine.taken(f'medians of {count} requests', load)}\n\n{tables(grown)}"
    print(text)
    if write:
        report.put(write, "growth", text)


if __name__ == "__main__":
    main()
