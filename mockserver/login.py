"""The login, as Supabase Auth answers it: what `@supabase/supabase-js` calls under /auth/v1 for it, and no more."""

from __future__ import annotations

import asyncio
import math
from typing import Any

from starlette.routing import Route

from mockserver.domain.clocks import SERVER, Clocks
from mockserver.domain.errors import ApiError
from mockserver.gotrue import Body, Query, Refused, body_of, endpoint, text_of
from mockserver.passwords import fits
from mockserver.profiles import profile
from mockserver.quotas import Quotas
from mockserver.store.database import Database
from mockserver.store.platform import User
from mockserver.store.sessions import SCOPES, Grant, Session
from mockserver.tokens import LIFETIME, Tokens
from mockserver.visit import Visit

_EXPIRED = "invalid JWT: unable to parse or verify signature, token is expired"
FAILURES, WINDOW = 30, 300  # failed logins of one address, in so many seconds of the clock


class Login:
    """Password and refresh grants, the user, the logout."""

    def __init__(self, database: Database, tokens: Tokens, quotas: Quotas, clocks: Clocks) -> None:
        self._clocks = clocks
        self._database = database
        self._aside = database.aside
        self._sessions = database.sessions
        self._tokens = tokens
        self._quotas = quotas
        self._grants = {"password": self._by_password, "refresh_token": self._by_refresh_token}
        self._one_at_a_time = asyncio.Lock()

    def routes(self) -> list[Route]:
        return [
            Route("/auth/v1/token", endpoint(self._token), methods=["POST"]),
            Route("/auth/v1/user", endpoint(self._user), methods=["GET"]),
            Route("/auth/v1/logout", endpoint(self._logout), methods=["POST"]),
        ]

    async def _token(self, visit: Visit, query: Query) -> dict[str, Any]:
        grant_by = self._grants.get(query.get("grant_type", ""))
        if grant_by is None:
            raise Refused("invalid_credentials", "unsupported_grant_type")  # GoTrue's own choice of code
        grant = await grant_by(visit, await body_of(visit))
        return await self._aside(self._session, grant, visit)

    async def _by_password(self, visit: Visit, body: Body) -> Grant:
        email, phone, password = text_of(body, "email"), text_of(body, "phone"), text_of(body, "password")
        if phone:
            raise Refused("phone_provider_disabled")
        if not email:
            raise Refused("validation_failed", "missing email or phone")
        return await self._aside(self._sessions.begin, await self._owner(visit, email, password), visit.now)

    async def _by_refresh_token(self, visit: Visit, body: Body) -> Grant:
        token = text_of(body, "refresh_token")
        if not token:
            raise Refused("validation_failed", "refresh_token required")
        return await self._aside(self._renewed, visit, token)

    def _renewed(self, visit: Visit, token: str) -> Grant:
        visit.now = self._clocks.now(self._sessions.tenant(token))
        return self._sessions.renew(token, visit.now)

    async def _owner(self, visit: Visit, email: str, password: str) -> str:
        """The id of the user whose address and password these are.

        argon2 takes 10 ms, in a thread, so that other requests go on; one login at a time, so that guesses sent all at once
        are counted like others.
        """
        counter = f"login:{visit.address}"
        async with self._one_at_a_time:
            now = (await self._aside(self._clocks.now)).timestamp()
            if await self._aside(self._quotas.counted, counter, WINDOW, now) >= FAILURES:
                raise Refused("over_request_rate_limit", wait=math.ceil(WINDOW - now % WINDOW))
            account = await self._aside(self._database.platform.account, email)
            is_right = account is not None and await asyncio.to_thread(fits, account.password_hash, password)
            if account is None or not is_right or account.email.casefold() != email.casefold():
                await self._aside(self._quotas.count, counter, WINDOW, now)
                raise Refused("invalid_credentials")
            visit.now = await self._aside(self._clocks.now, account.tenant_id)
            return account.id

    async def _user(self, visit: Visit, _: Query) -> dict[str, Any]:
        user, _session = await self._aside(self._caller, visit)
        return await self._aside(self._profile, user)

    async def _logout(self, visit: Visit, query: Query) -> None:
        """A token of no session ends them all, whatever the scope (as GoTrue does)."""
        user, session = await self._aside(self._caller, visit)
        scope = query.get("scope") or "global"
        if scope not in SCOPES:
            raise Refused("validation_failed", f'Unsupported logout scope "{scope[:100]}"')
        await self._aside(self._sessions.end, user.id, session.id if session else "", scope if session else "global")

    def _caller(self, visit: Visit) -> tuple[User, Session | None]:
        """Whose token it is, and of which session: a token of `nexus-mock token` has none."""
        scheme, _, token = visit.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Refused("no_authorization")
        try:
            claims = self._tokens.claims(token.strip())
            user = self._database.platform.user(str(claims.get("sub")))
            visit.now = self._clocks.now(user.tenant_id if user else SERVER)
            self._tokens.require_in_force(claims, visit.now)
        except ApiError as why:
            raise Refused("bad_jwt", _EXPIRED if why.code == "TOKEN_EXPIRED" else "") from None
        if user is None:
            raise Refused("user_not_found")
        if "session_id" not in claims:
            return user, None
        session = self._sessions.find(str(claims["session_id"]), user.id)
        if session is None:
            raise Refused("session_not_found")
        return user, session

    def _session(self, grant: Grant, visit: Visit) -> dict[str, Any]:
        user = self._database.platform.user(grant.session.user_id)
        if user is None:
            raise Refused("user_not_found")
        seconds = int(LIFETIME.total_seconds())
        return {
            "access_token": self._tokens.issue(user._asdict(), user.tenant_id, visit.now, session=grant.session),
            "token_type": "bearer",
            "expires_in": seconds,
            "expires_at": int(visit.now.timestamp()) + seconds,
            "refresh_token": grant.refresh_token,
            "user": self._profile(user),
        }

    def _profile(self, user: User) -> dict[str, Any]:
        return profile(user._asdict(), user.tenant_id, self._sessions.last_login(user.id))
