"""How a tenant is entered: its API keys, its users. For who runs the mock; callers are looked up in platform.py."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import bindparam, select

from mockserver.domain import instants
from mockserver.domain.credentials import PREFIX, key_id
from mockserver.store.database import Database
from mockserver.store.expressions import Casefold
from mockserver.store.rows import key_row
from mockserver.store.sessions import sessions
from mockserver.store.tables import keys, users


class Key(NamedTuple):
    """A key as a person sees it: by its first characters."""

    digest: str
    prefix: str
    name: str
    scopes: list[str]
    expires_at: str | None
    revoked_at: str | None
    allowlist: list[str]
    per_minute: int | None
    per_hour: int | None
    created_at: str


class Member(NamedTuple):
    """A user of a tenant."""

    id: str
    email: str
    name: str
    role: str


class AddressTaken(Exception):
    """An email address logs in one user of the whole server."""


_KEYS = (
    select(*(keys.c[name] for name in Key._fields))
    .where(keys.c.tenant_id == bindparam("tenant"))
    .order_by(keys.c.created_at, keys.c.digest)
)
_USERS = (
    select(*(users.c[name] for name in Member._fields))
    .where(users.c.tenant_id == bindparam("tenant"))
    .order_by(users.c.email, users.c.id)
)


class Accounts:
    """The keys and users of one tenant."""

    def __init__(self, database: Database, tenant: str) -> None:
        self._database = database
        self._tenant = tenant

    def all_keys(self) -> list[Key]:
        """The oldest first."""
        with self._database.transaction(writes=False) as connection:
            return [Key(*row) for row in connection.execute(_KEYS, {"tenant": self._tenant})]

    def add_key(self, now: datetime, wanted: Mapping[str, Any]) -> str:
        """A new key, which is kept nowhere. `wanted`: name, scopes, expires_at, allowlist, per_minute, per_hour."""
        key = f"{PREFIX}{secrets.token_hex(20)}"
        with self._database.transaction(writes=True) as connection:
            connection.execute(keys.insert(), key_row(self._tenant, key, {**wanted, "created_at": instants.text(now)}))
        return key

    def revoke(self, wanted: str, now: datetime) -> Key | None:
        """The key of this id, good for nothing from now on; None if there is none."""
        found = next((key for key in self.all_keys() if key_id(key.digest) == wanted), None)
        if found is None or found.revoked_at:
            return found
        at = instants.text(now)
        with self._database.transaction(writes=True) as connection:
            connection.execute(keys.update().where(keys.c.digest == found.digest).values(revoked_at=at))
        self._database.turned()
        return found._replace(revoked_at=at)

    def users(self) -> list[Member]:
        """In the order of their addresses."""
        with self._database.transaction(writes=False) as connection:
            return [Member(*row) for row in connection.execute(_USERS, {"tenant": self._tenant})]

    def user(self, user_id: str) -> Member | None:
        return next((user for user in self.users() if user.id == user_id), None)

    def add_user(self, email: str, name: str, role: str, password_hash: str) -> Member:
        """Raises AddressTaken."""
        member = Member(str(uuid4()), email, name, role)
        same = select(users.c.id).where(Casefold(users.c.email) == Casefold(email))
        with self._database.transaction(writes=True) as connection:
            if connection.execute(same).first():
                raise AddressTaken
            connection.execute(
                users.insert(), member._asdict() | {"tenant_id": self._tenant, "password_hash": password_hash}
            )
        return member

    def change_user(self, user_id: str, changes: Mapping[str, Any]) -> None:
        with self._database.transaction(writes=True) as connection:
            its = users.c.tenant_id == self._tenant, users.c.id == user_id
            connection.execute(users.update().where(*its).values(**changes))

    def remove_user(self, user_id: str) -> None:
        """With every session."""
        with self._database.transaction(writes=True) as connection:
            connection.execute(sessions.delete().where(sessions.c.user_id == user_id))
            connection.execute(users.delete().where(users.c.tenant_id == self._tenant, users.c.id == user_id))
