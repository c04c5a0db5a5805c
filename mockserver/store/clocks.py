"""The clocks that have been turned, by tenant; the server's own has no tenant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Executable, Table, select

from mockserver.domain.clocks import Setting
from mockserver.store.columns import chars, metadata

clocks = Table(
    "clocks",
    metadata,
    Column("tenant_id", chars(36), primary_key=True),
    Column("frozen", Boolean, nullable=False),
    Column("at", chars(40), nullable=False),  # to the microsecond: a clock that is read and set again has not moved
    Column("since", chars(40), nullable=False),
)


def read(read: Callable[[Executable, Mapping[str, Any]], Sequence[Any]]) -> Mapping[str, Setting]:
    return {
        row.tenant_id: Setting(row.frozen, datetime.fromisoformat(row.at), datetime.fromisoformat(row.since))
        for row in read(select(clocks), {})
    }


def write(connection: Connection, tenant_id: str, setting: Setting | None) -> None:
    """Turn a clock, or (None) let it follow."""
    connection.execute(clocks.delete().where(clocks.c.tenant_id == tenant_id))
    if setting:
        row = {"frozen": setting.frozen, "at": _text(setting.at), "since": _text(setting.since)}
        connection.execute(clocks.insert(), {"tenant_id": tenant_id, **row})


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()
