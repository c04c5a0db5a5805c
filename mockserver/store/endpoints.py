"""The endpoints that tenants have events sent to, each with the secret that signs for it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from ulid import ULID

from mockserver.domain import instants
from mockserver.store.database import Database
from mockserver.store.outbox import endpoints
from mockserver.store.tables import WORLD, tenants


class Endpoint(NamedTuple):
    """An endpoint as a person sees it: without its secret. Until `former_until` the secret before this one is valid too."""

    id: str
    tenant_id: str
    url: str
    events: list[str]
    paused: bool
    created_at: str
    former_until: str | None


_SHOWN = select(*(endpoints.c[name] for name in Endpoint._fields)).order_by(endpoints.c.created_at, endpoints.c.id)


class Endpoints:
    """The endpoints of all tenants, for who runs the mock."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tenants(self) -> list[str]:
        with self._database.transaction(writes=False) as connection:
            return list(
                connection.execute(select(tenants.c.id).where(tenants.c.kind == WORLD).order_by(tenants.c.id)).scalars()
            )

    def add(self, tenant_id: str, url: str, events: Sequence[str], now: datetime) -> tuple[str, str]:
        """The new endpoint's id, and its secret, which nothing shows again."""
        row = {"id": f"we_{ULID.from_datetime(now)}", "secret": _new_secret()}
        rest = {"tenant_id": tenant_id, "url": url, "events": list(events), "created_at": instants.text(now)}
        with self._database.transaction(writes=True) as connection:
            connection.execute(endpoints.insert(), row | rest)
        return row["id"], row["secret"]

    def all(self, tenant_id: str | None) -> list[Endpoint]:
        """Those of one tenant or of all, the oldest first."""
        wanted = [endpoints.c.tenant_id == tenant_id] if tenant_id else []
        with self._database.transaction(writes=False) as connection:
            return [Endpoint(*row) for row in connection.execute(_SHOWN.where(*wanted))]

    def remove(self, endpoint_id: str) -> bool:
        """With its deliveries. False: there is no such endpoint."""
        with self._database.transaction(writes=True) as connection:
            return connection.execute(endpoints.delete().where(endpoints.c.id == endpoint_id)).rowcount == 1

    def change(self, endpoint_id: str, changes: Mapping[str, Any]) -> None:
        """Its `url`, `events` or `paused`."""
        with self._database.transaction(writes=True) as connection:
            connection.execute(endpoints.update().where(endpoints.c.id == endpoint_id).values(**changes))

    def rotate(self, endpoint_id: str, until: datetime) -> str:
        """A new secret, which nothing shows again; the one before is valid too until then."""
        secret = _new_secret()
        former = {"former_secret": endpoints.c.secret, "former_until": instants.text(until)}
        with self._database.transaction(writes=True) as connection:
            connection.execute(endpoints.update().where(endpoints.c.id == endpoint_id).values(secret=secret, **former))
        return secret

    def pause(self, endpoint_id: str, *, paused: bool) -> bool:
        """While it is paused, nothing is sent, and no event is kept for it. False: there is no such endpoint."""
        with self._database.transaction(writes=True) as connection:
            change = endpoints.update().where(endpoints.c.id == endpoint_id).values(paused=paused)
            return connection.execute(change).rowcount == 1


def _new_secret() -> str:
    return f"whsec_{secrets.token_urlsafe(32)}"
