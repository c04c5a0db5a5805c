"""Who is calling: a bearer token becomes a Principal, or a refusal that is kept for its place in the order."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network

from mockserver.domain import instants
from mockserver.domain.clocks import Clocks
from mockserver.domain.credentials import PREFIX, digest, key_id
from mockserver.domain.errors import ApiError
from mockserver.store.platform import Platform
from mockserver.tokens import Tokens
from nexuscommerce.contract import Contract, Plan

_KEY = re.compile(PREFIX + r"[A-Za-z0-9_-]{1,200}")
_JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BEARER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller with valid credentials. `counter` names its rate-limit counter, `name` may stand in a log, `now` is the time
    in its tenant's world."""

    name: str
    tenant_id: str
    now: datetime
    scopes: frozenset[str]
    counter: str
    plan: Plan

    def may(self, alternatives: tuple[str, ...]) -> bool:
        """Whether any one of the scopes is held; `*` holds all."""
        return "*" in self.scopes or not self.scopes.isdisjoint(alternatives)

    @property
    def key_id(self) -> str:
        """The id of the API key; empty for a user."""
        kind, _, name = self.counter.partition(":")
        return key_id(name) if kind == "key" else ""


class Doorman:
    """Knows every token: API keys by their digest, JWTs by their signature and the user whom they name."""

    def __init__(self, platform: Platform, tokens: Tokens, contract: Contract, clocks: Clocks) -> None:
        self._platform = platform
        self._clocks = clocks
        self._tokens = tokens
        self._plans = contract.plans
        self._roles = contract.roles

    def identify(self, authorization: str | None, address: str) -> Principal:
        """The caller, or the first refusal of: UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED, IP_NOT_ALLOWED."""
        scheme = (authorization or "").split(" ", 1)[0].lower()
        if scheme != "bearer":
            raise ApiError("UNAUTHENTICATED")
        found = _BEARER.fullmatch(authorization or "")
        token = found[1] if found else ""
        if _KEY.fullmatch(token):
            return self._by_key(token, address)
        if _JWT.fullmatch(token):
            return self._by_jwt(token)
        raise ApiError("TOKEN_INVALID")

    def _by_key(self, token: str, address: str) -> Principal:
        name = digest(token)
        key = self._platform.key(name)
        if key is None or not hmac.compare_digest(key.digest, name):
            raise ApiError("TOKEN_INVALID")
        now = self._clocks.now(key.tenant_id)
        if key.revoked_at and key.revoked_at <= instants.text(now):
            raise ApiError("TOKEN_INVALID")
        if key.expires_at and key.expires_at <= instants.text(now):
            raise ApiError("TOKEN_EXPIRED")
        if key.allowlist and not _inside(address, key.allowlist):
            raise ApiError("IP_NOT_ALLOWED")
        plan = self._plans[key.plan]
        if key.plan == "enterprise" and key.per_minute and key.per_hour:
            plan = Plan(key.per_minute, key.per_hour)
        return Principal(f"key {name[:8]}", key.tenant_id, now, frozenset(key.scopes), f"key:{name}", plan)

    def _by_jwt(self, token: str) -> Principal:
        """The role is the member's own, read anew with each request: a change takes effect at the next one."""
        claims = self._tokens.claims(token)
        user = self._platform.user(claims["sub"]) if _UUID.fullmatch(str(claims.get("sub"))) else None
        metadata = claims.get("app_metadata")
        claimed = metadata.get("tenant_id") if isinstance(metadata, Mapping) else None
        now = self._clocks.now(user.tenant_id if user else "")
        self._tokens.require_in_force(claims, now)
        if user is None or user.tenant_id != claimed:
            raise ApiError("TOKEN_INVALID")
        counter = f"user:{user.tenant_id}:{user.id}"
        scopes = frozenset(self._roles[user.role])
        return Principal(f"user {user.id}", user.tenant_id, now, scopes, counter, self._plans[user.plan])


def _inside(address: str, networks: list[str]) -> bool:
    try:
        caller = ip_address(address)
    except ValueError:  # a caller on a Unix socket has no address, so no allowlist holds it
        return False
    return any(caller in ip_network(network) for network in networks)
