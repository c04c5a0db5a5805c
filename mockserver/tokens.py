"""Users' tokens: JWTs as Supabase Auth issues them, ES256 with a published key (JWKS) and 24 hours of life."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import ECKey, KeySet

from mockserver import profiles
from mockserver.domain import instants
from mockserver.domain.errors import ApiError

if TYPE_CHECKING:
    from mockserver.store.sessions import Session

ALGORITHM = "ES256"
LIFETIME = timedelta(hours=24)


class Tokens:
    """Issues and reads the tokens of one issuer. The clock is an argument, so that tests and sandboxes can turn it."""

    def __init__(self, issuer: str, signing_key: Mapping[str, Any]) -> None:
        self._issuer = issuer
        self._key = ECKey.import_key(dict(signing_key))
        self._public = KeySet([ECKey.import_key(self._key.as_dict(private=False))])

    def jwks(self) -> dict[str, Any]:
        """The public key, as a JWK set (RFC 7517)."""
        return dict(self._public.as_dict(private=False))

    def issue(
        self,
        user: Mapping[str, Any],
        tenant: str,
        now: datetime,
        lifetime: timedelta = LIFETIME,
        session: Session | None = None,
    ) -> str:
        """A token of the user in the tenant, and of a session if it came of a login. With a negative lifetime it has
        expired already."""
        issued = int(min(now, now + lifetime).timestamp())
        claims = {
            "iss": self._issuer,
            "aud": profiles.AUDIENCE,
            "sub": user["id"],
            "iat": issued,
            "exp": int((now + lifetime).timestamp()),
            "role": profiles.ROLE,
            "email": user["email"],
            "phone": "",
            "app_metadata": profiles.app_metadata(user, tenant),
            "user_metadata": profiles.user_metadata(user),
            "is_anonymous": False,
        }
        if session:
            password = {"method": "password", "timestamp": int(instants.parse(session.created_at).timestamp())}
            claims |= {"session_id": session.id, "aal": "aal1", "amr": [password]}
        return jwt.encode({"alg": ALGORITHM, "kid": self._key.kid}, claims, self._key)

    def read(self, token: str, now: datetime) -> Mapping[str, Any]:
        """The claims of a token that is ours and in force. Raises ApiError TOKEN_INVALID or TOKEN_EXPIRED.

        Only ES256 is accepted whatever the token says of itself (RFC 8725 §3.1), with the key that `kid` names.
        """
        claims = self.claims(token)
        self.require_in_force(claims, now)
        return claims

    def claims(self, token: str) -> Mapping[str, Any]:
        """What a token says that we have signed, in force or not. Raises ApiError TOKEN_INVALID."""
        try:
            return jwt.decode(token, self._public, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError, TypeError, KeyError):
            raise ApiError("TOKEN_INVALID") from None

    def require_in_force(self, claims: Mapping[str, Any], now: datetime) -> None:
        """Whether the claims are those of our tokens, and now is their time. Raises as `read` does."""
        rules = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": profiles.AUDIENCE},
            sub={"essential": True},
            exp={"essential": True},
        )
        try:
            rules.validate(dict(claims))
        except ExpiredTokenError:
            raise ApiError("TOKEN_EXPIRED") from None
        except (JoseError, ValueError, TypeError, KeyError):
            raise ApiError("TOKEN_INVALID") from None
