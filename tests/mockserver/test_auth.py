"""Keys and JWTs: who may do what, from where, and until when."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from mockserver.tokens import Tokens
from nexuscommerce.contract import Contract
from tests.inside import START, Inside

PATHS = {"{sku}": "SKU-001", "{orderId}": "ord_01HXK9MZPQ3B8C7D2E5F6G"}


def _code(response: Any) -> tuple[int, str]:
    return response.status_code, response.json().get("error", {}).get("code", "")


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("full", (200, "")),
        ("reader", (200, "")),
        ("products-only", (200, "")),
        ("local", (200, "")),
        ("expired", (401, "TOKEN_EXPIRED")),
        ("revoked", (401, "TOKEN_INVALID")),
        ("elsewhere", (403, "IP_NOT_ALLOWED")),
    ],
)
def test_each_fixture_key_is_what_its_name_says(inside: Inside, key: str, expected: tuple[int, str]) -> None:
    assert expected == _code(inside.call("GET", "/api/products", key=key))


def test_a_key_expires_at_its_instant(inside: Inside) -> None:
    """`expired` ended with 2025: a millisecond earlier it was good."""
    inside.clock.now = START.replace(year=2025, month=12, day=31, hour=23, minute=59, second=59, microsecond=998_000)
    before = inside.call("GET", "/api/products", key="expired")
    inside.clock.advance(milliseconds=1)
    after = inside.call("GET", "/api/products", key="expired")

    assert [(200, ""), (401, "TOKEN_EXPIRED")] == [_code(before), _code(after)]


def test_a_caller_cannot_choose_the_address_that_an_allowlist_sees(inside: Inside) -> None:
    """X-Forwarded-For and its kin are anybody's to write."""
    claims = dict.fromkeys(("X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP"), "192.0.2.1")

    assert (403, "IP_NOT_ALLOWED") == _code(inside.call("GET", "/api/products", key="elsewhere", headers=claims))


@pytest.mark.parametrize(
    ("address", "status"), [("192.0.2.77", 200), ("192.0.3.1", 403), ("::1", 403), ("", 403), ("testserver", 403)]
)
def test_an_allowlist_is_of_networks(inside: Inside, address: str, status: int) -> None:
    inside.address = address

    assert status == inside.call("GET", "/api/products", key="elsewhere").status_code


def test_every_operation_refuses_a_key_without_its_scope(inside: Inside, contract: Contract) -> None:
    """Connexion's own bearer function never learns the scopes and lets everyone in."""
    seen = {}
    for operation in contract.operations.values():
        if operation.scopes:
            path = "/api" + "".join(PATHS.get(part, part) for part in operation.path.replace("/", " / ").split())
            seen[operation.id] = _code(inside.call(operation.method, path, key="nothing", tenant=3, json={}))

    assert dict.fromkeys(seen, (403, "INSUFFICIENT_SCOPE")) == seen
    assert len(seen) == len(contract.operations) - 1


def test_writing_does_not_imply_reading_and_the_refusal_says_what_is_missing(inside: Inside) -> None:
    response = inside.call("GET", "/api/products", key="writer", tenant=3)

    details = {
        "required": ["products:read"],
        "granted": ["ai-jobs:write", "inventory:write", "orders:write", "pricing:write", "products:write"],
    }
    assert (403, details) == (response.status_code, response.json()["error"]["details"])
    assert 'Bearer error="insufficient_scope"' == response.headers["WWW-Authenticate"]


@pytest.mark.state_file
def test_keys_are_not_in_the_state_file(inside: Inside, tmp_path: Path) -> None:
    """Only their SHA-256 is: who reads the file cannot call the API."""
    files = [path.read_bytes() for path in tmp_path.iterdir()]
    keys = [row["key"].encode() for tenant in inside.world.tenants for row in tenant["keys"]]

    assert any(b"SKU-001" in raw for raw in files)
    assert [] == [key for key in keys if any(key in raw for raw in files)]


# JWTs


def _user(inside: Inside, role: str = "owner", tenant: int = 0) -> dict[str, Any]:
    return next(dict(user) for user in inside.world.tenants[tenant]["users"] if user["role"] == role)


def _token(inside: Inside, role: str = "owner", tenant: int = 0, **options: Any) -> str:
    tokens = Tokens(inside.world.issuer, inside.world.signing_key)
    return tokens.issue(_user(inside, role, tenant), inside.world.tenants[tenant]["id"], inside.clock(), **options)


@pytest.mark.parametrize(
    ("role", "read", "write"), [("owner", 200, 201), ("admin", 200, 201), ("manager", 200, 201), ("viewer", 200, 403)]
)
def test_roles_are_scopes(inside: Inside, role: str, read: int, write: int) -> None:
    """settings/team: a viewer reads everywhere, a manager reads and writes."""
    token = _token(inside, role)
    product = {"sku": f"BY-{role}", "title": "x", "price": 1}

    statuses = [
        inside.call("GET", "/api/products", token=token).status_code,
        inside.call("POST", "/api/products", token=token, json=product).status_code,
    ]

    assert [200, write] == statuses


