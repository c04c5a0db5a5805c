"""`python -m bench.inprocess`: microseconds of the processor that a request takes within the mock, and in which layer.

Everything is on: credentials, tenant, limits, validation, SQLite on a disk, the request log. Of many batches the fastest
counts: what is slower was disturbed. The profile costs time itself, so its shares count, and not its microseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import orjson
from starlette.types import ASGIApp

from mockserver.app import create_app
from mockserver.settings import Settings
from mockserver.store.database import open_database
from mockserver.store.world import load_world
from nexuscommerce.contract import load
from nexuscommerce.files import packaged

TENANT = "a5f4d17c-3498-45e7-9fbe-7214d722cec5"
KEY = b"nxc_live_rehearsal_a_full_40e8ccd47270"
BATCH, BATCHES = 200, 15
STOCK = {"warehouse_id": "", "quantity": 0, "reason": "cycle_count"}

# Layer -> what the names of its files contain; the first that fits.
LAYERS: Mapping[str, tuple[str, ...]] = {
    "edge": ("/edge.py", "/answer.py", "/cors.py", "/allow.py", "/body.py", "/mockserver/app.py", "datastructures"),
    "routing": ("connexion/middleware/routing", "starlette/routing", "mockserver/routing", "starlette/_utils"),
    "security": ("connexion/", "/visit.py", "/auth.py", "credentials", "/clocks.py", "/platform.py", "asgiref"),
    "limits": ("/quotas.py", "/limits/"),
    "validation": ("/validation.py", "jsonschema", "nexuscommerce/", "urllib/"),
    "store": ("sqlalchemy", "/store/", "sqlite3"),
    "handler": ("/handlers/", "/tenancy.py", "/call.py", "/cursors.py", "/workers.py", "/magic.py", "/ids.py", "/domain/"),
    "envelope": ("/envelope.py", "/dispatch.py", "orjson"),
    "journal": ("/sandbox/", "/logs.py"),
}


def requests(level: Mapping[str, Any]) -> dict[str, Callable[[], tuple[str, str, Any, bool]]]:
    """Name -> (method, path with query, body, with credentials) of the next request of its kind."""
    number = count()
    get = {
        "getProduct": "/products/SKU-001",
        "listProducts (50)": "/products?limit=50",
        "filtered, sorted (20)": "/products?status=active&sort=title&order=desc&limit=20",
        "404": "/products/NONE",
        "health": "/health",
    }
    made: dict[str, Callable[[], tuple[str, str, Any, bool]]] = {}
    for name, path in get.items():
        made[name] = partial(_reading, path)
    made["401"] = lambda: ("GET", "/api/products/SKU-001", None, False)
    made["createProduct"] = lambda: (
        "POST",
        "/api/products",
        {"sku": f"BENCH-{next(number)}", "title": "Bench", "price": 19.99},
        True,
    )
    made["setInventory"] = lambda: (
        "PUT",
        "/api/inventory/SKU-001",
        STOCK | {"warehouse_id": level["warehouse_id"], "quantity": 100_000 + next(number)},
        True,
    )
    return made


def _reading(path: str) -> tuple[str, str, Any, bool]:
    return "GET", "/api" + path, None, True


async def ask(app: ASGIApp, method: str, path: str, body: Any, known: bool) -> tuple[int, bytes]:
    """One request, as the server hands it over; its status and body."""
    raw_path, _, query = path.encode().partition(b"?")
    raw = b"" if body is None else orjson.dumps(body)
    headers = [(b"host", b"mock"), (b"x-tenant-id", TENANT.encode()), (b"user-agent", b"bench"), (b"accept", b"*/*")]
    headers += [(b"authorization", b"Bearer " + KEY)] if known else []
    headers += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(raw))] if raw else []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8400),
        "client": ("127.0.0.1", 40000),
        "scheme": "http",
        "method": method,
        "root_path": "",
        "path": raw_path.decode(),
        "raw_path": raw_path,
        "query_string": query,
        "headers": headers,
        "state": {},
    }
    told: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: Any) -> None:
        told.append(message)

    await app(scope, receive, send)
    return told[0]["status"], told[1]["body"]


def opened(directory: str) -> ASGIApp:
    settings = Settings(database=Path(directory) / "state.db")
    contract = load()
    world = load_world(packaged("fixtures/world.json"), contract)
    app = create_app(settings, contract, world, database := open_database(settings.database, contract, world))
    with database.transaction(writes=True) as connection:  # a plan that a bench does not use up
        connection.exec_driver_sql("UPDATE tenants SET plan = 'enterprise'")
        connection.exec_driver_sql("UPDATE keys SET per_minute = 1000000000, per_hour = 1000000000")
    database.turned()
    return app


async def fastest(app: ASGIApp, make: Callable[[], tuple[str, str, Any, bool]], batches: int) -> float:
    """Microseconds of the processor for a request, in the fastest batch."""
    best = float("inf")
    for _ in range(batches):
        started = time.process_time()
        for _ in range(BATCH):
            await ask(app, *make())
        best = min(best, (time.process_time() - started) / BATCH)
    return best * 1e6


async def shares(app: ASGIApp, make: Callable[[], tuple[str, str, Any, bool]], told: int) -> Iterator[tuple[str, float]]:
    """Layer -> its share of the time. `told`: how many functions to print."""
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(5 * BATCH):
        await ask(app, *make())
    profile.disable()
    stats = pstats.Stats(profile)
    if told:
        stats.sort_stats("tottime").print_stats(told)
    spent: Counter[str] = Counter()
    for (file, _, name), (_, _, own, _, callers) in stats.stats.items():  # type: ignore[attr-defined]  # typeshed lacks it
        if file != "~":
            spent[_layer(file)] += own
            continue
        for (caller, _, _), (_, _, part, _) in callers.items():  # what C does counts for who called it
            spent[_layer(name if caller == "~" else caller)] += part
    total = sum(spent.values())
    return ((layer, spent[layer] / total) for layer in [*LAYERS, "other"])


def _layer(file: str) -> str:
    return next((layer for layer, parts in LAYERS.items() if any(part in file for part in parts)), "other")


async def measured(app: ASGIApp, given: argparse.Namespace) -> None:
    _, raw = await ask(app, "GET", "/api/inventory/SKU-001", None, True)
    kinds = requests(next(row for row in orjson.loads(raw)["data"]["warehouses"] if row["type"] == "own"))
    chosen = {name: make for name, make in kinds.items() if given.only in name}
    print("| | µs |\n|---|---|")
    for name, make in chosen.items():
        status, _ = await ask(app, *make())
        print(f"| {name} ({status}) | {await fastest(app, make, given.batches):.0f} |", flush=True)
    if not given.profile:
        return
    print("\n| | " + " | ".join([*LAYERS, "other"]) + " |\n|---" + "|---" * (len(LAYERS) + 1) + "|")
    for name, make in chosen.items():
        print(f"| {name} | " + " | ".join(f"{share:.0%}" for _, share in await shares(app, make, given.told)) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.inprocess", description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", metavar="PART", help="requests whose names have this part")
    parser.add_argument("--batches", type=int, default=BATCHES, help=f"of {BATCH} requests; the fastest counts ({BATCHES})")
    parser.add_argument("--profile", action="store_true", help="tell each layer's share too")
    parser.add_argument("--told", type=int, default=0, metavar="N", help="and the N functions that take the most")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(measured(opened(directory), given))


if __name__ == "__main__":
    main()
