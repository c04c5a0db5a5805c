"""JWTs that nobody issued: an issued one, changed in the ways that RFC 8725 warns of."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from joserfc.jwk import OctKey, import_key


def signature_changed(token: str) -> str:
    head, body, signature = token.split(".")
    middle = len(signature) // 2
    return f"{head}.{body}.{signature[:middle]}{'A' if signature[middle] != 'A' else 'B'}{signature[middle + 1 :]}"


def signature_removed(token: str) -> str:
    return token.rpartition(".")[0] + "."


def payload_changed(token: str) -> str:
    """The signature of another payload: the same claims for an hour longer."""
    head, body, signature = token.split(".")
    claims = _decoded(body)
    return f"{head}.{_encoded({**claims, 'exp': int(claims['exp']) + 3600})}.{signature}"


def algorithm_none(token: str) -> str:
    head, body, _ = token.split(".")
    return f"{_encoded({**_decoded(head), 'alg': 'none'})}.{body}."


def signed_with_public_key(token: str, jwks: Mapping[str, Any]) -> str:
    """HS256 with the published key as the secret: a server that takes the algorithm from the token verifies it."""
    head, body, _ = token.split(".")
    header = _decoded(head)
    key = next((key for key in jwks["keys"] if key.get("kid") == header.get("kid")), jwks["keys"][0])
    published = import_key(dict(key))
    assert not isinstance(published, OctKey), "expected the JWKS to publish public keys, got a secret"
    public = published.as_pem(private=False)
    signed = f"{_encoded({**header, 'alg': 'HS256'})}.{body}"
    return f"{signed}.{_base64(hmac.new(public, signed.encode(), hashlib.sha256).digest())}"


def issued_for(token: str, tenant: str) -> str:
    """The same claims with every tenant in them replaced, and the old signature."""
    head, body, signature = token.split(".")
    own = _decoded(body).get("app_metadata", {}).get("tenant_id", "")
    return f"{head}.{_encoded(json.loads(json.dumps(_decoded(body)).replace(own or tenant, tenant)))}.{signature}"


def _decoded(part: str) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return decoded


def _encoded(part: Mapping[str, Any]) -> str:
    return _base64(json.dumps(part).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
