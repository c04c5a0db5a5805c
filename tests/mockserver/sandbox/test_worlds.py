"""Worlds: made, put back, copied, carried away and in; none sees another."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.inside import driver
from tests.mockserver.sandbox.control import Turning, World

NEW = {"sku": "NEW-1", "title": "New", "price": 9.99}


def test_a_new_world_is_entered_with_what_its_creation_shows(turning: Turning) -> None:
    world = turning.world(name="CI job 1", plan="starter")

    listed = world.call("GET", "/products?limit=1")
    assert (200, "60") == (listed.status_code, listed.headers["X-RateLimit-Limit"])
    assert ["CI job 1", "kleines-kontor"] == [world.new["world"][name] for name in ("name", "fixtures")]
    assert world.new["world"]["counts"]["products"] == len(world.skus())
    assert "http://localhost:8080/api" == world.new["base_url"]


def test_the_owner_logs_in_with_the_password_that_is_shown_once(world: World) -> None:
    owner = world.new["owner"]
    body = {"email": owner["email"], "password": owner["password"]}

    session = world.turning.send("POST", "/auth/v1/token?grant_type=password", json=body)

    assert 200 == session.status_code
    assert 200 == world.call("GET", "/products", bearer=session.json()["access_token"]).status_code


def test_an_empty_world_has_its_warehouses_and_nothing_else(turning: Turning) -> None:
    """The API can make no warehouse, and without one no stock can be set."""
    world = turning.world(fixtures="empty", currency="GBP")

    counts = world.new["world"]["counts"]
    assert counts.pop("warehouses") > 0
    assert {0} == set(counts.values())
    assert "GBP" == world.call("POST", "/products", json=NEW).json()["data"]["currency"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({"fixtures": "none"}, "/fixtures"), ({"currency": "EUR"}, "/currency"), ({"plan": "gold"}, "/plan")],
)
def test_a_world_that_cannot_be_is_refused_with_the_member_that_is_wrong(
    turning: Turning, body: dict[str, Any], pointer: str
) -> None:
    status, answer = turning.ask("createWorld", body=body)

    assert (400, [pointer]) == (status, [fault["pointer"] for fault in answer["error"]["details"]["errors"]])


def test_two_worlds_of_the_same_fixtures_have_the_same_ids_and_never_meet(turning: Turning) -> None:
    """Tests may name ids that they know; what one does is nowhere in the other."""
    one, two = turning.world(), turning.world()
    product = one.call("GET", "/products?limit=1").json()["data"][0]
    before = two.call("GET", f"/products/{product['sku']}").json()

    assert 200 == one.call("PATCH", f"/products/{product['sku']}", json={"title": "Mine"}).status_code
    assert 201 == one.call("POST", "/products", json=NEW).status_code

    assert before == two.call("GET", f"/products/{product['sku']}").json()
    assert product["id"] == before["data"]["id"]
    assert 404 == two.call("GET", "/products/NEW-1").status_code
    assert 403 == one.call("GET", "/products", headers={"X-Tenant-ID": two.id}).status_code


def test_a_reset_puts_the_fixtures_back_and_leaves_keys_in_force(world: World) -> None:
    sku, *_ = before = world.skus()
    world.call("POST", "/products", json=NEW)
    world.call("DELETE", f"/products/{sku}")
    world.data("setClock", body={"mode": "frozen", "at": "2030-01-01T00:00:00Z"})
    world.data("createFault", body={"code": "INTERNAL_ERROR"})

    world.data("resetWorld")

    assert before == world.skus()
    assert not world.data("getClock")["own"]
    assert [] == world.data("listFaults")


def test_a_snapshot_brings_back_data_and_clock_whenever_it_is_restored(world: World) -> None:
    world.data("setClock", body={"mode": "frozen", "at": "2030-01-01T00:00:00Z"})
    world.call("POST", "/products", json=NEW)
    taken = world.data("createSnapshot", body={"name": "with the new one"})
    world.call("DELETE", "/products/NEW-1")
    world.data("advanceClock", body={"seconds": 60})

    for _ in range(2):
        world.data("restoreSnapshot", name="with the new one")
        assert 200 == world.call("GET", "/products/NEW-1").status_code
        assert "2030-01-01T00:00:00.000Z" == world.data("getClock")["now"]
        world.call("DELETE", "/products/NEW-1")

    assert [taken] == world.data("listSnapshots")


def test_a_snapshot_of_the_same_name_is_replaced_and_one_that_is_not_there_not_found(world: World) -> None:
    world.data("createSnapshot", body={"name": "a"})
    world.call("POST", "/products", json=NEW)
    counts = world.data("createSnapshot", body={"name": "a"})["counts"]

    assert [counts] == [row["counts"] for row in world.data("listSnapshots")]
    assert counts["products"] == len(world.skus())
    world.data("deleteSnapshot", name="a")
    assert (404, "RESOURCE_NOT_FOUND") == world.refusal("restoreSnapshot", name="a")
    assert (404, "RESOURCE_NOT_FOUND") == world.turning.world().refusal("deleteSnapshot", name="a")


def test_a_snapshot_is_no_world(world: World) -> None:
    """It has no key, is in no list, and its jobs do not go on."""
    world.call(
        "POST",
        "/ai-jobs",
        json={"type": "competitor_scan", "params": {"skus": world.skus()[:1], "marketplace": "amazon_us"}},
    )
    before = world.turning.ask("listWorlds")[1]["meta"]["total"]
    world.data("createSnapshot", body={"name": "a"})

    assert before == world.turning.ask("listWorlds")[1]["meta"]["total"]
    assert {world.id} == {tenant for tenant, _ in world.turning.inside.database.waking("2100-01-01T00:00:00.000Z")}


def test_a_fork_goes_its_own_way_and_back_to_what_it_began_with(world: World) -> None:
    world.call("POST", "/products", json=NEW)
    fork = World(world.turning, world.data("forkWorld", body={"name": "Fork"}))

    assert world.skus() == fork.skus()
    fork.call("DELETE", "/products/NEW-1")
    assert 200 == world.call("GET", "/products/NEW-1").status_code
    fork.data("resetWorld")
    assert 200 == fork.call("GET", "/products/NEW-1").status_code


def test_a_fork_of_a_snapshot_is_what_the_snapshot_is(world: World) -> None:
    world.data("createSnapshot", body={"name": "before"})
    world.call("POST", "/products", json=NEW)

    fork = World(world.turning, world.data("forkWorld", body={"snapshot": "before"}))

    assert 404 == fork.call("GET", "/products/NEW-1").status_code
    assert (404, "RESOURCE_NOT_FOUND") == world.refusal("forkWorld", body={"snapshot": "never"})


def test_an_export_is_imported_with_the_same_data_and_holds_no_secret(world: World) -> None:
    world.call("POST", "/products", json=NEW)
    exported = world.data("exportWorld")
    copy = World(world.turning, world.turning.data("importWorld", body={"world": exported, "name": "Copy"}))

    assert exported["tenant"] | {"id": "", "name": ""} == copy.data("exportWorld")["tenant"] | {"id": "", "name": ""}
    assert [[], [], []] == [exported["tenant"][part] for part in ("keys", "users", "endpoints")]
    for path in ("/orders?limit=100", "/inventory?limit=100", "/pricing/rules?limit=100", "/ai-jobs?limit=100"):
        assert world.call("GET", path).json()["data"] == copy.call("GET", path).json()["data"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"plan": "gold"}, "/world/tenant/plan"),
        ({"products": []}, "/world/tenant"),
        ({"orders": "none"}, "/world/tenant/orders"),
        ({"extra": 1}, "/world/tenant"),
    ],
)
def test_an_import_that_contradicts_itself_is_refused_and_makes_nothing(
    world: World, change: dict[str, Any], pointer: str
) -> None:
    exported = world.data("exportWorld")
    before = world.turning.ask("listWorlds")[1]["meta"]["total"]

    status, answer = world.turning.ask("importWorld", body={"world": {"format": 2, "tenant": exported["tenant"] | change}})

    assert (400, pointer) == (status, answer["error"]["details"]["errors"][0]["pointer"])
    assert before == world.turning.ask("listWorlds")[1]["meta"]["total"]


@pytest.mark.parametrize("rows", [[{}] * 200_000, [[]] * 200_000, list(range(200_000))])
def test_of_an_import_with_very_many_faults_the_first_is_told(world: World, rows: list[Any]) -> None:
    """All of them took a gigabyte, and a minute in which the mock answered nobody."""
    tenant = world.data("exportWorld")["tenant"] | {"products": rows}
    started = time.perf_counter()

    status, answer = world.turning.ask("importWorld", body={"world": {"format": 2, "tenant": tenant}})

    assert (400, 1) == (status, len(answer["error"]["details"]["errors"]))
    assert time.perf_counter() - started < 5


@pytest.mark.state_file
def test_a_world_is_made_with_its_owner_or_not_at_all(turning: Turning) -> None:
    """A mock that was killed in between left a world that nobody could enter."""
    database = turning.inside.database
    before, commits = database.worlds.number(), []
    engine_says = driver(database).set_trace_callback
    engine_says(lambda statement: commits.append(statement) if statement == "COMMIT" else None)

    turning.world(fixtures="empty")
    engine_says(None)

    assert (1, before + 1) == (len(commits), database.worlds.number())


@pytest.mark.state_file
def test_a_deleted_world_is_gone_with_all_that_it_had(world: World) -> None:
    endpoint = {"url": "http://127.0.0.1:9/hook"}
    world.data("createEndpoint", body=endpoint)
    world.data("createSnapshot", body={"name": "a"})
    world.call("POST", "/products", json=NEW)

    world.data("deleteWorld")

    assert (404, "RESOURCE_NOT_FOUND") == world.refusal("getWorld")
    assert 401 == world.call("GET", "/products").status_code
    file = driver(world.turning.inside.database)
    tables = [name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    of_tenants = [name for name in tables if "tenant_id" in {row[1] for row in file.execute(f"PRAGMA table_info({name})")}]
    assert len(of_tenants) > 14
    found = "SELECT 1 FROM {} WHERE tenant_id = ?"
    left = [name for name in of_tenants if file.execute(found.format(name), (world.id,)).fetchone()]
    assert [] == left


def test_worlds_are_listed_in_pages_each_of_them_once(turning: Turning) -> None:
    made = [turning.world().id for _ in range(3)]
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        _, page = turning.ask("listWorlds", query={"limit": 2} | after)
        seen += [row["id"] for row in page["data"]]
        if page["meta"]["next"] is None:
            break
        after = {"after": page["meta"]["next"]}

    assert page["meta"]["total"] == len(seen) == len(set(seen))
    assert set(made) <= set(seen)


def test_a_world_moves_to_another_plan_from_the_next_request_on(world: World) -> None:
    assert "1000" == world.call("GET", "/products?limit=1").headers["X-RateLimit-Limit"]

    world.data("updateWorld", body={"plan": "starter", "name": "Small"})

    assert "60" == world.call("GET", "/products?limit=1").headers["X-RateLimit-Limit"]
    assert "Small" == world.data("getWorld")["name"]


def test_a_worlds_use_is_shown_and_survives_a_note(world: World) -> None:
    assert world.data("getWorld")["last_used_at"] is None
    world.call("GET", "/products?limit=1")
    seen = world.data("getWorld")["last_used_at"]

    world.turning.inside.database.worlds.note_use()

    assert seen == world.data("getWorld")["last_used_at"] is not None
