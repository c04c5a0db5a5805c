"""`meta.total` is exact, and is not counted for each page: the database keeps it (store/totals.py)."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.dialects import sqlite

from mockserver.store import statements
from mockserver.store.tables import COLLECTIONS
from mockserver.store.totals import totals
from nexuscommerce.contract import Contract
from tests.inside import Inside, driver
from tests.mockserver.sandbox.control import Turning, World, opened


@pytest.fixture
def turning(tmp_path: Path, contract: Contract) -> Iterator[Turning]:
    made = opened(tmp_path, contract)
    yield made
    made.inside.database.close()


def _kept(inside: Inside) -> dict[tuple[str, str], int]:
    rows = inside.database.backend.read(select(totals.c.tenant_id, totals.c.collection, totals.c.live), {})
    return {(row[0], row[1]): row[2] for row in rows if row[2]}


def _counted(inside: Inside) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for collection, table in COLLECTIONS.items():
        live = [table.c.deleted_at.is_(None)] if "deleted_at" in table.c else []
        rows = select(table.c.tenant_id, func.count()).where(*live).group_by(table.c.tenant_id)
        found |= {(row[0], collection): row[1] for row in inside.database.backend.read(rows, {})}
    return found


def test_they_are_what_counting_gives_from_the_beginning(inside: Inside) -> None:
    assert _counted(inside) == _kept(inside)


@pytest.mark.parametrize("seed", range(4))
def test_they_stay_so_whatever_happens(turning: Turning, seed: int) -> None:
    """Products made, changed and deleted, orders that arrive, worlds put back, copied and deleted, in any order."""
    chance = random.Random(seed)  # noqa: S311  the same every time is what is wanted
    world, inside = turning.world(), turning.inside
    worlds = [world]
    steps: list[Callable[[World, int], Any]] = [
        lambda w, n: w.call("POST", "/products", json={"sku": f"T-{n}", "title": "Counted", "price": 1, "status": "active"}),
        lambda w, n: w.call("DELETE", f"/products/T-{chance.randrange(n + 1)}"),
        lambda w, n: w.call("PATCH", f"/products/T-{chance.randrange(n + 1)}", json={"status": "archived"}),
        lambda w, _: w.data("createOrder", body={}),
        lambda w, n: w.data("createSnapshot", body={"name": f"s{n % 2}"}),
        lambda w, _: w.data("resetWorld"),
    ]
    for number in range(30):
        chance.choice(steps)(chance.choice(worlds), number)
        if number % 10 == 9:
            worlds.append(turning.world())
    assert _counted(inside) == _kept(inside)

    for world in worlds:
        world.data("deleteWorld")
        assert world.id not in {tenant for tenant, _ in _kept(inside)}


def test_a_filtered_total_that_is_remembered_is_still_exact(inside: Inside) -> None:
    """Whoever has written meanwhile: by this process, to a child's rows, or by another process."""

    def total(query: str) -> int:
        return int(inside.call("GET", f"/api/products?{query}").json()["meta"]["total"])

    active, listed = total("status=active"), total("marketplace=amazon_us")
    assert (active, listed) == (total("status=active&limit=1"), total("marketplace=amazon_us"))
    inside.call("POST", "/api/products", json={"sku": "ONE-MORE", "title": "x", "price": 1, "status": "active"})
    assert active + 1 == total("status=active")
    inside.call("PATCH", "/api/products/ONE-MORE", json={"status": "archived"})
    assert active == total("status=active")
    with inside.database.transaction(writes=True) as connection:
        from mockserver.store.tables import listings

        connection.execute(listings.delete().where(listings.c.marketplace == "amazon_us"))

    assert (active, 0) == (total("status=active"), total("marketplace=amazon_us"))


@pytest.mark.state_file
@pytest.mark.parametrize("counts", [True, False])
def test_a_page_of_all_rows_counts_none(inside: Inside, counts: bool) -> None:
    """A million products cost what fifty do."""
    shape = ("products", (), "created_at", "asc", False, ("id", "sku"), counts)
    compiled = statements.page(*shape).compile(dialect=sqlite.dialect(), compile_kwargs={"render_postcompile": True})
    values = ("x",) * len(compiled.positiontup or ())
    plan = [row[-1] for row in driver(inside.database).execute(f"EXPLAIN QUERY PLAN {compiled}", values)]

    assert ["products USING INDEX"] == [" ".join(step.split()[1:4]) for step in plan if "products" in step]
    assert all("totals USING" in step for step in plan if step.startswith("SEARCH totals"))
