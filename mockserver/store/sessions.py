"""Logins: a session for each, and the refresh tokens that keep it going, each of them good for one use.

As Supabase Auth keeps them, but for two things. Tokens are stored as SHA-256 only, so a token that is used again within
REUSE is answered with a new one of the same session, and not with the one that its first use was answered with. And a
token that is used again later always ends its family, even if nobody has used the tokens that came of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol
from uuid import uuid4

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Table,
    bindparam,
    delete,
    func,
    select,
    update,
)

from mockserver.domain import instants
from mockserver.domain.credentials import digest
from mockserver.store.columns import chars, instant, metadata
from mockserver.store.tables import users

REUSE = timedelta(seconds=10)  # two tabs of one browser may send the same token
INACTIVITY = timedelta(hours=24)  # docs/settings/team: sessions "expire after 24 hours of inactivity"
_LONG_AGO = "1970-01-01T00:00:00.000Z"
_REUSED = "refresh_token_already_used"

sessions = Table(
    "sessions",
    metadata,
    Column("id", chars(36), primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False, index=True),
    instant("created_at", nullable=False),
    instant("refreshed_at", nullable=False),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("digest", chars(64), primary_key=True),
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False, index=True),
    instant("used_at"),
)


class Session(NamedTuple):
    """A login: of whom, and since when."""

    id: str
    user_id: str
    created_at: str


class Grant(NamedTuple):
    """A session, and the token that it goes on with. The token itself is nowhere else."""

    session: Session
    refresh_token: str


class UnusableToken(Exception):
    """A refresh token that grants nothing. `code`: refresh_token_not_found, session_expired, refresh_token_already_used."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Transaction(Protocol):
    """Database.transaction."""

    def __call__(self, *, writes: bool) -> AbstractContextManager[Connection]: ...


_SESSION = [sessions.c[name] for name in Session._fields]
_FOUND = select(*_SESSION).where(sessions.c.id == bindparam("id"), sessions.c.user_id == bindparam("user"))
_LAST = select(func.max(sessions.c.created_at)).where(sessions.c.user_id == bindparam("user"))
_GRANTED = (
    select(*_SESSION, sessions.c.refreshed_at, refresh_tokens.c.used_at)
    .join(refresh_tokens, refresh_tokens.c.session_id == sessions.c.id)
    .where(refresh_tokens.c.digest == bindparam("digest"))
)
_TENANT = (
    select(users.c.tenant_id)
    .join(sessions, sessions.c.user_id == users.c.id)
    .join(refresh_tokens, refresh_tokens.c.session_id == sessions.c.id)
    .where(refresh_tokens.c.digest == bindparam("digest"))
)
_AT: BindParameter[str] = bindparam("at")
_REFRESHED = update(sessions).where(sessions.c.id == bindparam("session")).values(refreshed_at=_AT)
_USED = update(refresh_tokens).where(refresh_tokens.c.digest == bindparam("name")).values(used_at=_AT)
_FAMILY_USED = update(refresh_tokens).where(refresh_tokens.c.session_id == bindparam("session")).values(used_at=_AT)

# What a logout ends, of all the user's sessions.
_ENDED: dict[str, Callable[[str], ColumnElement[bool]]] = {
    "global": lambda own: sessions.c.id.is_not(None),
    "local": lambda own: sessions.c.id == own,
    "others": lambda own: sessions.c.id != own,
}
SCOPES = tuple(_ENDED)


class Sessions:
    """All sessions of all users."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def begin(self, user_id: str, now: datetime) -> Grant:
        """A new session of the user."""
        at = instants.text(now)
        session = Session(str(uuid4()), user_id, at)
        with self._transaction(writes=True) as connection:
            connection.execute(sessions.insert(), session._asdict() | {"refreshed_at": at})
            return Grant(session, _new_token(connection, session.id))

    def renew(self, token: str, now: datetime) -> Grant:
        """Use a refresh token up for the next one. Raises UnusableToken.

        One that comes again after REUSE has been stolen, or its answer has: no token of its session is good any longer.
        """
        name, at = digest(token), instants.text(now)
        with self._transaction(writes=True) as connection:
            found = connection.execute(_GRANTED, {"digest": name}).first()
            refusal = _refusal(found, now)
            if found is not None and not refusal:
                connection.execute(_USED, {"name": name, "at": found.used_at or at})
                connection.execute(_REFRESHED, {"session": found.id, "at": at})
                return Grant(Session(*found[:3]), _new_token(connection, found.id))
            if found is not None and refusal == _REUSED:
                connection.execute(_FAMILY_USED, {"session": found.id, "at": _LONG_AGO})
        raise UnusableToken(refusal)

    def tenant(self, token: str) -> str:
        """Whose user a refresh token is of; empty if there is no such token."""
        with self._transaction(writes=False) as connection:
            return connection.execute(_TENANT, {"digest": digest(token)}).scalar() or ""

    def find(self, session_id: str, user_id: str) -> Session | None:
        """The user's session of this id, unless it has ended."""
        with self._transaction(writes=False) as connection:
            row = connection.execute(_FOUND, {"id": session_id, "user": user_id}).first()
        return Session(*row) if row else None

    def last_login(self, user_id: str) -> str | None:
        """When the latest of the user's sessions began."""
        with self._transaction(writes=False) as connection:
            return connection.execute(_LAST, {"user": user_id}).scalar()

    def end(self, user_id: str, session_id: str, scope: str) -> None:
        """End the session (`local`), the user's other sessions (`others`), or all of them (`global`)."""
        with self._transaction(writes=True) as connection:
            connection.execute(delete(sessions).where(sessions.c.user_id == user_id, _ENDED[scope](session_id)))


def _refusal(found: Any, now: datetime) -> str:
    """Why a token (a row of _GRANTED, or None) grants nothing; empty if it does."""
    if found is None:
        return "refresh_token_not_found"
    if now - instants.parse(found.refreshed_at) > INACTIVITY:
        return "session_expired"
    if found.used_at and now - instants.parse(found.used_at) > REUSE:
        return _REUSED
    return ""


def _new_token(connection: Connection, session_id: str) -> str:
    token = secrets.token_urlsafe(24)
    connection.execute(refresh_tokens.insert(), {"digest": digest(token), "session_id": session_id})
    return token
