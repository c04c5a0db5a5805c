"""Who asks: an API key, a user, or nobody known."""

from __future__ import annotations

import ipaddress
import time
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from tests.second import instants
from tests.second.document import Document
from tests.second.refusals import Refusal
from tests.second.store import Key, Store

STRANGE = "This token opens nothing"


@dataclass(frozen=True)
class Caller:
    """Whoever a request is counted for, and what it may do."""

    name: tuple[str, ...]
    per_minute: int
    per_hour: int
    tenant: str = ""
    scopes: tuple[str, ...] = ()
    refusal: Refusal | None = None
    """Why it is nobody; told when its turn has come."""

    def may(self, alternatives: tuple[frozenset[str], ...]) -> bool:
        """Whether its scopes suffice for one of the alternatives."""
        return any("*" in self.scopes or wanted <= set(self.scopes) for wanted in alternatives)


class Callers:
    """All keys and users of the world."""

    def __init__(self, store: Store, document: Document, manners: frozenset[str]) -> None:
        """Takes the public half of the world's key."""
        self._store = store
        self._manners = manners
        self._limits = document.limits
        self._roles = document.roles
        public = {name: value for name, value in store.signing_key.items() if name != "d"}
        self.public_keys = {"keys": [public]}
        self._key = ECKey.import_key(public)

    def identify(self, authorization: list[str], address: str) -> Caller:
        """Never refuses: that has to wait for its turn."""
        try:
            token = self._token(authorization)
            key = self._store.keys.get(token)
            return self._by_jwt(token) if key is None else self._by_key(token, key, address)
        except Refusal as why:
            return Caller(("address", address), *self._plan(self._limits["without_credentials"]), refusal=why)

    def _plan(self, name: str) -> tuple[int, int]:
        plan = self._limits["plans"][name]
        return plan["per_minute"], plan["per_hour"]

    def _token(self, authorization: list[str]) -> str:
        scheme, _, token = authorization[0].partition(" ") if authorization else ("", "", "")
        if scheme.lower() != "bearer" or not token.strip():
            message = "Who is asking? An Authorization header with a bearer token is missing"
            other = bool(token.strip()) and "basic-is-invalid" in self._manners
            raise Refusal(
                "UNAUTHENTICATED",
                message,
                WWW_Authenticate=self.challenge("invalid_token") if other else 'Bearer realm="second"',
            )
        if len(authorization) > 1:
            raise self._invalid("TOKEN_INVALID", "One token at a time")
        return token.strip()

    def _by_key(self, token: str, key: Key, address: str) -> Caller:
        row = key.row
        if row["revoked_at"] is not None:
            raise self._invalid("TOKEN_INVALID", STRANGE)
        if row["expires_at"] is not None and row["expires_at"] <= instants.now():
            raise self._invalid("TOKEN_EXPIRED", "This key was good once")
        place = ipaddress.ip_address(address)
        if row["allowlist"] and not any(place in ipaddress.ip_network(allowed) for allowed in row["allowlist"]):
            raise Refusal("IP_NOT_ALLOWED", f"{address} is not on this key's list")
        plan = self._store.tenants[key.tenant].plan
        own = row["rate_limit"] if plan == "enterprise" else None
        minute, hour = (own["per_minute"], own["per_hour"]) if own else self._plan(plan)
        return Caller(("key", token), minute, hour, tenant=key.tenant, scopes=tuple(row["scopes"]))

    def _by_jwt(self, token: str) -> Caller:
        try:
            claims: dict[str, Any] = jwt.decode(token, self._key, algorithms=["ES256"]).claims
        except (JoseError, ValueError, TypeError, KeyError) as why:
            raise self._invalid("TOKEN_INVALID", STRANGE) from why
        moment = time.time()
        ends: Any = claims.get("exp")
        begins: Any = claims.get("nbf", 0)
        subject = claims.get("sub")
        known = self._store.users.get(subject) if isinstance(subject, str) else None
        if known is None or claims.get("iss") != self._store.issuer or not _is_number(ends) or not _is_number(begins):
            raise self._invalid("TOKEN_INVALID", STRANGE)
        if begins > moment:
            raise self._invalid("TOKEN_INVALID", "This token is from the future")
        if ends <= moment:
            raise self._invalid("TOKEN_EXPIRED", "This session is over")
        tenant, role = known
        minute, hour = self._plan(self._store.tenants[tenant].plan)
        return Caller(("user", tenant, str(subject)), minute, hour, tenant=tenant, scopes=tuple(self._roles[role]))

    def _invalid(self, code: str, message: str) -> Refusal:
        told = f"{message}; API keys begin with nxc_live_" if "shown-prefix" in self._manners else message
        return Refusal(code, told, WWW_Authenticate=self.challenge("invalid_token"))

    def challenge(self, error: str) -> str:
        """The challenge of RFC 6750, with an error."""
        quote = "" if "bare-challenge" in self._manners else '"'
        return f'Bearer realm="second", error={quote}{error}{quote}'


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
