"""Who may turn what: the sandbox's token opens everything, a world's token that world, and the loopback address needs none.

Without a token a browser is a danger: a page of any site could ask for it (cross-site requests), or have its own name lead
to 127.0.0.1 (DNS rebinding). So whoever needs no token must have called a loopback address by a loopback name, and a page
must be this server's own.
"""

from __future__ import annotations

import hmac
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from mockserver.domain.credentials import digest
from mockserver.domain.errors import ApiError
from mockserver.sandbox.origin import is_own
from mockserver.settings import Settings
from mockserver.store.worlds import Worlds
from mockserver.visit import OPERATOR, Guest, Visit
from nexuscommerce.contract import Operation

_LOCAL_NAMES = frozenset({"localhost", "localhost."})


class Access:
    """Knows the sandbox's token by its digest, and worlds' tokens by theirs."""

    def __init__(self, settings: Settings, worlds: Worlds) -> None:
        self._digest = digest(settings.sandbox_token)
        self._has_token = bool(settings.sandbox_token)
        self._public = settings.public
        self._self_service = settings.public and settings.self_service
        self._worlds = worlds

    def admit(self, visit: Visit, operation: Operation) -> Guest:
        """Let the caller in to this kind of operation (`x-scopes` of sandbox.yaml), or refuse. Which world it is about is
        judged when its path is read (`world`)."""
        (kind,) = operation.scopes
        guest = self._guest(visit)
        if guest is None:
            if kind == "self" and "authorization" not in visit.headers and self._public:
                if not self._self_service:
                    raise ApiError("SELF_SERVICE_OFF")
                return OPERATOR
            raise ApiError("UNAUTHENTICATED", headers={"WWW-Authenticate": "Bearer"})
        if guest.world is not None and kind in ("admin", "self"):
            raise ApiError("SANDBOX_ACCESS_DENIED")
        return guest

    def require_operator(self, visit: Visit) -> None:
        """Refuse whoever may not turn all of the mock."""
        guest = self._guest(visit)
        if guest is None:
            raise ApiError("UNAUTHENTICATED", headers={"WWW-Authenticate": "Bearer"})
        if guest != OPERATOR:
            denied = ApiError("SANDBOX_ACCESS_DENIED")
            denied.status = 403  # no document of the API has it
            raise denied

    def authenticate(self, token: str) -> Guest | None:
        """Whom a token lets in."""
        name = digest(token)
        if self._has_token and hmac.compare_digest(name, self._digest):
            return OPERATOR
        world = self._worlds.opened_by(name)
        return Guest(world) if world else None

    def needs_no_token(self, headers: Headers, address: str) -> bool:
        host = headers.get("host", "")
        return not self._public and _is_loopback(address) and _is_local(host) and is_own(headers, host)

    def _guest(self, visit: Visit) -> Guest | None:
        given = visit.headers.get("authorization")
        if given is None:
            return OPERATOR if self.needs_no_token(visit.headers, visit.address) else None
        scheme, _, token = given.partition(" ")
        guest = self.authenticate(token.strip()) if scheme.lower() == "bearer" else None
        if guest is None:
            raise ApiError("TOKEN_INVALID", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
        return guest


def _is_loopback(address: str) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address == ""  # a Unix socket
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback


def _is_local(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name in _LOCAL_NAMES or (name != "" and _is_loopback(name))
