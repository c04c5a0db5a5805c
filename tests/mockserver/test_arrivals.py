"""Orders arrive from marketplaces: by a command here, since the API creates none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import orjson
import pytest

from mockserver.arrivals import Unsellable, Wanted, arrive
from tests.inside import Inside
from tests.live import running

KEY = {"Authorization": "Bearer nxc_live_growth_full_4f9a1c0e2b7d", "X-Tenant-ID": "3714240b-2e06-4c35-8856-ccc1c096323e"}


def _run(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mockserver", "--database", str(directory / "state.db"), "order", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def _stock(inside: Inside, sku: str) -> tuple[int, int]:
    record = inside.call("GET", f"/api/inventory/{sku}").json()["data"]
    return record["total_reserved"], record["total_available"]


def test_an_order_is_what_the_api_answers_and_has_reserved_its_stock(inside: Inside) -> None:
    reserved, available = _stock(inside, "SKU-001")
    with inside.database.shop(inside.world.tenants[0]["id"], writes=True) as shop:
        made = arrive(shop, inside.clock.now, [Wanted("SKU-001", 2), Wanted("SKU-001", 1)], "amazon_us", "FBM")

    assert made == inside.call("GET", f"/api/orders/{made['id']}").json()["data"]
    assert (reserved + 3, available - 3) == _stock(inside, "SKU-001")
    assert ("pending", 13.49, 3 * 13.49 + made["shipping_amount"]) == (
        made["status"],
        made["line_items"][0]["unit_price"],
        pytest.approx(made["total_amount"]),
    )


@pytest.mark.parametrize("wanted", [Wanted("NOPE", 1), Wanted("SKU-001", 100_000)])
def test_what_cannot_be_sold_leaves_nothing_behind(inside: Inside, wanted: Wanted) -> None:
    before = _stock(inside, "SKU-001"), inside.call("GET", "/api/orders").json()["meta"]["total"]
    with pytest.raises(Unsellable), inside.database.shop(inside.world.tenants[0]["id"], writes=True) as shop:
        arrive(shop, inside.clock.now, [Wanted("SKU-001", 1), wanted], "amazon_us", "FBM")

    assert before == (_stock(inside, "SKU-001"), inside.call("GET", "/api/orders").json()["meta"]["total"])


def test_the_command_works_beside_a_running_mock(tmp_path: Path) -> None:
    with running(tmp_path, "--log", "off") as mock:
        made = orjson.loads(_run(tmp_path, "SKU-001:2", "--marketplace", "shopify").stdout)
        read = httpx.get(f"{mock.address}/orders/{made['id']}", headers=KEY)

    assert made == read.json()["data"]


def test_the_command_goes_by_the_clock_of_a_world_that_was_made_while_the_mock_ran(tmp_path: Path) -> None:
    with running(tmp_path, "--log", "off") as mock:
        worlds = f"http://127.0.0.1:{mock.port}/_sandbox/v1/worlds"
        like = httpx.get(f"{worlds}/{KEY['X-Tenant-ID']}").json()["data"]["fixtures"]
        world = httpx.post(worlds, json={"name": "Later", "fixtures": like}).json()["data"]["world"]["id"]
        httpx.put(f"{worlds}/{world}/clock", json={"mode": "frozen", "at": "2031-05-04T03:02:01Z"}).raise_for_status()
        made = orjson.loads(_run(tmp_path, "SKU-001", "--tenant", world).stdout)

    assert "2031-05-04T03:02:01.000Z" == made["created_at"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("NOPE",), "there is no product NOPE"),
        (("SKU-001:100000",), "left for FBM orders, not 100000"),
        (("SKU-001:0",), "is not a SKU, or a SKU and a quantity as in SKU-001:2"),
        (("SKU-001", "--marketplace", "Amazon US"), "is no marketplace's code"),
        (("SKU-001", "--tenant", "x"), "there is no tenant x; the tenants are 3714240b"),
    ],
)
def test_the_command_says_in_one_line_what_is_wrong(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = _run(tmp_path, *words)

    assert (2, 1) == (done.returncode, len(done.stderr.splitlines()))
    assert said in done.stderr
