"""The deliveries after their event: which are due, what came of them, what stands where."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, case, exists, func, literal_column, or_, select

from mockserver.domain import instants
from mockserver.store.database import Database
from mockserver.store.outbox import PENDING, deliveries, endpoints, events

LEASE = timedelta(seconds=30)  # more than a try takes: whoever was killed meanwhile is waited for no longer


@dataclass(frozen=True)
class Due:
    """A delivery to be sent now. What nobody should find in a log is not in its repr."""

    id: str
    tenant_id: str
    endpoint_id: str
    resource: str
    type: str
    tries: int
    url: str = field(repr=False)
    secret: str = field(repr=False)
    former_secret: str | None = field(repr=False)  # valid too for a while
    body: bytes = field(repr=False)


class Delivery(NamedTuple):
    """A delivery as a person sees it."""

    id: str
    endpoint_id: str
    type: str
    resource: str
    state: str
    tries: int
    due_at: str
    last_status: int | None
    last_error: str | None
    updated_at: str
    is_test: bool
    url: str


class Wire(NamedTuple):
    """What went over the wire at the last try: the body is sent at each, the rest is None before the first."""

    body: bytes
    sent_headers: list[list[str]] | None
    answer_headers: list[list[str]] | None
    answer_body: bytes | None


# Written out, since SQLite takes a partial index only where the statement's own text says its condition.
_PENDING: ColumnElement[str] = literal_column(f"'{PENDING}'")
_NOW: BindParameter[str] = bindparam("now")

_FIRST_DUE = (
    select(func.min(deliveries.c.due_at))
    .where(deliveries.c.endpoint_id == endpoints.c.id, deliveries.c.state == _PENDING)
    .scalar_subquery()
)
_WAITING = select(func.count()).select_from(deliveries).where(deliveries.c.state == _PENDING)
_BUSY = select(endpoints.c.id, endpoints.c.tenant_id, _FIRST_DUE).where(endpoints.c.paused.is_(False), _FIRST_DUE <= _NOW)


def _due() -> Select[Any]:
    """The earliest pending delivery of each resource, if it is due. One that pauses after a failed try is passed by."""
    earlier = deliveries.alias("earlier")
    first = ~exists().where(
        earlier.c.endpoint_id == deliveries.c.endpoint_id,
        earlier.c.resource == deliveries.c.resource,
        earlier.c.state == _PENDING,
        earlier.c.event_position < deliveries.c.event_position,
        or_(earlier.c.tries == 0, earlier.c.due_at <= _NOW),
    )
    former = case((endpoints.c.former_until > _NOW, endpoints.c.former_secret))
    sent = (endpoints.c.url, endpoints.c.secret, former, events.c.body)
    own = (deliveries.c[name] for name in ("id", "tenant_id", "endpoint_id", "resource"))
    return (
        select(*own, events.c.type, deliveries.c.tries, *sent)
        .join(endpoints, endpoints.c.id == deliveries.c.endpoint_id)
        .join(events, events.c.position == deliveries.c.event_position)
        .where(
            deliveries.c.endpoint_id == bindparam("endpoint"),
            deliveries.c.state == _PENDING,
            deliveries.c.due_at <= _NOW,
            first,
        )
        .order_by(deliveries.c.due_at, deliveries.c.event_position)
        .limit(bindparam("limit"))
    )


_DUE = _due()
_OTHER = deliveries.alias("other")
_UNDER_WAY = exists().where(
    _OTHER.c.endpoint_id == deliveries.c.endpoint_id,
    _OTHER.c.resource == deliveries.c.resource,
    _OTHER.c.state == _PENDING,
    _OTHER.c.claimed_until > bindparam("wall"),
)
_CLAIMED = _DUE.where(~_UNDER_WAY).with_for_update(of=deliveries, skip_locked=True)
_MY_TURN = select(endpoints.c.id).where(endpoints.c.id == bindparam("endpoint")).with_for_update(skip_locked=True)
_CLAIM = deliveries.update().where(deliveries.c.id.in_(bindparam("ids", expanding=True)))
_ELSEWHERE = {"type": events, "url": endpoints, "body": events}
_JOINED = events.join(deliveries, events.c.position == deliveries.c.event_position).join(
    endpoints, endpoints.c.id == deliveries.c.endpoint_id
)
_SHOWN = (
    select(*(_ELSEWHERE.get(name, deliveries).c[name] for name in Delivery._fields))
    .select_from(_JOINED)
    .order_by(deliveries.c.event_position.desc(), deliveries.c.id.desc())
)
_WIRE = (
    select(*(_ELSEWHERE.get(name, deliveries).c[name] for name in Wire._fields))
    .select_from(_JOINED)
    .where(deliveries.c.id == bindparam("delivery"))
)
_RECORD = deliveries.update().where(deliveries.c.id == bindparam("delivery"))


class Deliveries:
    """What the worker asks of the state file."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.aside = database.aside

    def pending(self) -> int:
        """How many wait for a try, of all tenants."""
        with self._database.transaction(writes=False) as connection:
            return int(connection.execute(_WAITING).scalar_one())

    def busy(self, now: str) -> list[tuple[str, str, str]]:
        """The endpoints that are not paused and have something due, each with its tenant and when the first was due."""
        with self._database.transaction(writes=False) as connection:
            return [(row[0], row[1], row[2]) for row in connection.execute(_BUSY, {"now": now})]

    def due(self, endpoint_id: str, now: str, limit: int) -> list[Due]:
        """What to send to an endpoint, at most one of each resource: those that are being sent are among them."""
        with self._database.transaction(writes=False) as connection:
            rows = connection.execute(_DUE, {"endpoint": endpoint_id, "now": now, "limit": limit}).all()
        return [Due(*row) for row in rows]

    @property
    def are_shared(self) -> bool:
        """Whether other processes send them too."""
        return self._database.is_shared

    def claim(self, endpoint_id: str, now: str, limit: int, wall: datetime) -> list[Due]:
        """What this process alone is to send to an endpoint within LEASE; nothing while another process claims there."""
        values = {"endpoint": endpoint_id, "now": now, "limit": limit, "wall": instants.text(wall)}
        with self._database.transaction(writes=True, alone=False) as connection:
            if connection.execute(_MY_TURN, values).first() is None:
                return []
            found = [Due(*row) for row in connection.execute(_CLAIMED, values)]
            if found:
                until = instants.text(wall + LEASE)
                connection.execute(_CLAIM.values(claimed_until=until), {"ids": [due.id for due in found]})
        return found

    def all(self, tenant_id: str | None, state: str | None, limit: int, endpoint_id: str | None = None) -> list[Delivery]:
        """The latest of one tenant or of all, in one state or in any, to one endpoint or any, the oldest of them first."""
        asked = {"tenant_id": tenant_id, "state": state, "endpoint_id": endpoint_id}
        wanted = [deliveries.c[name] == value for name, value in asked.items() if value]
        with self._database.transaction(writes=False) as connection:
            rows = connection.execute(_SHOWN.where(*wanted).limit(limit)).all()
        return [Delivery(*row) for row in reversed(rows)]

    def one(self, tenant_id: str, delivery_id: str) -> tuple[Delivery, Wire] | None:
        """A delivery of the tenant, and what went over the wire."""
        its = deliveries.c.tenant_id == tenant_id, deliveries.c.id == delivery_id
        with self._database.transaction(writes=False) as connection:
            row = connection.execute(_SHOWN.where(*its)).first()
            wire = connection.execute(_WIRE, {"delivery": delivery_id}).first()
        return (Delivery(*row), Wire(*wire)) if row and wire else None

    def owner(self, delivery_id: str) -> str | None:
        """Whose it is."""
        with self._database.transaction(writes=False) as connection:
            its = select(deliveries.c.tenant_id).where(deliveries.c.id == delivery_id)
            return connection.execute(its).scalar()

    def redeliver(self, delivery_id: str, now: str) -> bool:
        """Send it again as if it had never been tried. False: there is no such delivery."""
        again = {"state": PENDING, "tries": 0, "due_at": now, "updated_at": now, "last_status": None, "last_error": None}
        with self._database.transaction(writes=True) as connection:
            return connection.execute(_RECORD.values(again), {"delivery": delivery_id}).rowcount == 1

    def record(self, delivery_id: str, **changes: Any) -> None:
        """Keep what came of a try. Nothing if the endpoint has been removed meanwhile."""
        with self._database.transaction(writes=True, alone=False) as connection:
            connection.execute(_RECORD.values(claimed_until=None, **changes), {"delivery": delivery_id})
