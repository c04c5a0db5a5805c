"""The outbox: an event is written with the change that it tells of, and a delivery for each endpoint that asked for it.

In one transaction, so there is no event without its change and no change without its event.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    bindparam,
    func,
    select,
    text,
)

from mockserver.domain import instants
from mockserver.ids import new_id
from mockserver.store.columns import Whole, chars, instant, metadata, tenant

PENDING, DELIVERED, FAILED = "pending", "delivered", "failed"

endpoints = Table(
    "endpoints",
    metadata,
    Column("id", chars(29), primary_key=True),
    tenant(),
    Column("url", chars(2048), nullable=False),
    Column("secret", chars(200), nullable=False),  # as it is: it signs
    Column("former_secret", chars(200)),  # valid too, until then
    instant("former_until"),
    Column("events", JSON, nullable=False),
    Column("paused", Boolean, nullable=False, default=False),
    instant("created_at", nullable=False),
)

# `position` is the order in which the changes happened; `body` the very bytes that are signed and sent.
events = Table(
    "events",
    metadata,
    Column("position", Whole, primary_key=True, autoincrement=True),
    Column("id", chars(30), nullable=False, unique=True),
    tenant(),
    Column("type", chars(40), nullable=False),
    Column("resource", chars(100), nullable=False),
    instant("created_at", nullable=False),
    Column("body", LargeBinary, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", chars(30), primary_key=True),
    tenant(),
    Column("event_position", ForeignKey("events.position"), nullable=False),
    Column("endpoint_id", ForeignKey("endpoints.id", ondelete="CASCADE"), nullable=False),
    Column("resource", chars(100), nullable=False),
    Column("state", chars(10), nullable=False),
    Column("tries", Whole, nullable=False),
    instant("due_at", nullable=False),
    instant("updated_at", nullable=False),
    Column("last_status", Whole),
    Column("last_error", Text),
    Column("is_test", Boolean, nullable=False, default=False),
    instant("claimed_until"),  # on the wall: one of several processes sends it until then
    # The last try: names and values of the headers that were sent, and of the answer with as much of its body as was read.
    Column("sent_headers", JSON(none_as_null=True)),
    Column("answer_headers", JSON(none_as_null=True)),
    Column("answer_body", LargeBinary),
)
_TO = deliveries.c.endpoint_id
_OPEN = deliveries.c.state == PENDING
Index(
    "deliveries_that_are_due",
    _TO,
    deliveries.c.due_at,
    deliveries.c.event_position,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
)
Index(
    "deliveries_in_line", _TO, deliveries.c.resource, deliveries.c.event_position, sqlite_where=_OPEN, postgresql_where=_OPEN
)

_ASKING = select(endpoints.c.id, endpoints.c.events).where(
    endpoints.c.tenant_id == bindparam("tenant"), endpoints.c.paused.is_(False)
)
_TELL, _DELIVER = events.insert(), deliveries.insert()
_LAST = select(func.coalesce(func.max(events.c.position), 0))
_POSITIONS = text("SELECT nextval('events_position_seq') FROM generate_series(1, :number)")


def emit(connection: Connection, tenant_id: str, type_: str, at: str, resources: Sequence[tuple[str, str]]) -> None:
    """Write an event of this type for each resource: its name (`order ord_…`) and its JSON text, as its GET answers it.

    Deliveries of one resource keep their order. The caller is in a writing transaction, so no other takes a position.
    """
    asking = connection.execute(_ASKING, {"tenant": tenant_id})
    wanted = [endpoint_id for endpoint_id, types in asking if type_ in types]
    moment = instants.parse(at)
    told, due = [], []
    for position, (resource, data) in zip(_positions(connection, len(resources)), resources, strict=True):
        told.append(_event(tenant_id, type_, moment, at, position, resource, data))
        due += [_delivery(endpoint_id, told[-1], moment) for endpoint_id in wanted]
    if told:
        connection.execute(_TELL, told if len(told) > 1 else told[0])
    if due:
        connection.execute(_DELIVER, due)


class Event(NamedTuple):
    """An event that was written: what it is of, and the body that is sent."""

    resource: str
    body: bytes


def last(connection: Connection, tenant_id: str, type_: str) -> Event:
    """The tenant's latest event of a type; there is one."""
    its = select(events.c.resource, events.c.body).where(events.c.tenant_id == tenant_id, events.c.type == type_)
    return Event(*connection.execute(its.order_by(events.c.position.desc()).limit(1)).one())


def test(connection: Connection, tenant_id: str, type_: str, at: str, resource: str, data: str, endpoint_id: str) -> str:
    """Write an event that no change is behind, for one endpoint, whatever it asked for. The delivery's id."""
    (position,), moment = _positions(connection, 1), instants.parse(at)
    event = _event(tenant_id, type_, moment, at, position, resource, data)
    delivery = _delivery(endpoint_id, event, moment) | {"is_test": True}
    connection.execute(_TELL, event)
    connection.execute(_DELIVER, delivery)
    return str(delivery["id"])


def _positions(connection: Connection, number: int) -> Iterable[int]:
    """The next ones. In SQLite one transaction writes at a time; in PostgreSQL one of each tenant, and the sequence, which
    takes back nothing, is higher for whoever comes later."""
    if connection.dialect.name == "postgresql":
        return connection.execute(_POSITIONS, {"number": number}).scalars().all()
    first = int(connection.execute(_LAST, {}).scalar_one()) + 1
    return range(first, first + number)


def _event(tenant_id: str, type_: str, moment: datetime, at: str, position: int, resource: str, data: str) -> dict[str, Any]:
    event = {"id": new_id("evt", moment), "type": type_, "created_at": at, "tenant_id": tenant_id}
    body = orjson.dumps(event | {"data": orjson.Fragment(data)})
    return event | {"position": position, "resource": resource, "body": body}


def _delivery(endpoint_id: str, event: dict[str, Any], moment: datetime) -> dict[str, Any]:
    return {
        "id": new_id("dlv", moment),
        "tenant_id": event["tenant_id"],
        "event_position": event["position"],
        "endpoint_id": endpoint_id,
        "resource": event["resource"],
        "state": PENDING,
        "tries": 0,
        "due_at": event["created_at"],
        "updated_at": event["created_at"],
    }
