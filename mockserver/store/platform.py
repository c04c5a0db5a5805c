"""The few queries that belong to no tenant: who holds this key, who is this user, what does the state file know of itself."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from mockserver.store.tables import facts, keys, tenants, users


class Key(NamedTuple):
    """An API key as it is stored. `digest` is its SHA-256; the key itself is nowhere."""

    digest: str
    tenant_id: str
    plan: str
    scopes: list[str]
    allowlist: list[str]
    per_minute: int | None
    per_hour: int | None
    expires_at: str | None
    revoked_at: str | None


class User(NamedTuple):
    """A member of a tenant."""

    id: str
    tenant_id: str
    plan: str
    email: str
    role: str


_KEY = (
    select(*(tenants.c.plan if name == "plan" else keys.c[name] for name in Key._fields))
    .join(tenants, tenants.c.id == keys.c.tenant_id)
    .where(keys.c.digest == bindparam("digest"))
)
_USER = (
    select(*(tenants.c.plan if name == "plan" else users.c[name] for name in User._fields))
    .join(tenants, tenants.c.id == users.c.tenant_id)
    .where(users.c.id == bindparam("id"))
)
_FACT = select(facts.c.value).where(facts.c.name == bindparam("name"))


class Platform:
    """Read-only."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def key(self, digest: str) -> Key | None:
        row = self._connection.execute(_KEY, {"digest": digest}).first()
        return Key(*row) if row else None

    def user(self, user_id: str) -> User | None:
        row = self._connection.execute(_USER, {"id": user_id}).first()
        return User(*row) if row else None

    def fact(self, name: str) -> str:
        """A fact that every state file has had from its first moment."""
        return str(self._connection.execute(_FACT, {"name": name}).scalar_one())
