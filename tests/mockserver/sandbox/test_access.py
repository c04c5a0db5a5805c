"""Who may turn the mock: by token, by world, from where."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nexuscommerce.contract import Contract
from tests.mockserver.sandbox.control import Turning, World, document, opened

TOKEN = "nxs_" + "t" * 40
PATHS = {
    "worldId": "3714240b-2e06-4c35-8856-ccc1c096323e",
    "userId": "3714240b-2e06-4c35-8856-ccc1c096323e",
    "step": "pay",
}


@pytest.fixture
def guarded(tmp_path: Path, contract: Contract) -> Turning:
    return opened(tmp_path, contract, sandbox_token=TOKEN)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _everything(turning: Turning) -> dict[str, tuple[int, str]]:
    """How each operation that needs a token refuses."""
    refusals = {}
    for name, operation in document().operations.items():
        if operation.scopes:
            path = operation.path
            for parameter in operation.parameters:
                if parameter.location == "path":
                    path = path.replace(f"{{{parameter.name}}}", PATHS.get(parameter.name, "x"))
            response = turning.send(operation.method, document().base_path + path, json={} if operation.body else None)
            refusals[name] = response.status_code, response.json()["error"]["code"]
    return refusals


def test_the_loopback_address_needs_no_token(guarded: Turning) -> None:
    for address in ("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"):
        assert 200 == replace(guarded, address=address).ask("listWorlds")[0]


@pytest.mark.parametrize(
    "change",
    [
        {"address": "10.0.0.1"},
        {"address": "not an address"},
        {"headers": {"Origin": "https://evil.example"}},
        {"headers": {"Origin": "http://localhost:3000"}},
        {"headers": {"Origin": "null"}},
        {"headers": {"Origin": "http://["}},
        {"headers": {"Origin": "//localhost:8080"}},
        {"headers": {"Sec-Fetch-Site": "cross-site"}},
        {"origin": "http://rebound.example:8080"},
        {"origin": "http://10.0.0.1:8080"},
    ],
)
def test_from_elsewhere_everything_needs_a_token(guarded: Turning, change: dict[str, object]) -> None:
    """Also for a page of another site, and for one whose own name leads to this machine."""
    refusals = _everything(replace(guarded, **change))  # type: ignore[arg-type]

    assert {(401, "UNAUTHENTICATED")} == set(refusals.values())


def test_the_sandboxs_token_opens_everything_from_anywhere(guarded: Turning) -> None:
    far = replace(guarded, address="203.0.113.9", headers=_bearer(TOKEN), origin="https://mock.example")

    assert "https://mock.example/api" == far.world().new["base_url"]
    assert 200 == far.ask("listWorlds")[0]


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], "nxs_world_none"])
def test_a_wrong_token_is_refused_even_where_none_is_needed(guarded: Turning, token: str) -> None:
    refusals = _everything(replace(guarded, headers={"Authorization": f"Bearer {token}"}))

    assert {(401, "TOKEN_INVALID")} == set(refusals.values())


def test_a_worlds_token_opens_that_world_and_no_other(guarded: Turning) -> None:
    """404, never 403: nothing says that there is another world."""
    one, two = guarded.world(), guarded.world()
    far = World(replace(guarded, address="203.0.113.9", headers=_bearer(one.new["token"])), one.new)

    assert 200 == far.turning.ask("getWorld", worldId=one.id)[0]
    for name, operation in document().operations.items():
        if operation.scopes == ("world",):
            path = dict.fromkeys((p.name for p in operation.parameters if p.location == "path"), "x") | PATHS
            status, answer = far.turning.ask(name, body=_valid(name), **(path | {"worldId": two.id}))
            assert (404, "RESOURCE_NOT_FOUND") == (status, answer["error"]["code"]), name
        if operation.scopes in (("admin",), ("self",)):
            path = dict.fromkeys((p.name for p in operation.parameters if p.location == "path"), "x")
            assert (403, "SANDBOX_ACCESS_DENIED") == far.turning.refusal(name, body=_valid(name), **path), name


def _valid(name: str) -> dict[str, object] | None:
    """A body that passes the schema, so that what refuses is the world."""
    bodies: dict[str, dict[str, object]] = {
        "updateWorld": {"name": "x"},
        "createSnapshot": {"name": "x"},
        "createUser": {"email": "a@example.com"},
        "updateUser": {"name": "x"},
        "createEndpoint": {"url": "http://a.example/"},
        "updateEndpoint": {"paused": True},
        "setClock": {"mode": "frozen"},
        "setServerClock": {"mode": "frozen"},
        "advanceClock": {"seconds": 1},
        "advanceServerClock": {"seconds": 1},
        "triggerEvent": {"type": "order.created"},
        "createFault": {"code": "INTERNAL_ERROR"},
        "createServerFault": {"code": "INTERNAL_ERROR"},
        "importWorld": {"world": {"format": 2, "tenant": {}}},
    }
    return bodies.get(name, {}) if document().operations[name].body else None


def test_a_worlds_token_sees_its_own_part_of_the_log(guarded: Turning) -> None:
    one, two = guarded.world(), guarded.world()
    for world in (one, two):
        world.call("GET", "/products?limit=1")
    far = replace(guarded, address="203.0.113.9", headers=_bearer(one.new["token"]))

    assert {one.id} == {row["world_id"] for row in far.data("listRequests")}
    assert (404, "RESOURCE_NOT_FOUND") == far.refusal("listRequests", query={"world_id": two.id})
    (foreign,) = guarded.data("listRequests", query={"world_id": two.id})
    assert (404, "RESOURCE_NOT_FOUND") == far.refusal("getRequest", requestId=foreign["id"])
    assert 1 == far.data("getCoverage")["exercised"]


def test_the_apis_own_credentials_open_nothing_here(guarded: Turning) -> None:
    world = guarded.world()

    assert (401, "TOKEN_INVALID") == guarded.refusal("getWorld", headers=_bearer(world.new["key"]), worldId=world.id)
    assert 401 == world.call("GET", "/products", bearer=world.new["token"]).status_code
    assert 401 == world.call("GET", "/products", bearer=TOKEN).status_code


def test_what_there_is_no_path_or_method_for_is_told_as_in_the_api(guarded: Turning) -> None:
    missing = guarded.send("GET", "/_sandbox/v1/nothing")
    assert (404, "ROUTE_NOT_FOUND") == (missing.status_code, missing.json()["error"]["code"])
    wrong = guarded.send("PUT", "/_sandbox/v1/worlds")
    assert (405, "GET, HEAD, OPTIONS, POST") == (wrong.status_code, wrong.headers["Allow"])
    asked = guarded.send("OPTIONS", "/_sandbox/v1/worlds")
    assert (204, "GET, HEAD, OPTIONS, POST") == (asked.status_code, asked.headers["Allow"])


def test_plans_are_those_of_the_contract() -> None:
    from nexuscommerce.contract import load

    assert list(load().plans) == document().schemas.named("Plan")["enum"]


def test_every_refusal_has_its_message_and_its_response() -> None:
    from mockserver.domain.errors import CONTROL_MESSAGES, MESSAGES

    codes = [row.code for row in document().refusals]
    assert sorted(document().error_codes) == sorted(codes)
    assert set(codes) <= {*MESSAGES, *CONTROL_MESSAGES}
    assert set(CONTROL_MESSAGES) <= set(codes)
    assert {row.response for row in document().refusals} <= set(document().document["components"]["responses"])


def test_pages_of_other_origins_may_use_the_control_api_and_not_read_the_dashboard(guarded: Turning) -> None:
    """The control API goes by a token, which such a page must know. The dashboard goes by a cookie."""
    foreign = {"Origin": "http://localhost:3000", **_bearer(TOKEN)}

    assert foreign["Origin"] == guarded.send("GET", "/_sandbox/v1/worlds", foreign).headers["Access-Control-Allow-Origin"]
    for path in ("/_sandbox/sign-in", "/_sandbox/", "/_sandbox/log"):
        assert "Access-Control-Allow-Origin" not in guarded.send("GET", path, foreign).headers
