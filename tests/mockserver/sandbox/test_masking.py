"""No secret that came or went can be read in the log, wherever it stood."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from mockserver.body import KEPT
from mockserver.sandbox import masking
from tests.inside import Inside
from tests.mockserver.sandbox.turning import control, entries, entry

KEY = "nxc_live_planted_0123456789abcdef"
WORLD = "nxs_planted0123456789"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJwbGFudGVkIn0.cGxhbnRlZC1zaWduYXR1cmU"
WEBHOOK = "whsec_planted0123456789abcdefgh"
PASSWORD = "planted horse battery"
TOKENS = (KEY, WORLD, JWT, WEBHOOK)
TELLTALES = ("planted_0123", "planted0123", "cGxhbnRlZC", "planted horse", "planted%20horse", "planted+horse")


def _leaks(shown: Any) -> list[str]:
    text = shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False)
    return [telltale for telltale in TELLTALES if telltale in text]


@pytest.mark.parametrize("secret", TOKENS)
def test_a_token_is_masked_in_every_place_of_a_request(inside: Inside, secret: str) -> None:
    inside.call(
        "POST",
        f"/api/products/{secret}",
        headers={"X-Request-ID": secret, "X-Anything": f"about {secret}.", "Referer": f"https://a.example/?t={secret}"},
        params={"q": secret, secret: "1"},
        json={"sku": secret, secret: 1, "deep": [{"text": f"so {secret}, yes"}]},
    )

    assert [] == _leaks([entry(inside), entries(inside)])


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Basic", "Token"])
@pytest.mark.parametrize("header", ["Authorization", "Proxy-Authorization"])
@pytest.mark.parametrize("secret", [*TOKENS, PASSWORD, "dXNlcjpwbGFudGVkMDEyMw=="])
def test_of_credentials_the_scheme_stays(scheme: str, header: str, secret: str) -> None:
    shown = masking.header(header, f"{scheme} {secret}")

    assert shown.startswith(f"{scheme} ")
    assert [] == _leaks(shown)
    assert secret[13:] not in shown


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Authorization", "planted0123"),
        ("Cookie", "session=planted0123"),
        ("Set-Cookie", "session=planted0123; Path=/"),
        ("apikey", "planted0123"),
        ("X-Api-Key", "planted0123"),
        ("X-Auth-Token", "planted0123"),
        ("Location", "https://a.example/?access_token=planted0123&next=1"),
    ],
)
def test_a_header_that_is_a_secret_is_masked(header: str, value: str) -> None:
    assert [] == _leaks(masking.header(header, value))


def test_of_an_api_key_the_beginning_stays() -> None:
    assert "Bearer nxc_live_pla..." == masking.header("Authorization", f"Bearer {KEY}")


@pytest.mark.parametrize(
    "name", ["password", "refresh_token", "access_token", "secret", "token", "apikey", "Password", "apiKey"]
)
@pytest.mark.parametrize(
    "value",
    [PASSWORD, f'a "{PASSWORD}" b', 1234567, True, ["planted horse"], {"a": {"b": [PASSWORD]}}],
    ids=["text", "quotes", "number", "boolean", "array", "object"],
)
def test_a_member_with_a_secrets_name_is_masked_with_all_that_is_in_it(name: str, value: Any) -> None:
    body = {"before": 1.50, name: value, "after": "seen"}
    shown = masking.body(json.dumps(body, indent=1), "application/json")

    assert [] == _leaks(shown)
    assert "1234567" not in shown
    assert "true" not in shown
    assert ['"before": 1.5', '"after": "seen"'] == [part for part in ('"before": 1.5', '"after": "seen"') if part in shown]


@pytest.mark.parametrize(
    "body",
    [
        r'{"p\u0061ssword": "planted horse"}',
        '{"password"  :  "planted horse"}',
        '{"password": "planted horse',
        '{"password": "planted horse\\',
        '{"password": {"a": "planted horse',
        '{"password": ["planted horse"',
        r'{"sku": "nxc\u005flive_planted_0123"}',
        r'{"note": "line\nnxc_live_planted_0123"}',
        "password=planted0123&x=1",
        "no JSON: nxs_planted0123",
        '"nxs_planted0123',
        'it"s nxs_planted0123',
        '{"a": nxs_planted0123}',
        '{"password": "x", "token": "planted horse", "secret": "planted horse"}',
    ],
)
def test_a_body_is_masked_though_it_is_cut_escaped_or_no_json(body: str) -> None:
    assert [] == _leaks(masking.body(body, "application/json"))


@pytest.mark.parametrize(
    "body", ['{"a": [1, {"b": null}], "c": "d\\n"}', "", "plain text", '{"a":"}{", "b": 1.50}', "[}", '{"x": "ü"}']
)
def test_what_is_no_secret_stays_as_it_was(body: str) -> None:
    assert body == masking.body(body, "application/json")


@pytest.mark.parametrize(
    "given", ["password=planted+horse&x=1", "x=1&access%5Ftoken=planted%20horse", "a=nxc%5Flive_planted_0123"]
)
def test_a_query_and_a_form_are_masked(given: str) -> None:
    assert [] == _leaks(masking.query(given)) + _leaks(
        masking.body(given, "application/x-www-form-urlencoded; charset=utf-8")
    )


def test_a_path_is_masked_though_it_is_encoded() -> None:
    assert "/api/products/nxc_live_pla..." == masking.path("/api/products/nxc%5Flive_planted_0123")
    assert "/api/products/a%20b" == masking.path("/api/products/a%20b")


def test_a_body_that_the_log_has_cut_is_masked(inside: Inside) -> None:
    """The end of the string is not there."""
    inside.call("POST", "/api/products", json={"sku": "X" * (KEPT - 40), "password": PASSWORD + "!" * 100})
    seen = entry(inside)

    assert seen["request"]["truncated"]
    assert [] == _leaks(seen)


def test_a_login_is_logged_without_its_password_and_its_tokens(inside: Inside) -> None:
    email, password = "owner@growth.example", "nexus-mock"
    answer = inside.call("POST", "/auth/v1/token?grant_type=password", key=None, json={"email": email, "password": password})
    granted = answer.json()
    shown = json.dumps([entry(inside), entries(inside)])

    assert 200 == answer.status_code
    assert [] == [secret for secret in (password, granted["access_token"], granted["refresh_token"]) if secret in shown]
    assert email in shown


def test_a_curl_line_has_no_secret_but_the_place_for_it(inside: Inside) -> None:
    inside.call("POST", "/api/products", json={"sku": "it's", "title": "$HOME `x`", "price": 1, "token": "planted0123"})
    line = entry(inside)["curl"]

    assert '-H "Authorization: Bearer $NEXUS_TOKEN"' in line
    assert [] == _leaks(line)


def test_the_message_of_a_refusal_is_masked(inside: Inside) -> None:
    """It names the path."""
    inside.call("GET", f"/api/nowhere/{KEY}")

    assert [] == _leaks(entries(inside))
    assert 200 == control(inside, "GET", "/requests").status_code


def test_a_body_that_is_made_to_be_slow_is_masked_as_fast_as_any() -> None:
    """What might begin a token at every second character took half a minute, in which the mock answered nobody."""
    started = time.perf_counter()

    masking.text("ey" * (KEPT // 2))
    masking.text("eyabcdef." * (KEPT // 9))

    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("before", ["", "v1.", "x", "Bearer_", "a.b.", "key-", "ey.", "ey"])
def test_a_jwt_is_masked_whatever_stands_before_it(before: str) -> None:
    shown = masking.text(f"{before}{JWT} and {before}{JWT}")

    assert [] == _leaks(shown)
    assert "eyJ" not in shown


@pytest.mark.parametrize("secret", TOKENS)
def test_a_token_is_masked_in_the_servers_own_output_too(inside: Inside, caplog: Any, secret: str) -> None:
    with caplog.at_level("INFO", "mockserver"):
        inside.call("GET", f"/api/products/{secret}", headers={"X-Request-ID": secret})
        inside.call("GET", f"/api/%6eothing/{secret}")

    lines = [record.visit for record in caplog.records if hasattr(record, "visit")]
    assert 2 == len(lines)
    assert [] == _leaks(lines)