def test_a_jwt_lives_for_24_hours(inside: Inside) -> None:
    token = _token(inside)
    inside.clock.advance(hours=24, seconds=-1)
    before = inside.call("GET", "/api/products", token=token)
    inside.clock.advance(seconds=1)
    after = inside.call("GET", "/api/products", token=token)

    assert [(200, ""), (401, "TOKEN_EXPIRED")] == [_code(before), _code(after)]


def _signed(inside: Inside, claims: dict[str, Any], header: dict[str, Any] | None = None, key: Any = None) -> str:
    key = key or ECKey.import_key(dict(inside.world.signing_key))
    header = header or {"alg": "ES256", "kid": inside.world.signing_key["kid"]}
    return jwt.encode(header, claims, key, algorithms=["ES256", "HS256", "none"])


def _claims(inside: Inside, **changes: Any) -> dict[str, Any]:
    payload = _token(inside).split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return {name: value for name, value in (claims | changes).items() if value is not None}


def _second(hours: float) -> int:
    return int((START + timedelta(hours=hours)).timestamp())


Forgery = Callable[[Inside], str]
FORGERIES: dict[str, Forgery] = {
    "another issuer": lambda m: _signed(m, _claims(m, iss="https://evil.example/auth/v1")),
    "no issuer": lambda m: _signed(m, _claims(m, iss=None)),
    "another audience": lambda m: _signed(m, _claims(m, aud="anon")),
    "no audience": lambda m: _signed(m, _claims(m, aud=None)),
    "no subject": lambda m: _signed(m, _claims(m, sub=None)),
    "an unknown subject": lambda m: _signed(m, _claims(m, sub="00000000-0000-4000-8000-000000000000")),
    "a subject that is no UUID": lambda m: _signed(m, _claims(m, sub="\x00")),
    "a subject that is a list": lambda m: _signed(m, _claims(m, sub=["x"])),
    "another tenant's member": lambda m: _signed(m, _claims(m, sub=_user(m, tenant=1)["id"])),
    "no tenant": lambda m: _signed(m, _claims(m, app_metadata={})),
    "no metadata": lambda m: _signed(m, _claims(m, app_metadata="x")),
    "no expiry": lambda m: _signed(m, _claims(m, exp=None)),
    "an expiry that is text": lambda m: _signed(m, _claims(m, exp="tomorrow")),
    "not yet": lambda m: _signed(m, _claims(m, nbf=_second(1))),
    "issued in the future": lambda m: _signed(m, _claims(m, iat=_second(1))),
    "another key": lambda m: _signed(m, _claims(m), key=ECKey.generate_key("P-256", {"kid": m.world.signing_key["kid"]})),
    "an unknown kid": lambda m: _signed(m, _claims(m), {"alg": "ES256", "kid": "x"}),
    "HS256 with the public key": lambda m: _signed(
        m, _claims(m), {"alg": "HS256", "kid": m.world.signing_key["kid"]}, _as_secret(m)
    ),
    "alg none": lambda m: _unsigned(m),
    "a signature cut off": lambda m: _token(m).rsplit(".", 1)[0] + ".AA",
    "another payload": lambda m: _swapped_payload(m),
}


def _as_secret(inside: Inside) -> OctKey:
    public = ECKey.import_key(dict(inside.world.signing_key)).as_dict(private=False)
    return OctKey.import_key(json.dumps(public))


def _encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def _unsigned(inside: Inside) -> str:
    return f"{_encoded({'alg': 'none', 'typ': 'JWT'})}.{_encoded(_claims(inside))}.AA"


def _swapped_payload(inside: Inside) -> str:
    head, _, signature = _token(inside).split(".")
    return f"{head}.{_encoded(_claims(inside, sub=_user(inside, 'admin')['id']))}.{signature}"


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_jwt_is_invalid(inside: Inside, name: str) -> None:
    """RFC 8725: algorithm, signature, issuer, audience, expiry and not-before are all checked."""
    assert (401, "TOKEN_INVALID") == _code(inside.call("GET", "/api/products", token=FORGERIES[name](inside)))


def test_the_published_key_verifies_the_tokens_and_has_no_private_part(inside: Inside) -> None:
    jwks = inside.call("GET", "/auth/v1/.well-known/jwks.json", key=None).json()

    assert ["ES256"] == [key["alg"] for key in jwks["keys"]]
    assert "d" not in jwks["keys"][0]
    assert jwt.decode(_token(inside), ECKey.import_key(jwks["keys"][0]), algorithms=["ES256"]).claims["email"]


def test_a_user_of_one_tenant_has_no_access_to_another(inside: Inside) -> None:
    response = inside.call("GET", "/api/products", token=_token(inside, tenant=1))

    assert (403, "TENANT_ACCESS_DENIED") == _code(response)
