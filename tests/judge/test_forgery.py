"""The forgeries are what they claim: tokens whose signature does not fit."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from contract_tests import forgery

KEY = ECKey.generate_key("P-256", {"kid": "one"})
CLAIMS = {"sub": "x", "exp": 4102444800, "app_metadata": {"tenant_id": "mine"}}
TOKEN = jwt.encode({"alg": "ES256", "kid": "one"}, CLAIMS, KEY)
JWKS = {"keys": [KEY.as_dict(private=False)]}
FORGED = {
    "signature_changed": forgery.signature_changed(TOKEN),
    "signature_removed": forgery.signature_removed(TOKEN),
    "payload_changed": forgery.payload_changed(TOKEN),
    "algorithm_none": forgery.algorithm_none(TOKEN),
    "signed_with_public_key": forgery.signed_with_public_key(TOKEN, JWKS),
    "issued_for": forgery.issued_for(TOKEN, "theirs"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forgery_is_refused_by_a_good_verifier(name: str) -> None:
    assert FORGED[name] != TOKEN
    with pytest.raises((JoseError, ValueError)):
        jwt.decode(FORGED[name], KEY, algorithms=["ES256"])


def test_a_bad_verifier_takes_the_public_key_for_a_secret() -> None:
    """By hand: joserfc itself refuses a PEM as a secret."""
    signed, _, signature = FORGED["signed_with_public_key"].rpartition(".")
    expected = hmac.new(KEY.as_pem(private=False), signed.encode(), hashlib.sha256).digest()

    assert base64.urlsafe_b64decode(signature + "=") == expected
