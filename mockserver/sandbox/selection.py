"""Which entries of the log are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from mockserver.sandbox.entry import Entry
from mockserver.sandbox.rule import Wildcard

NO_WORLD = "none"  # in `world_id`: the requests of no world


class Selection(NamedTuple):
    """Filters of listRequests, all of which an entry must pass; None lets any pass. `world` is "" for those of no world."""

    world: str | None = None
    operation_id: str | None = None
    method: str | None = None
    status: str | None = None
    path: Wildcard | None = None
    error_code: str | None = None

    def takes(self, entry: Entry) -> bool:
        return (
            self.world in (None, entry.world)
            and self.operation_id in (None, entry.operation_id)
            and self.method in (None, entry.method)
            and (self.status is None or self.status in (str(entry.status), f"{entry.status // 100}xx"))
            and (self.path is None or self.path.takes(entry.path))
            and (self.error_code is None or self.error_code == entry.refusal[0])
        )


def selection(world: str | None, query: Mapping[str, Any]) -> Selection:
    """Of valid query parameters."""
    path = query.get("path")
    names = ("operation_id", "method", "status", "error_code")
    return Selection(world, **{name: query.get(name) for name in names}, path=Wildcard(path) if path else None)
