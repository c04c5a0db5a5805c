"""A clock that is turned turns everything of its world, and of no other."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mockserver.domain import instants
from mockserver.domain.clocks import Clocks
from nexuscommerce.contract import Contract
from tests.mockserver.sandbox.control import Turning, World

FROZEN = {"mode": "frozen", "at": "2030-01-01T00:00:00Z"}
END = "9990-01-01T00:00:00.000Z"
JOB = {"type": "competitor_scan", "params": {"skus": [], "marketplace": "amazon_us"}}


def _job(world: World) -> str:
    params = {"skus": world.skus()[:1], "marketplace": "amazon_us"}
    return str(world.call("POST", "/ai-jobs", json=JOB | {"params": params}).json()["data"]["id"])


def _status(world: World, job: str) -> str:
    return str(world.call("GET", f"/ai-jobs/{job}").json()["data"]["status"])


def _log_in(world: World) -> httpx.Response:
    body = {name: world.new["owner"][name] for name in ("email", "password")}
    return world.turning.send("POST", "/auth/v1/token?grant_type=password", json=body)


def test_a_world_without_a_clock_of_its_own_follows_the_servers(world: World) -> None:
    assert ("running", False) == tuple(world.data("getClock")[name] for name in ("mode", "own"))
    world.turning.data("setServerClock", body=FROZEN)

    shown = world.data("getClock")
    assert ("frozen", "2030-01-01T00:00:00.000Z", False) == (shown["mode"], shown["now"], shown["own"])

    world.data("setClock", body={"mode": "running", "at": "2040-01-01T00:00:00Z"})
    world.turning.data("setServerClock", body={"mode": "released"})
    assert world.data("getClock")["now"].startswith("2040")
    world.data("setClock", body={"mode": "released"})
    assert instants.text(world.turning.inside.clock()) == world.data("getClock")["now"]


def test_timestamps_are_of_the_worlds_clock_and_another_worlds_are_not(world: World) -> None:
    other = world.turning.world()
    world.data("setClock", body=FROZEN)
    product = {"sku": "NEW-1", "title": "New", "price": 1}

    assert "2030-01-01T00:00:00.000Z" == world.call("POST", "/products", json=product).json()["data"]["created_at"]
    assert other.call("POST", "/products", json=product).json()["data"]["created_at"].startswith("2026")


def test_a_frozen_clock_stands_still_and_a_running_one_goes_on(world: World) -> None:
    clock = world.turning.inside.clock
    world.data("setClock", body=FROZEN)
    clock.advance(hours=5)
    assert "2030-01-01T00:00:00.000Z" == world.data("getClock")["now"]

    world.data("setClock", body={"mode": "running"})
    clock.advance(hours=5)
    assert "2030-01-01T05:00:00.000Z" == world.data("getClock")["now"]
    assert "running" == world.data("advanceClock", body={"seconds": 3600})["mode"]
    assert "2030-01-01T06:00:00.000Z" == world.data("getClock")["now"]


def test_keys_expire_by_the_worlds_clock_and_come_back_with_it(world: World) -> None:
    world.data("setClock", body=FROZEN)
    made = world.data("createKey", body={"expires_at": "2030-01-01T01:00:00Z"})

    assert 200 == world.call("GET", "/products", bearer=made["key"]).status_code
    world.data("advanceClock", body={"seconds": 3600})
    assert "TOKEN_EXPIRED" == world.call("GET", "/products", bearer=made["key"]).json()["error"]["code"]
    world.data("setClock", body=FROZEN)
    assert 200 == world.call("GET", "/products", bearer=made["key"]).status_code


def test_users_tokens_expire_by_the_worlds_clock(world: World) -> None:
    token = world.data("issueToken", body={"expires_in": 60}, userId=world.new["owner"]["id"])["token"]

    assert 200 == world.call("GET", "/products", bearer=token).status_code
    world.data("advanceClock", body={"seconds": 61})
    assert "TOKEN_EXPIRED" == world.call("GET", "/products", bearer=token).json()["error"]["code"]


def test_a_login_is_at_the_worlds_time_and_its_session_ends_by_it(world: World) -> None:
    world.data("setClock", body=FROZEN)
    session = _log_in(world).json()

    assert 1893456000 + 24 * 3600 == session["expires_at"]
    world.data("advanceClock", body={"seconds": 25 * 3600})
    renewed = world.turning.send(
        "POST", "/auth/v1/token?grant_type=refresh_token", json={"refresh_token": session["refresh_token"]}
    )
    assert (400, "session_expired") == (renewed.status_code, renewed.json()["error_code"])


def test_rate_limit_windows_move_with_the_clock_and_stand_still_with_it(world: World) -> None:
    def left() -> tuple[int, int]:
        headers = world.call("GET", "/products?limit=1").headers
        return int(headers["X-RateLimit-Remaining"]), int(headers["X-RateLimit-Reset"])

    first = left()
    world.data("setClock", body={"mode": "frozen"})
    assert (first[0] - 1, first[1]) == left()
    world.turning.inside.clock.advance(minutes=5)
    assert (first[0] - 2, first[1]) == left()
    world.data("advanceClock", body={"seconds": 60})
    assert (first[0], first[1] + 60) == left()


def test_a_window_that_stands_still_is_not_forgotten_when_its_minute_on_the_wall_is_over() -> None:
    """The library forgets a counter when its window has passed on the wall; of a clock that stands still it never does."""
    from mockserver.quotas import HELD, MINUTE, Quotas
    from nexuscommerce.contract import Plan

    quotas = Quotas("memory://")
    quotas.take("key:a", Plan(10, 100), 600.0)
    quotas.hold("key:a", 600.0)
    quotas.take("key:b", Plan(10, 100), 600.0, held=True)

    expiries = {name: quotas._storage.get_expiry(f"{name}/{MINUTE}/10") for name in ("key:a", "key:b")}
    wall = quotas._storage.get_expiry("nothing")
    assert all(expiry - wall > HELD - 60 for expiry in expiries.values())
    assert 8 == quotas.take("key:a", Plan(10, 100), 600.0, held=True).remaining


def test_jobs_end_by_the_worlds_clock_and_have_ended_when_it_is_moved(world: World) -> None:
    other = world.turning.world()
    world.data("setClock", body={"mode": "frozen"})
    job, another = _job(world), _job(other)

    assert "queued" == _status(world, job)
    world.data("advanceClock", body={"seconds": 90})

    assert "completed" == _status(world, job)
    assert "queued" == _status(other, another)


def test_moving_the_servers_clock_moves_the_jobs_of_those_that_follow_it(turning: Turning) -> None:
    one, two = turning.world(), turning.world()
    two.data("setClock", body={"mode": "frozen"})
    jobs = _job(one), _job(two)

    turning.data("advanceServerClock", body={"seconds": 120})

    assert ("completed", "queued") == (_status(one, jobs[0]), _status(two, jobs[1]))


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"mode": "released", "at": "2030-01-01T00:00:00Z"}, "/at"),
        ({"mode": "stopped"}, "/mode"),
        ({"mode": "frozen", "at": "2030-02-30T00:00:00Z"}, "/at"),
        ({"mode": "frozen", "at": "tomorrow"}, "/at"),
        ({}, "/mode"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(world: World, body: dict[str, Any], pointer: str) -> None:
    status, answer = world.turning.ask("setClock", body=body, worldId=world.id)

    assert (400, [pointer]) == (status, sorted({f["pointer"] for f in answer["error"]["details"]["errors"]}))


def test_a_clock_at_the_end_of_time_stays_there(world: World) -> None:
    world.data("setClock", body={"mode": "frozen", "at": "9999-12-31T23:59:00Z"})
    world.data("advanceClock", body={"seconds": 3153600000})

    assert END == world.data("getClock")["now"]
    assert 200 == world.call("GET", "/products?limit=1").status_code


@pytest.mark.parametrize("mode", ["frozen", "running"])
@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"])
def test_everything_can_be_done_at_both_ends_of_time(world: World, contract: Contract, at: str, mode: str) -> None:
    """Sums beyond the year 9999 were answered 500, and those of a clock that ran stopped the webhooks of all worlds."""
    other = world.turning.world()
    jobs = [_job(world) for _ in range(5)]
    endpoint = world.data("createEndpoint", body={"url": "http://127.0.0.1:9/"})["id"]
    world.data("setClock", body={"mode": mode, "at": at})
    world.turning.inside.clock.advance(seconds=1)

    jobs += [_job(world) for _ in range(5)]
    order = world.data("createOrder", body={})
    for step in ("pay", "ship", "deliver", "return"):
        world.data("moveOrder", orderId=order["id"], step=step)
    for type_ in contract.events:
        world.data("triggerEvent", body={"type": type_})
    world.data("rotateSecret", endpointId=endpoint, body={"overlap_seconds": 2592000})
    world.data("sendTestEvent", endpointId=endpoint, body={"type": "order.created"})
    world.data("createSnapshot", body={"name": "then"})
    world.data("restoreSnapshot", name="then")
    world.data("issueToken", userId=world.new["owner"]["id"], body={})
    assert 200 == _log_in(world).status_code
    for path in ("/orders", "/products", "/ai-jobs", "/inventory", "/pricing/rules"):
        assert 200 == world.call("GET", path).status_code
    assert 200 == world.call("GET", f"/ai-jobs/{jobs[-1]}").status_code
    assert other.data("getClock")["now"].startswith("2026")
    inside = world.turning.inside
    assert 9991 > Clocks(inside.clock, inside.database.platform).latest().year


def test_clocks_survive_a_restart_and_are_seen_by_another_process(turning: Turning) -> None:
    world = turning.world()
    world.data("setClock", body=FROZEN)
    from mockserver.app import create_app
    from mockserver.settings import Settings
    from mockserver.store.database import open_database

    inside = turning.inside
    again = open_database(inside.settings.database, _contract(), inside.world)
    app = create_app(Settings(), _contract(), inside.world, again, inside.clock)
    from dataclasses import replace

    other = World(Turning(replace(inside, app=app, database=again)), world.new)
    assert "2030-01-01T00:00:00.000Z" == other.data("getClock")["now"]
    other.data("advanceClock", body={"seconds": 1})
    assert "2030-01-01T00:00:01.000Z" == world.data("getClock")["now"]
    again.close()


def _contract() -> Any:
    from nexuscommerce.contract import load

    return load()
