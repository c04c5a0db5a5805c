"""The jobs of one tenant as a queue: which has a step due, which waits, which runs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, case, select

from mockserver.domain import instants
from mockserver.domain.jobs import PRIORITIES, WAITING, WORKERS
from mockserver.store.statements import mine
from mockserver.store.tables import jobs

Row = dict[str, Any]

_MINE = select(jobs).where(*mine(jobs))
_ONE = _MINE.where(jobs.c.id == bindparam("job"))
_RANK = case({name: rank for rank, name in enumerate(PRIORITIES)}, value=jobs.c.priority)
_FIRST = (_RANK, jobs.c.created_at, jobs.c.id)
# At one instant a job becomes ready before another ends: the worker that comes free may take it.
_READY_FIRST = case({"queued": 0}, value=jobs.c.status, else_=1)
_DUE = _MINE.where(jobs.c.wakes_at <= bindparam("at")).order_by(jobs.c.wakes_at, _READY_FIRST, *_FIRST).limit(1)
_WAITING = _MINE.where(jobs.c.status == "queued", jobs.c.wakes_at == WAITING).order_by(*_FIRST).limit(WORKERS)
_AHEAD = (
    select(jobs.c.lasts)
    .where(*mine(jobs), jobs.c.status == "queued", jobs.c.wakes_at.is_not(None))
    .where(jobs.c.priority.in_(bindparam("before", expanding=True)))
    .order_by(*_FIRST)
)
_ENDS = (
    select(jobs.c.wakes_at)
    .where(*mine(jobs), jobs.c.status == "running", jobs.c.wakes_at.is_not(None))
    .order_by(jobs.c.wakes_at)
)


class Queue:
    """Bound to a tenant, as the Shop that it belongs to. Jobs of the fixtures, which never wake, are not in it."""

    def __init__(self, connection: Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant

    def one(self, job_id: str) -> Row:
        """A job that there is, as it is kept."""
        return self._rows(_ONE, job=job_id)[0]

    def due(self, at: str) -> Row | None:
        """The job whose next step is the earliest that is due."""
        return next(iter(self._rows(_DUE, at=at)), None)

    def waiting(self) -> list[Row]:
        """Those that wait for a worker, the next first; no more than there are workers."""
        return self._rows(_WAITING)

    def ends(self) -> list[datetime]:
        """When the running ones end."""
        return [instants.parse(at) for at in self._connection.execute(_ENDS, {"tenant": self._tenant}).scalars()]

    def ahead(self, priority: str) -> list[timedelta]:
        """How long each of those runs that come before a new job of this priority."""
        before = PRIORITIES[: PRIORITIES.index(priority) + 1]
        rows = self._connection.execute(_AHEAD, {"tenant": self._tenant, "before": before}).scalars()
        return [timedelta(milliseconds=lasts) for lasts in rows]

    def _rows(self, statement: Any, **values: Any) -> list[Row]:
        return [dict(row) for row in self._connection.execute(statement, {"tenant": self._tenant, **values}).mappings()]
