"""Worlds: tenants that are made and put back while the mock runs.

A snapshot is a tenant that nobody can enter, and so is what a reset puts back: one copy of rows does for all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import Connection, bindparam, func, select

from mockserver.domain import instants
from mockserver.domain.clocks import Setting
from mockserver.store import copies
from mockserver.store.clocks import clocks, write
from mockserver.store.rows import New, SnapshotRow, WorldRow, copy_clock, insert, part_row, remove, world_row
from mockserver.store.seed import seed_data
from mockserver.store.tables import SNAPSHOT, TEMPLATE, WORLD, keys, tenants, users
from mockserver.store.world import EMPTY, World, bare, slugs

if TYPE_CHECKING:
    from mockserver.store.database import Database

_ROW = select(*(tenants.c[name] for name in WorldRow._fields)).where(tenants.c.kind == WORLD)
_ONE = _ROW.where(tenants.c.id == bindparam("id"))
_EXISTS = select(tenants.c.id).where(tenants.c.id == bindparam("id"), tenants.c.kind == WORLD)
_OPENED = select(tenants.c.id).where(tenants.c.token_digest == bindparam("digest"), tenants.c.kind == WORLD)
_PARTS = select(tenants.c.id).where(tenants.c.of_tenant == bindparam("of"))
_SNAPSHOTS = (
    select(*(tenants.c[name] for name in SnapshotRow._fields))
    .where(tenants.c.of_tenant == bindparam("of"), tenants.c.kind == SNAPSHOT)
    .order_by(tenants.c.created_at, tenants.c.label)
)


class Worlds:
    """All worlds of one state file. `fixtures` is what the mock woke up with."""

    def __init__(self, database: Database, fixtures: World) -> None:
        self._database = database
        self._seeds = {EMPTY: bare(fixtures), **slugs(fixtures)}
        self._used: dict[str, datetime] = {}
        self._told: list[Callable[[str], None]] = []

    @property
    def fixtures(self) -> list[str]:
        return list(self._seeds)

    def exists(self, world_id: str) -> bool:
        return self._database.has(_EXISTS, id=world_id)

    def get(self, world_id: str) -> WorldRow:
        """Of a world that exists."""
        with self._database.transaction(writes=False) as connection:
            return WorldRow(*connection.execute(_ONE, {"id": world_id}).one())

    def all(self, after: str | None, limit: int) -> tuple[list[WorldRow], int]:
        """Worlds after an id, the oldest first, and how many there are."""
        order = (tenants.c.created_at, tenants.c.id)
        with self._database.transaction(writes=False) as connection:
            rows = [WorldRow(*row) for row in connection.execute(_ROW.order_by(*order))]
        start = next((position for position, row in enumerate(rows, 1) if row.id == after), 0)
        return rows[start : start + limit], len(rows)

    def number(self) -> int:
        count = select(func.count()).select_from(tenants).where(tenants.c.kind == WORLD)
        with self._database.transaction(writes=False) as connection:
            return int(connection.execute(count).scalar_one())

    def opened_by(self, token_digest: str) -> str | None:
        """The world whose token this is of."""
        with self._database.transaction(writes=False) as connection:
            return connection.execute(_OPENED, {"digest": token_digest}).scalar()

    def counts(self, tenant_id: str) -> dict[str, int]:
        with self._database.transaction(writes=False) as connection:
            return copies.counts(connection, tenant_id)

    def create(
        self, now: datetime, name: str, plan: str, fixtures: str, *, currency: str | None = None, temporary: bool = False
    ) -> New:
        """A world with the data of one of `fixtures`."""
        own = currency or self._seeds[fixtures]["currency"]
        with self._database.transaction(writes=True) as connection:
            new = insert(connection, world_row(now, name, plan, own, fixtures, temporary=temporary))
            copies.copy(connection, self._template(connection, fixtures, now), new.id)
        return new

    def carry_in(self, now: datetime, name: str, tenant: Mapping[str, Any], *, temporary: bool = False) -> New:
        """A world from a file, which has been checked. Raises ShortOfStock."""
        with self._database.transaction(writes=True) as connection:
            row = world_row(now, name, tenant["plan"], tenant["currency"], "import", temporary=temporary)
            new = insert(connection, row)
            seed_data(connection, {**tenant, "id": new.id})
            self._keep(connection, new.id, now)
        return new

    def fork(self, now: datetime, world_id: str, name: str | None, source: str, *, temporary: bool = False) -> New:
        """A world with the data of a tenant (the world's own or a snapshot of it), and the clock of the world."""
        old = self.get(world_id)
        with self._database.transaction(writes=True) as connection:
            called = name or f"{old.name[:190]} (fork)"
            new = insert(connection, world_row(now, called, old.plan, old.currency, "fork", temporary=temporary))
            copies.copy(connection, source, new.id)
            self._keep(connection, new.id, now)
            copy_clock(connection, source, new.id)
        self._database.turned()
        return new

    def change(self, world_id: str, changes: Mapping[str, Any]) -> None:
        with self._database.transaction(writes=True) as connection:
            connection.execute(tenants.update().where(tenants.c.id == world_id).values(**changes))
        self._database.turned()

    def reset(self, world_id: str, now: datetime) -> None:
        """The data as it began; the world's own clock and what waits to be delivered are gone."""
        fixtures = self.get(world_id).fixtures
        with self._database.transaction(writes=True) as connection:
            own = [part.id for part in connection.execute(_kept(world_id))]
            copies.clear(connection, world_id)
            copies.copy(connection, own[0] if own else self._template(connection, fixtures, now), world_id)
            connection.execute(clocks.delete().where(clocks.c.tenant_id == world_id))
        self._database.turned()

    def when_deleted(self, tell: Callable[[str], None]) -> None:
        """Whoever keeps something of worlds elsewhere is told of each that is no more."""
        self._told.append(tell)

    def delete(self, world_id: str) -> None:
        """With its snapshots and all that was ever its own."""
        with self._database.transaction(writes=True) as connection:
            for tenant_id in [*connection.execute(_PARTS, {"of": world_id}).scalars(), world_id]:
                remove(connection, tenant_id)
        self._used.pop(world_id, None)
        self._database.turned()
        for tell in self._told:
            tell(world_id)

    def snapshots(self, world_id: str) -> list[SnapshotRow]:
        with self._database.transaction(writes=False) as connection:
            return [SnapshotRow(*row) for row in connection.execute(_SNAPSHOTS, {"of": world_id})]

    def snapshot(self, world_id: str, name: str, now: datetime) -> str:
        """The tenant that keeps the data and the clock as they are now, instead of one of the same name."""
        old = self.get(world_id)
        with self._database.transaction(writes=True) as connection:
            for row in connection.execute(_SNAPSHOTS, {"of": world_id}).all():
                if row.label == name:
                    remove(connection, row.id)
            part = part_row(SNAPSHOT, now, old, world_id, name)
            connection.execute(tenants.insert(), part)
            copies.copy(connection, world_id, part["id"])
            copy_clock(connection, world_id, part["id"])
        return str(part["id"])

    def restore(self, world_id: str, snapshot_id: str) -> None:
        with self._database.transaction(writes=True) as connection:
            copies.clear(connection, world_id)
            copies.copy(connection, snapshot_id, world_id)
            connection.execute(clocks.delete().where(clocks.c.tenant_id == world_id))
            copy_clock(connection, snapshot_id, world_id)
        self._database.turned()

    def forget(self, snapshot_id: str) -> None:
        with self._database.transaction(writes=True) as connection:
            remove(connection, snapshot_id)

    def turn(self, world_id: str, setting: Setting | None) -> None:
        """Set a world's clock, or the server's; None: it follows."""
        with self._database.transaction(writes=True) as connection:
            write(connection, world_id, setting)
        self._database.turned()

    def counters(self, world_id: str) -> list[str]:
        """The names of the rate limits' counters of a world, or (for the server) of all."""
        mine = [keys.c.tenant_id == world_id] if world_id else []
        its = [users.c.tenant_id == world_id] if world_id else []
        with self._database.transaction(writes=False) as connection:
            of_keys = [f"key:{name}" for name in connection.execute(select(keys.c.digest).where(*mine)).scalars()]
            rows = connection.execute(select(users.c.tenant_id, users.c.id).where(*its))
            return of_keys + [f"user:{row.tenant_id}:{row.id}" for row in rows]

    def used(self, world_id: str, now: datetime) -> None:
        """Remember that somebody uses it; called with every request, written down now and then."""
        self._used[world_id] = now

    def last_used(self, world: WorldRow) -> str | None:
        used = self._used.get(world.id)
        return instants.text(used) if used else world.last_used_at

    def note_use(self) -> None:
        """Write down when each world was used."""
        used, self._used = self._used, {}
        if not used:
            return
        rows = [{"its": world_id, "at": instants.text(at)} for world_id, at in used.items()]
        change = tenants.update().where(tenants.c.id == bindparam("its")).values(last_used_at=bindparam("at"))
        with self._database.transaction(writes=True) as connection:
            connection.execute(change, rows)

    def idle(self, before: str) -> list[str]:
        """The temporary worlds that nobody has used since."""
        last = func.coalesce(tenants.c.last_used_at, tenants.c.created_at)
        idle = select(tenants.c.id).where(tenants.c.kind == WORLD, tenants.c.is_temporary, last < before)
        with self._database.transaction(writes=False) as connection:
            return [str(world_id) for world_id in connection.execute(idle).scalars()]

    def _template(self, connection: Connection, fixtures: str, now: datetime) -> str:
        """The tenant that keeps a fixture's data, made when it is first asked for."""
        known = select(tenants.c.id).where(
            tenants.c.kind == TEMPLATE, tenants.c.of_tenant.is_(None), tenants.c.label == fixtures
        )
        if found := connection.execute(known).scalar():
            return str(found)
        seed = self._seeds[fixtures]
        row = {"id": str(uuid4()), "kind": TEMPLATE, "label": fixtures, "created_at": instants.text(now)}
        connection.execute(
            tenants.insert(), row | {"name": fixtures, "plan": seed["plan"], "currency": seed["currency"], "fixtures": ""}
        )
        seed_data(connection, {**seed, "id": row["id"]})
        return str(row["id"])

    def _keep(self, connection: Connection, world_id: str, now: datetime) -> None:
        """Keep what a world began with, where no fixture does."""
        old = WorldRow(*connection.execute(_ONE, {"id": world_id}).one())
        part = part_row(TEMPLATE, now, old, world_id, "beginning")
        connection.execute(tenants.insert(), part)
        copies.copy(connection, world_id, part["id"])


def _kept(world_id: str) -> Any:
    return select(tenants.c.id).where(tenants.c.of_tenant == world_id, tenants.c.kind == TEMPLATE)
