"""Keys and users of a world."""

from __future__ import annotations

from typing import Any

import pytest

from tests.inside import driver
from tests.mockserver.sandbox.control import World


@pytest.mark.state_file
def test_a_key_is_shown_once_and_listed_by_its_first_characters(world: World) -> None:
    made = world.data("createKey", body={"name": "reader", "scopes": ["products:read"]})

    listed = world.data("listKeys")
    assert made["details"] in listed
    assert made["key"].startswith(made["details"]["prefix"])
    assert made["key"] not in str(listed)
    file = driver(world.turning.inside.database)
    assert made["key"] not in "".join(file.iterdump())


def test_a_key_may_do_what_its_scopes_say(world: World) -> None:
    key = world.data("createKey", body={"scopes": ["products:read"]})["key"]

    assert 200 == world.call("GET", "/products", bearer=key).status_code
    assert "INSUFFICIENT_SCOPE" == world.call("GET", "/orders", bearer=key).json()["error"]["code"]


def test_a_key_is_bound_to_its_allowlist_and_limits(world: World) -> None:
    elsewhere = world.data("createKey", body={"allowlist": ["10.1.2.3/8"]})
    narrow = world.data("createKey", body={"rate_limit": {"per_minute": 1, "per_hour": 5}})

    assert ["10.0.0.0/8"] == elsewhere["details"]["allowlist"]
    assert "IP_NOT_ALLOWED" == world.call("GET", "/products", bearer=elsewhere["key"]).json()["error"]["code"]
    assert [200, 429] == [world.call("GET", "/products", bearer=narrow["key"]).status_code for _ in range(2)]


def test_a_revoked_key_is_invalid_from_the_next_request_on(world: World) -> None:
    made = world.data("createKey", body={})
    assert 200 == world.call("GET", "/products", bearer=made["key"]).status_code

    revoked = world.data("revokeKey", keyId=made["id"])

    assert "TOKEN_INVALID" == world.call("GET", "/products", bearer=made["key"]).json()["error"]["code"]
    assert revoked == world.data("revokeKey", keyId=made["id"])
    assert revoked in world.data("listKeys")


def test_another_worlds_key_cannot_be_revoked(world: World) -> None:
    """404: nothing says that there is such a key."""
    other = world.turning.world()
    made = other.data("createKey", body={})

    assert (404, "RESOURCE_NOT_FOUND") == world.refusal("revokeKey", keyId=made["id"])
    assert 200 == other.call("GET", "/products", bearer=made["key"]).status_code


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"scopes": ["everything"]}, "/scopes/0"),
        ({"allowlist": ["10.0.0.0/8", "300.0.0.1"]}, "/allowlist/1"),
        ({"expires_at": "2030-02-30T00:00:00Z"}, "/expires_at"),
        ({"rate_limit": {"per_minute": 0, "per_hour": 1}}, "/rate_limit/per_minute"),
    ],
)
def test_a_key_that_cannot_be_is_refused_with_the_member_that_is_wrong(
    world: World, body: dict[str, Any], pointer: str
) -> None:
    status, answer = world.turning.ask("createKey", body=body, worldId=world.id)

    assert (400, [pointer]) == (status, [fault["pointer"] for fault in answer["error"]["details"]["errors"]])


def test_limits_of_a_keys_own_go_with_the_plan_enterprise(world: World) -> None:
    world.data("updateWorld", body={"plan": "growth"})

    assert (400, "VALIDATION_ERROR") == world.refusal("createKey", body={"rate_limit": {"per_minute": 1, "per_hour": 5}})


def test_a_users_role_counts_from_the_next_request_on(world: World) -> None:
    user = world.data("createUser", body={"email": "mia@example.com", "role": "viewer"})
    token = world.data("issueToken", body={}, userId=user["id"])["token"]
    product = {"sku": "NEW-1", "title": "New", "price": 1}

    assert 403 == world.call("POST", "/products", json=product, bearer=token).status_code
    world.data("updateUser", body={"role": "owner", "name": "Mia"}, userId=user["id"])
    assert 201 == world.call("POST", "/products", json=product, bearer=token).status_code
    assert user | {"role": "owner", "name": "Mia"} in world.data("listUsers")
    world.data("deleteUser", userId=user["id"])
    assert "TOKEN_INVALID" == world.call("GET", "/products", bearer=token).json()["error"]["code"]


def test_a_user_logs_in_with_a_password_and_without_one_not_at_all(world: World) -> None:
    def login(email: str, password: str) -> int:
        body = {"email": email, "password": password}
        return world.turning.send("POST", "/auth/v1/token?grant_type=password", json=body).status_code

    user = world.data("createUser", body={"email": "mia@example.com", "password": "a-long-secret"})
    world.data("createUser", body={"email": "silent@example.com"})

    assert [200, 400, 400] == [
        login("mia@example.com", "a-long-secret"),
        login("mia@example.com", "another-secret"),
        login("silent@example.com", "anything-at-all"),
    ]
    world.data("updateUser", body={"password": "another-secret"}, userId=user["id"])
    assert 200 == login("mia@example.com", "another-secret")
    assert [[] for _ in range(2)] == [[v for v in row if "argon" in str(v)] for row in world.data("listUsers")[:2]]


def test_an_address_logs_in_one_user_of_the_whole_server(world: World) -> None:
    world.data("createUser", body={"email": "mia@example.com"})

    assert (409, "NOT_POSSIBLE") == world.turning.world().refusal("createUser", body={"email": "Mia@Example.com"})


def test_another_worlds_user_is_not_found_and_a_role_that_is_none_refused(world: World) -> None:
    user = world.turning.world().new["owner"]["id"]

    for operation, body in (("updateUser", {"role": "viewer"}), ("deleteUser", None), ("issueToken", {})):
        assert (404, "RESOURCE_NOT_FOUND") == world.refusal(operation, body=body, userId=user)
    assert (400, "VALIDATION_ERROR") == world.refusal("createUser", body={"email": "a@example.com", "role": "king"})


def test_a_token_may_have_expired_already_and_cannot_outlive_the_calendar(world: World) -> None:
    owner = world.new["owner"]["id"]
    token = world.data("issueToken", body={"expires_in": -60}, userId=owner)["token"]

    assert "TOKEN_EXPIRED" == world.call("GET", "/products", bearer=token).json()["error"]["code"]
    world.data("setClock", body={"mode": "frozen", "at": "9999-12-31T00:00:00Z"})
    assert (400, "VALIDATION_ERROR") == world.refusal("issueToken", body={"expires_in": 3153600000}, userId=owner)
