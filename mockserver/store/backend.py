"""What a database must be able to do to keep the mock's state, whichever it is."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, Executable

from mockserver.domain.errors import ApiError
from mockserver.store.aside import Aside

log = logging.getLogger("mockserver")

RETRY_AFTER = 1  # seconds


class UnusableDatabase(Exception):
    """The state cannot be used as it is; the message says what to do."""


class Backend(Protocol):
    """SQLite (sqlite.py) or PostgreSQL (postgres.py). `is_shared`: several processes may use it at once, and each looks up
    anew what another may have changed."""

    @property
    def aside(self) -> Aside: ...

    @property
    def is_shared(self) -> bool: ...

    @property
    def engine(self) -> Engine: ...

    def open(self) -> None: ...

    def transaction(self, tenant: str | None, *, writes: bool, alone: bool = True) -> AbstractContextManager[Connection]:
        """Committed if the block returns, rolled back if it raises. Of one tenant: its data alone, and no other writer of it
        at the same time; of none: every tenant's, and (`alone`) no other writer at all."""

    def read(self, statement: Executable, values: Mapping[str, Any]) -> Sequence[Any]: ...

    def has(self, statement: Executable, values: Mapping[str, Any]) -> bool: ...

    def version(self) -> int:
        """Another one whenever another process may have changed something."""

    def making(self) -> AbstractContextManager[Connection]: ...

    def require_alone(self, connection: Connection) -> None:
        """Raises UnusableDatabase if another mock uses the database."""

    def guard(self, connection: Connection) -> None:
        """Whatever else the tables need once they are made."""

    def close(self) -> None: ...


def unavailable(why: BaseException) -> ApiError:
    """The store does not answer now: nothing has happened, and the caller may try again."""
    log.warning("the store does not answer: %s", " ".join(str(getattr(why, "orig", why) or why).split())[:300])
    return ApiError("SERVICE_UNAVAILABLE", headers={"Retry-After": str(RETRY_AFTER)})
