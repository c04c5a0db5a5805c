"""One request on its way through the mock, and the checks that stand before its operation."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from starlette.datastructures import Headers

from mockserver.auth import Doorman, Principal
from mockserver.body import Body
from mockserver.connection import Connection
from mockserver.domain.clocks import Clocks
from mockserver.domain.errors import ApiError
from mockserver.quotas import Quota, Quotas
from mockserver.store.aside import Aside
from nexuscommerce.contract import Contract, Operation, Plan

log = logging.getLogger("mockserver")

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Guest(NamedTuple):
    """Who may turn the mock (`/_sandbox`): one world, all of them (None), or nothing ("")."""

    world: str | None


OPERATOR, NOBODY = Guest(None), Guest("")


@dataclass(slots=True)
class Visit:
    """What is known of a request so far. `refused` is what its credentials were refused for, kept for its turn;
    `page` is true outside the API, where `guest` may turn the mock; `now` is the time in the caller's world, which stands
    still if it is `held`. `error` is the refusal that was answered, `fault` the fault that was applied (or `prefer`),
    `spoiled` how it spoils the answer's body, `preferred` the preferences that were followed."""

    request_id: str
    method: str
    path: str
    raw_path: str
    scheme: str
    headers: Headers
    address: str
    now: datetime
    body: Body
    operation: Operation | None = None
    principal: Principal | None = None
    refused: ApiError | None = None
    quota: Quota | None = None
    tenant: str = ""
    page: bool = False
    query: bytes = b""
    connection: Connection | None = None
    error: ApiError | None = None
    fault: str = ""
    spoiled: str = ""
    preferred: str = ""
    guest: Guest | None = None
    held: bool = False


class Gate:
    """Identifies and counts a caller once, and refuses in the order of `x-refusals`."""

    def __init__(
        self, doorman: Doorman, quotas: Quotas, contract: Contract, clocks: Clocks, anonymous_per_minute: int, aside: Aside
    ) -> None:
        self._aside = aside
        self._doorman = doorman
        self._clocks = clocks
        self._quotas = quotas
        plan = contract.plan_without_credentials
        self._anonymous = Plan(anonymous_per_minute, anonymous_per_minute * 60) if anonymous_per_minute else plan

    async def count(self, visit: Visit) -> Quota:
        """Identify the caller and count the request; once, however often it is asked."""
        if visit.quota is None:
            visit.quota = await self._aside(self._taken, visit)
        return visit.quota

    async def look(self, visit: Visit) -> Quota:
        """The quota of a request that counts nothing."""
        return await self._aside(self._seen, visit)

    async def admit(self, visit: Visit) -> None:
        """Every check between the route and the body."""
        await self.count(visit)
        for check in _CHECKS:
            check(visit)

    def _taken(self, visit: Visit) -> Quota:
        self._identify(visit)
        return self._quotas.take(*self._counter(visit), visit.now.timestamp(), held=visit.held)

    def _seen(self, visit: Visit) -> Quota:
        self._identify(visit)
        return self._quotas.look(*self._counter(visit), visit.now.timestamp())

    def _identify(self, visit: Visit) -> None:
        try:
            visit.now = self._clocks.now()
            tokens = visit.headers.getlist("authorization")
            if len(tokens) > 1:
                raise ApiError("TOKEN_INVALID")
            visit.principal = self._doorman.identify(tokens[0] if tokens else None, visit.address)
            visit.now = visit.principal.now
            visit.held = self._clocks.is_frozen(visit.principal.tenant_id)
        except ApiError as refusal:
            visit.refused = refusal
        except Exception:  # the answer's headers need a quota even when the store of keys has failed
            log.exception("request %s: its credentials could not be looked up", visit.request_id)
            visit.refused = ApiError("INTERNAL_ERROR")

    def _counter(self, visit: Visit) -> tuple[str, Plan]:
        """A stranger who holds a key outside its allowlist counts by address: he cannot use up its owner's quota."""
        caller = visit.principal
        return (caller.counter, caller.plan) if caller else (f"address:{visit.address}", self._anonymous)


def _credentials(visit: Visit) -> None:
    if visit.refused:
        raise visit.refused


def _rate_limit(visit: Visit) -> None:
    quota = visit.quota
    if quota and quota.wait and not quota.window:
        raise ApiError("SERVICE_UNAVAILABLE", headers={"Retry-After": str(quota.wait)})
    if quota and quota.wait:
        raise ApiError("RATE_LIMITED", headers={"Retry-After": str(quota.wait)}, limit=quota.limit, window=quota.window)


def _tenant(visit: Visit) -> None:
    given = visit.headers.getlist("x-tenant-id")
    if not given:
        raise ApiError("TENANT_HEADER_MISSING")
    if len(given) > 1 or not _UUID.fullmatch(given[0]):
        raise ApiError("TENANT_HEADER_INVALID")
    visit.tenant = given[0].lower()


def _tenant_access(visit: Visit) -> None:
    if visit.principal is None or visit.principal.tenant_id != visit.tenant:
        raise ApiError("TENANT_ACCESS_DENIED")


def _scope(visit: Visit) -> None:
    needed = visit.operation.scopes if visit.operation else ()
    if visit.principal is None or not visit.principal.may(needed):
        granted = sorted(visit.principal.scopes) if visit.principal else []
        details = {"required": list(needed), "granted": granted}
        raise ApiError("INSUFFICIENT_SCOPE", details, scope=" or ".join(needed))


_CHECKS: tuple[Callable[[Visit], None], ...] = (_credentials, _rate_limit, _tenant, _tenant_access, _scope)
