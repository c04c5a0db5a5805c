"""The few queries of no tenant: who holds this key, who is this user, what does the state file know of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Executable, bindparam, select

from mockserver.domain.clocks import Setting
from mockserver.store import clocks
from mockserver.store.expressions import Casefold
from mockserver.store.tables import keys, tenants, users


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
    name: str
    role: str


class Account(NamedTuple):
    """What a login is checked against."""

    id: str
    tenant_id: str
    email: str
    password_hash: str


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
_ACCOUNT = (
    select(*(users.c[name] for name in Account._fields))
    .order_by((Casefold(users.c.email) == Casefold(bindparam("email", type_=users.c.email.type))).desc(), users.c.id)
    .limit(1)
)


class Platform:
    """Read-only. Keys and clocks are remembered until `forget` is called, or `refresh` finds that another connection than
    this one has written to the file: once for each request, by the clock that it asks first."""

    def __init__(
        self,
        facts: Mapping[str, str],
        read: Callable[[Executable, Mapping[str, Any]], Sequence[Any]],
        version: Callable[[], int],
    ) -> None:
        self._facts = facts
        self._read = read
        self._version = version
        self._keys: dict[str, Key] = {}
        self._clocks: Mapping[str, Setting] | None = None
        self._as_of = -1

    def forget(self) -> None:
        """What keys and clocks say may have been changed from here."""
        self._keys, self._clocks = {}, None

    def key(self, digest: str) -> Key | None:
        if digest in self._keys:
            return self._keys[digest]
        row = self._first(_KEY, digest=digest)
        if row is None:
            return None
        return self._keys.setdefault(digest, Key(*row))

    def clocks(self) -> Mapping[str, Setting]:
        """The clocks that have been turned, by tenant."""
        if self._clocks is None:
            self._clocks = clocks.read(self._read)
        return self._clocks

    def refresh(self) -> None:
        if (now := self._version()) != self._as_of:
            self.forget()
            self._as_of = now

    def user(self, user_id: str) -> User | None:
        row = self._first(_USER, id=user_id)
        return User(*row) if row else None

    def account(self, email: str) -> Account | None:
        """The account of this address, in whatever case; or, where there is none, any other: so that whoever must not learn
        whether it exists has a hash to compute in both cases. None where nobody has an account."""
        row = self._first(_ACCOUNT, email=email.replace("\0", "\ufffd"))  # PostgreSQL has no NUL, and so no account
        return Account(*row) if row else None

    def fact(self, name: str) -> str:
        """A fact that the state has had from its first moment, and keeps."""
        return self._facts[name]

    def _first(self, statement: Executable, **values: str) -> Any:
        return next(iter(self._read(statement, values)), None)
