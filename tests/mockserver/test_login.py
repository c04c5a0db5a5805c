"""The login: grants, sessions, refusals in the shapes of Supabase Auth. tests/clients does the same with its own library."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver.greeting import greeting
from mockserver.login import FAILURES, WINDOW
from mockserver.settings import Settings
from mockserver.tokens import Tokens
from nexuscommerce.contract import Contract
from tests.inside import Inside, open_inside

PASSWORD = "nexus-mock"
NEW = {"X-Supabase-Api-Version": "2024-01-01"}


def _post(inside: Inside, path: str, body: Any = None, **options: Any) -> httpx.Response:
    content = {} if body is None else {"json": body}
    return inside.call("POST", f"/auth/v1/{path}", key=None, headers=options.pop("headers", NEW), **content, **options)


def _enter(inside: Inside, password: str = PASSWORD, email: str = "owner@growth.example") -> httpx.Response:
    return _post(inside, "token?grant_type=password", {"email": email, "password": password})


def _login(inside: Inside, email: str = "owner@growth.example") -> dict[str, Any]:
    """A session."""
    return dict(_enter(inside, email=email).json())


def _refresh(inside: Inside, token: str) -> httpx.Response:
    return _post(inside, "token?grant_type=refresh_token", {"refresh_token": token})


def _user(inside: Inside, token: str | None) -> httpx.Response:
    return inside.call("GET", "/auth/v1/user", key=None, token=token, headers=NEW)


def _code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json().get("code", "") if response.content else ""


def _claims(token: str) -> dict[str, Any]:
    return dict(json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "==")))


# Sessions


def test_a_login_answers_a_session_as_supabase_does(inside: Inside) -> None:
    session = _login(inside)
    now = int(inside.clock().timestamp())

    assert ("bearer", 86400, now + 86400) == (session["token_type"], session["expires_in"], session["expires_at"])
    assert session["user"] == _user(inside, session["access_token"]).json()
    assert ("owner@growth.example", "authenticated") == (session["user"]["email"], session["user"]["aud"])
    assert "2026-03-12T15:00:10.000Z" == session["user"]["last_sign_in_at"]


def test_the_token_says_of_which_tenant_and_session_it_is(inside: Inside) -> None:
    claims = _claims(_login(inside)["access_token"])

    assert (inside.world.tenants[0]["id"], "owner") == (claims["app_metadata"]["tenant_id"], claims["app_metadata"]["role"])
    assert ("aal1", "password") == (claims["aal"], claims["amr"][0]["method"])
    assert {"session_id", "user_metadata", "email", "sub"} <= set(claims)


@pytest.mark.parametrize(("role", "status"), [("owner", 201), ("viewer", 403)])
def test_the_token_opens_the_api_as_far_as_the_role_goes(inside: Inside, role: str, status: int) -> None:
    token = _login(inside, f"{role}@growth.example")["access_token"]
    product = {"sku": "LOGGED-IN", "title": "x", "price": 1}

    assert 200 == inside.call("GET", "/api/products", token=token).status_code
    assert status == inside.call("POST", "/api/products", token=token, json=product).status_code


def test_the_case_of_an_email_address_does_not_matter(inside: Inside) -> None:
    assert 200 == _enter(inside, email="Owner@Growth.Example").status_code


def test_nobody_stores_an_answer_with_tokens(inside: Inside) -> None:
    """RFC 6749 §5.1."""
    assert "no-store" == _enter(inside).headers["cache-control"]


# Refusals


def test_who_does_not_exist_and_who_errs_are_answered_alike(inside: Inside) -> None:
    answers = [_enter(inside, "wrong"), _enter(inside, email="nobody@growth.example"), _enter(inside, "")]

    body = {"code": "invalid_credentials", "message": "Invalid login credentials"}
    assert [(400, body)] * 3 == [(answer.status_code, answer.json()) for answer in answers]


def test_who_does_not_exist_and_who_errs_wait_alike(inside: Inside) -> None:
    """In both cases a hash is computed: without, the answer would come ten times as fast. Of processor time, which other
    work on the machine does not lengthen."""

    def fastest(email: str) -> float:
        times = []
        for _ in range(8):
            begun = time.process_time()
            _enter(inside, "wrong", email)
            times.append(time.process_time() - begun)
        return min(times)

    known, unknown = fastest("owner@growth.example"), fastest("nobody@growth.example")

    assert 0.6 < unknown / known < 1.7


@pytest.mark.parametrize("version", ["", "2023-12-31", "soon"])
def test_an_older_client_gets_the_older_shape(inside: Inside, version: str) -> None:
    body = {"email": "owner@growth.example", "password": "wrong"}
    response = _post(inside, "token?grant_type=password", body, headers={"X-Supabase-Api-Version": version})

    expected = {"code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials"}
    assert (400, expected) == (response.status_code, response.json())
    assert "x-supabase-api-version" not in response.headers


def test_a_newer_client_is_told_the_shape_and_its_page_can_read_that(inside: Inside) -> None:
    """The library finds `code` only by the header of the answer, and a browser hides headers that are not exposed."""
    response = _post(inside, "token?grant_type=x", {}, headers=NEW | {"Origin": "https://shop.example"})
    exposed = response.headers["access-control-expose-headers"].lower().split(", ")

    assert "2024-01-01" == response.headers["x-supabase-api-version"]
    assert "x-supabase-api-version" in exposed


PASSWORDS, REFRESH = "token?grant_type=password", "token?grant_type=refresh_token"


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("token", {}, (400, "invalid_credentials")),
        ("token?grant_type=magic", {}, (400, "invalid_credentials")),
        (PASSWORDS, {}, (400, "validation_failed")),
        (PASSWORDS, {"email": None, "password": None}, (400, "validation_failed")),
        (PASSWORDS, {"email": ["a"], "password": "b"}, (400, "bad_json")),
        (PASSWORDS, {"email": "a", "password": 1}, (400, "bad_json")),
        (PASSWORDS, {"email": "a\0", "password": "\0"}, (400, "invalid_credentials")),
        (PASSWORDS, {"phone": "1", "password": "b"}, (422, "phone_provider_disabled")),
        (PASSWORDS, [], (400, "bad_json")),
        (REFRESH, {}, (400, "validation_failed")),
        (REFRESH, {"refresh_token": {}}, (400, "bad_json")),
        (REFRESH, {"refresh_token": "unknown"}, (400, "refresh_token_not_found")),
    ],
)
def test_what_cannot_be_a_login_is_refused(inside: Inside, path: str, body: Any, expected: tuple[int, str]) -> None:
    assert expected == _code(_post(inside, path, body))


@pytest.mark.parametrize("content", [b"", b"{", b"null", b'"\xff"', b'{"email":"\\ud800"}', b"[" * 60_000, b" " * 70_000])
def test_a_body_that_is_no_object_is_bad_json(inside: Inside, content: bytes) -> None:
    """Empty, cut off, not UTF-8, half a surrogate, too deep, larger than 64 KiB."""
    headers = {**NEW, "Content-Type": "application/json"}
    response = inside.call("POST", f"/auth/v1/{PASSWORDS}", key=None, headers=headers, content=content)

    assert (400, "bad_json") == _code(response)


@pytest.mark.parametrize(
    ("authorization", "expected"),
    [
        (None, (401, "no_authorization")),
        ("Basic eDp5", (401, "no_authorization")),
        ("Bearer", (401, "no_authorization")),
        ("Bearer x", (403, "bad_jwt")),
        ("Bearer nxc_live_growth_full_4f9a1c0e2b7d", (403, "bad_jwt")),
    ],
)
def test_only_a_users_token_names_a_user(inside: Inside, authorization: str | None, expected: tuple[int, str]) -> None:
    headers = NEW | ({"Authorization": authorization} if authorization else {})
    answers = [
        inside.call(method, f"/auth/v1/{path}", key=None, headers=headers)
        for method, path in (("GET", "user"), ("POST", "logout"))
    ]

    assert [expected] * 2 == [_code(answer) for answer in answers]


def test_a_token_that_has_expired_is_no_users(inside: Inside) -> None:
    session = _login(inside)
    inside.clock.advance(hours=24)
    response = _user(inside, session["access_token"])

    assert (403, "bad_jwt") == _code(response)
    assert response.json()["message"].endswith("token is expired")


def test_a_token_of_nobody_is_told_so(inside: Inside) -> None:
    nobody = {"id": "00000000-0000-4000-8000-000000000000", "email": "x@y.example", "name": "x", "role": "owner"}
    tokens = Tokens(inside.world.issuer, inside.world.signing_key)
    token = tokens.issue(nobody, inside.world.tenants[0]["id"], inside.clock())

    assert (403, "user_not_found") == _code(_user(inside, token))


# Refresh tokens


def test_a_refresh_goes_on_with_the_same_session(inside: Inside) -> None:
    first = _login(inside)
    inside.clock.advance(hours=23)
    second = _refresh(inside, first["refresh_token"]).json()

    claims = [_claims(session["access_token"]) for session in (first, second)]
    assert claims[0]["session_id"] == claims[1]["session_id"]
    assert claims[0]["amr"] == claims[1]["amr"]
    assert 23 * 3600 == claims[1]["exp"] - claims[0]["exp"]
    assert first["refresh_token"] != second["refresh_token"]


def test_a_refresh_token_used_again_at_once_goes_on(inside: Inside) -> None:
    """Two tabs of one browser: within ten seconds neither loses the session, and both new tokens are good."""
    token = _login(inside)["refresh_token"]
    tabs = [_refresh(inside, token).json()["refresh_token"]]
    inside.clock.advance(seconds=10)
    tabs.append(_refresh(inside, token).json()["refresh_token"])

    assert [200, 200] == [_refresh(inside, tab).status_code for tab in tabs]


def test_a_refresh_token_used_again_later_ends_its_session(inside: Inside) -> None:
    """Somebody has stolen it; who is the thief cannot be known, so nobody goes on. Other sessions do."""
    other, token = (_login(inside)["refresh_token"] for _ in range(2))
    following = _refresh(inside, token).json()["refresh_token"]
    inside.clock.advance(seconds=10, milliseconds=1)

    assert [(400, "refresh_token_already_used")] * 2 == [_code(_refresh(inside, each)) for each in (token, following)]
    assert 200 == _refresh(inside, other).status_code


def test_being_used_again_does_not_lengthen_the_ten_seconds(inside: Inside) -> None:
    token = _login(inside)["refresh_token"]
    seen = []
    for _ in range(3):
        seen.append(_refresh(inside, token).status_code)
        inside.clock.advance(seconds=6)

    assert [200, 200, 400] == seen


def test_a_session_expires_after_24_hours_of_inactivity(inside: Inside) -> None:
    """settings/team. Each refresh is activity."""
    token = _login(inside)["refresh_token"]
    for _ in range(3):
        inside.clock.advance(hours=24)
        token = _refresh(inside, token).json()["refresh_token"]
    inside.clock.advance(hours=24, milliseconds=1)

    assert (400, "session_expired") == _code(_refresh(inside, token))


@pytest.mark.state_file
def test_no_secret_is_in_the_state_file(inside: Inside, tmp_path: Path) -> None:
    """Refresh tokens are there as SHA-256, access tokens and passwords not at all."""
    session = _login(inside)
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert session["user"]["id"].encode() in raw
    assert [] == [name for name in ("refresh_token", "access_token") if session[name].encode() in raw]
    # the fixtures name their key much like their password
    assert PASSWORD.encode() not in raw.replace(inside.world.signing_key["kid"].encode(), b"")


def test_no_secret_is_logged(inside: Inside, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    session = _login(inside)
    _enter(inside, "wr0ng-passw0rd")
    refreshed = _refresh(inside, session["refresh_token"]).json()
    _user(inside, session["access_token"])
    written = "".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)

    secrets = [PASSWORD, "wr0ng-passw0rd"] + [s[n] for s in (session, refreshed) for n in ("access_token", "refresh_token")]
    assert "/auth/v1/token" in written
    assert [] == [secret for secret in secrets if secret in written]


def test_a_session_survives_a_restart(tmp_path: Path, contract: Contract) -> None:
    before = open_inside(tmp_path, contract)
    token = _login(before)["refresh_token"]
    before.database.close()
    after = open_inside(tmp_path, contract)

    assert 200 == _refresh(after, token).status_code
    after.database.close()


# Logout


@pytest.mark.parametrize(
    ("scope", "own", "other"),
    [("?scope=local", 403, 200), ("?scope=others", 200, 403), ("?scope=global", 403, 403), ("", 403, 403)],
)
def test_a_logout_ends_the_sessions_of_its_scope(inside: Inside, scope: str, own: int, other: int) -> None:
    mine, others, colleagues = _login(inside), _login(inside), _login(inside, "admin@growth.example")
    answer = _post(inside, f"logout{scope}", token=mine["access_token"])

    statuses = [_user(inside, session["access_token"]).status_code for session in (mine, others, colleagues)]
    assert (204, b"") == (answer.status_code, answer.content)
    assert [own, other, 200] == statuses


def test_after_a_logout_nothing_of_the_session_is_left(inside: Inside) -> None:
    session = _login(inside)
    _post(inside, "logout", token=session["access_token"])

    assert (403, "session_not_found") == _code(_user(inside, session["access_token"]))
    assert (403, "session_not_found") == _code(_post(inside, "logout", token=session["access_token"]))
    assert (400, "refresh_token_not_found") == _code(_refresh(inside, session["refresh_token"]))


def test_an_unknown_scope_logs_nobody_out(inside: Inside) -> None:
    session = _login(inside)

    assert (400, "validation_failed") == _code(_post(inside, "logout?scope=x", token=session["access_token"]))
    assert 200 == _user(inside, session["access_token"]).status_code


def test_a_token_from_the_command_line_has_no_session_and_ends_them_all(inside: Inside) -> None:
    session = _login(inside)
    tenant = inside.world.tenants[0]
    token = Tokens(inside.world.issuer, inside.world.signing_key).issue(tenant["users"][0], tenant["id"], inside.clock())

    assert session["user"] == _user(inside, token).json()
    assert 204 == _post(inside, "logout?scope=local", token=token).status_code
    assert 403 == _user(inside, session["access_token"]).status_code


def test_the_mock_says_how_to_log_in_unless_the_password_is_another(inside: Inside) -> None:
    line = "Log in with supabase-js at http://127.0.0.1:1: owner@growth.example, password nexus-mock"
    tenants = [
        {**tenant, "users": [{**user, "password_hash": "x"} for user in tenant["users"]]} for tenant in inside.world.tenants
    ]
    texts = [greeting(Settings(), world, 1, "x") for world in (inside.world, replace(inside.world, tenants=tenants))]

    assert [True, False] == [line in text for text in texts]


# Guessing


def _guess(inside: Inside, times: int) -> list[int]:
    return [_enter(inside, "wrong").status_code for _ in range(times)]


def test_guessing_is_stopped_even_where_the_next_guess_is_right(inside: Inside) -> None:
    guessed = _guess(inside, FAILURES)
    refused = _enter(inside)

    assert [400] * FAILURES == guessed
    assert (429, "over_request_rate_limit") == _code(refused)
    assert WINDOW - 10 == int(refused.headers["retry-after"])


def test_guessing_is_forgotten_with_its_window_and_stops_no_other_address(inside: Inside) -> None:
    _guess(inside, FAILURES)
    inside.address = "192.0.2.1"
    elsewhere = _enter(inside)
    inside.address = "127.0.0.1"
    inside.clock.advance(seconds=WINDOW - 10)
    later = _enter(inside)

    assert [200, 200] == [elsewhere.status_code, later.status_code]


def test_guesses_sent_all_at_once_are_counted(inside: Inside) -> None:
    async def volley() -> list[int]:
        transport = httpx.ASGITransport(inside.app, client=("127.0.0.1", 1))
        body = {"email": "owner@growth.example", "password": "wrong"}
        async with httpx.AsyncClient(transport=transport, base_url="http://mock") as client:
            answers = await asyncio.gather(*(client.post(f"/auth/v1/{PASSWORDS}", json=body) for _ in range(FAILURES + 5)))
        return sorted(answer.status_code for answer in answers)

    assert [400] * FAILURES + [429] * 5 == asyncio.run(volley())


def test_logins_that_succeed_are_not_counted(inside: Inside) -> None:
    assert {200} == {_enter(inside).status_code for _ in range(FAILURES + 1)}


def test_without_limits_nobody_counts_guesses(tmp_path: Path, contract: Contract) -> None:
    opened = open_inside(tmp_path, contract, limits=False)

    assert {400} == set(_guess(opened, FAILURES + 1))
    opened.database.close()


# At the edge


def test_logins_cost_no_request_of_the_api(inside: Inside) -> None:
    before = _enter(inside).headers["x-ratelimit-remaining"]
    calls: list[Callable[[], httpx.Response]] = [
        lambda: _enter(inside),
        lambda: _enter(inside, "wrong"),
        lambda: inside.call("GET", "/auth/v1/token", key=None),
    ]

    assert {before} == {call().headers["x-ratelimit-remaining"] for call in calls}


@pytest.mark.parametrize(
    ("path", "wrong", "allow"),
    [("token", "GET", "OPTIONS, POST"), ("logout", "GET", "OPTIONS, POST"), ("user", "POST", "GET, HEAD, OPTIONS")],
)
def test_another_method_is_405_and_allow_names_the_right_ones(inside: Inside, path: str, wrong: str, allow: str) -> None:
    answers = [inside.call(method, f"/auth/v1/{path}", key=None) for method in (wrong, "OPTIONS")]

    assert [(405, allow), (204, allow)] == [(answer.status_code, answer.headers["allow"]) for answer in answers]


def test_a_page_of_any_origin_can_log_in(inside: Inside) -> None:
    """The library's headers make a browser ask first."""
    asked = "apikey, authorization, content-type, x-client-info, x-supabase-api-version"
    headers = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": asked,
    }
    response = inside.call("OPTIONS", f"/auth/v1/{PASSWORDS}", key=None, headers=headers)

    assert (204, asked) == (response.status_code, response.headers["access-control-allow-headers"])
    assert "OPTIONS, POST" == response.headers["access-control-allow-methods"]
    assert "https://shop.example" == response.headers["access-control-allow-origin"]
