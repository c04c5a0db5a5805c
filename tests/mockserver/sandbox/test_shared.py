"""`--public`: a mock that many share has no secret of the fixtures, bounds everybody, and forgets what nobody uses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mockserver.domain.clocks import Clocks
from mockserver.sandbox.bounds import BODY_BYTES, MOST, WORLDS_OF_ONE
from mockserver.sandbox.keeping import EVERY, Keeping
from mockserver.settings import Settings
from mockserver.store.backend import UnusableDatabase
from mockserver.store.database import open_database
from mockserver.store.world import load_world, shared
from mockserver.tokens import Tokens
from nexuscommerce.contract import Contract
from tests import databases
from tests.mockserver.sandbox.control import Turning, World, opened

TOKEN = "nxs_" + "t" * 40


@pytest.fixture
def public(tmp_path: Path, contract: Contract) -> Turning:
    return opened(tmp_path, contract, public=True, sandbox_token=TOKEN)


def _operator(turning: Turning) -> Turning:
    return replace(turning, headers={"Authorization": f"Bearer {TOKEN}"})


def _fresh(tmp_path: Path, contract: Contract, **changes: Any) -> Turning:
    """With the fixtures as a shared mock has them."""
    from mockserver.app import create_app
    from tests.inside import Clock, Inside

    settings = Settings(database=databases.at(tmp_path / "new.db"), public=True, sandbox_token=TOKEN, **changes)
    world = shared(load_world(settings.fixtures, contract))
    database, clock = open_database(settings.database, contract, world), Clock()
    databases.ends_with_the_test(database.close)
    return Turning(Inside(create_app(settings, contract, world, database, clock), world, database, clock, settings))


def test_no_secret_of_the_fixtures_opens_a_shared_mock(tmp_path: Path, contract: Contract) -> None:
    """Keys, passwords and the signing key stand in a file that everybody can read."""
    turning = _fresh(tmp_path, contract)
    plain = load_world(Settings().fixtures, contract)
    first = plain.tenants[0]
    forged = Tokens(plain.issuer, plain.signing_key).issue(first["users"][0], first["id"], turning.inside.clock())
    login = {"email": first["users"][0]["email"], "password": "nexus-mock"}

    def status(bearer: str) -> int:
        headers = {"Authorization": f"Bearer {bearer}", "X-Tenant-ID": first["id"]}
        return turning.send("GET", "/api/products", headers).status_code

    assert {401} == {status(key["key"]) for tenant in plain.tenants for key in tenant["keys"]} | {status(forged)}
    assert 400 == turning.send("POST", "/auth/v1/token?grant_type=password", json=login).status_code
    page = turning.send("GET", "/docs").text
    assert not [key for tenant in plain.tenants for key in tenant["keys"] if key["key"] in page]


def test_its_signing_key_is_its_own_and_survives_a_restart(tmp_path: Path, contract: Contract) -> None:
    turning = _fresh(tmp_path, contract)
    published = turning.send("GET", "/auth/v1/.well-known/jwks.json").json()["keys"]
    turning.inside.database.close()

    assert published == _fresh(tmp_path, contract).send("GET", "/auth/v1/.well-known/jwks.json").json()["keys"]
    assert published[0]["kid"] != load_world(Settings().fixtures, contract).signing_key["kid"]


def test_a_state_file_with_the_fixtures_secrets_is_not_shared(tmp_path: Path, contract: Contract) -> None:
    world = load_world(Settings().fixtures, contract)
    open_database(tmp_path / "a.db", contract, world).close()

    with pytest.raises(UnusableDatabase, match="--fresh"):
        open_database(tmp_path / "a.db", contract, shared(world))
    open_database(tmp_path / "a.db", contract, shared(world), fresh=True).close()
    open_database(tmp_path / "a.db", contract, world).close()


def test_the_loopback_address_needs_a_token_too(public: Turning) -> None:
    """Whoever stands before a shared mock, a proxy say, asks from there."""
    assert (401, "UNAUTHENTICATED") == public.refusal("listWorlds")
    assert 200 == _operator(public).ask("listWorlds")[0]


def test_anybody_creates_a_world_and_turns_it_with_its_token(public: Turning) -> None:
    world = public.world(name="Partner")
    own = World(replace(public, headers={"Authorization": f"Bearer {world.new['token']}"}), world.new)

    assert 200 == world.call("GET", "/products").status_code
    assert "Partner" == own.data("getWorld")["name"]
    assert own.data("getWorld")["expires_at"] is not None
    assert (403, "SANDBOX_ACCESS_DENIED") == own.turning.refusal("listWorlds")
    assert public.data("getServer")["self_service"]


def test_self_service_can_be_switched_off(tmp_path: Path, contract: Contract) -> None:
    turning = opened(tmp_path, contract, public=True, sandbox_token=TOKEN, self_service=False)

    assert (403, "SELF_SERVICE_OFF") == turning.refusal("createWorld", body={})
    assert (403, "SELF_SERVICE_OFF") == turning.refusal("importWorld", body={"world": {"format": 2, "tenant": {}}})
    assert not turning.data("getServer")["self_service"]
    assert _operator(turning).world().id


def test_one_address_creates_so_many_worlds_an_hour(public: Turning) -> None:
    for _ in range(WORLDS_OF_ONE):
        public.world(fixtures="empty")

    status, answer = public.ask("createWorld", body={})
    assert (429, "TOO_MANY_WORLDS") == (status, answer["error"]["code"])
    assert replace(public, address="203.0.113.9").world(fixtures="empty").id
    public.inside.clock.advance(hours=1)
    assert public.world(fixtures="empty").id


@pytest.mark.parametrize(
    ("what", "operation", "body"),
    [
        ("keys of a world", "createKey", lambda n: {}),
        ("users of a world", "createUser", lambda n: {"email": f"u{n}@example.com"}),
        ("endpoints of a world", "createEndpoint", lambda n: {"url": "http://hook.example/"}),
        ("snapshots of a world", "createSnapshot", lambda n: {"name": f"s{n}"}),
    ],
)
def test_a_world_has_so_many_of_each_and_no_more(public: Turning, what: str, operation: str, body: Any) -> None:
    world = public.world(fixtures="empty")
    own = World(replace(public, headers={"Authorization": f"Bearer {world.new['token']}"}), world.new)
    refusals = []
    for number in range(MOST[what] + 1):
        status, answer = own.turning.ask(operation, body=body(number), worldId=own.id)
        refusals += [answer["error"]] if status == 409 else []

    (refusal,) = refusals if len(refusals) == 1 else refusals[-1:]
    assert "QUOTA_EXCEEDED" == refusal["code"]
    assert f"{MOST[what]} {what}" in refusal["message"]
    assert len(refusals) <= 2  # a new world has one key and one user already


def test_a_body_of_a_shared_mock_is_bounded(public: Turning) -> None:
    world = {"format": 2, "tenant": {"name": "x" * BODY_BYTES}}

    assert (413, "PAYLOAD_TOO_LARGE") == public.refusal("importWorld", body={"world": world})


def test_worlds_that_nobody_uses_are_deleted_and_the_fixtures_own_are_not(public: Turning) -> None:
    """By the clock on the wall: one whose own clock is turned back is used all the same."""
    idle, used = public.world(fixtures="empty"), public.world(fixtures="empty")
    inside = public.inside
    idle.call("GET", "/products")
    _operator(public).data("createFault", worldId=idle.id, body={"status": 500})
    settings = Settings(public=True, idle_days=7)
    keeping = Keeping(settings, inside.database.worlds, Clocks(inside.clock, inside.database.platform))
    before = inside.database.worlds.number()

    inside.clock.advance(days=6)
    _operator(public).data("setClock", body={"mode": "frozen", "at": "1990-01-01T00:00:00Z"}, worldId=used.id)
    used.call("GET", "/products")
    keeping.turn()
    assert before == inside.database.worlds.number()
    inside.clock.now += timedelta(days=2) + EVERY
    keeping.turn()

    assert before - 1 == inside.database.worlds.number()
    assert (inside.database.worlds.exists(used.id), inside.database.worlds.exists(idle.id)) == (True, False)
    assert [] == _operator(public).data("listRequests", query={"world_id": idle.id})
    assert 1 == _operator(public).data("getServer")["requests"]  # that of the one that was used


def test_a_world_is_made_by_the_clock_on_the_wall(public: Turning) -> None:
    """Or one that is made while the server's clock is turned back would count as idle at once."""
    _operator(public).data("setServerClock", body={"mode": "frozen", "at": "1990-01-01T00:00:00Z"})
    world = public.world(fixtures="empty")
    inside = public.inside
    keeping = Keeping(Settings(public=True), inside.database.worlds, Clocks(inside.clock, inside.database.platform))

    inside.clock.now += EVERY
    keeping.turn()

    assert inside.database.worlds.exists(world.id)


def test_its_answers_have_the_headers_that_browsers_heed(public: Turning) -> None:
    for path in ("/api/health", "/docs", "/_sandbox/v1/server", "/_sandbox/"):
        headers = public.send("GET", path).headers
        assert "nosniff" in headers["X-Content-Type-Options"], path
        assert "DENY" in headers["X-Frame-Options"], path
        assert headers["Strict-Transport-Security"], path
