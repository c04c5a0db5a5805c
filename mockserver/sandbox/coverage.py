"""Which answers of the contract have been seen: operations, their statuses, and the error codes behind them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from nexuscommerce.contract import Contract, Operation

GONE = "gone"  # no world has such an id
Seen = tuple[str, int, str | None]  # operation, status, error code


class Coverage:
    """Counts by world; "" stands for requests of none, GONE for those of worlds that were deleted since: a test run that
    gives each test a world of its own wants to know at its end."""

    def __init__(self, contract: Contract) -> None:
        self._operations = contract.operations
        self._seen: dict[str, dict[Seen, int]] = {}

    def count(self, world: str, operation_id: str, status: int, code: str | None) -> None:
        seen = self._seen.get(world)
        if seen is None:
            seen = self._seen[world] = {}
        key = (operation_id, status, code)
        seen[key] = seen.get(key, 0) + 1

    def clear(self, world: str | None) -> None:
        """Of a world, or of all (None)."""
        if world is None:
            self._seen.clear()
        else:
            self._seen.pop(world, None)

    def fold(self, world: str) -> None:
        """A world is deleted: what was seen in it counts for the whole alone."""
        for key, number in self._seen.pop(world, {}).items():
            gone = self._seen.setdefault(GONE, {})
            gone[key] = gone.get(key, 0) + number

    def counts(self, world: str | None) -> Counter[Seen]:
        """What was seen in a world, or in all (None)."""
        counts: Counter[Seen] = Counter()
        for name, seen in self._seen.items():
            if world in (None, name):
                counts.update(seen)
        return counts

    def report(self, world: str | None) -> dict[str, Any]:
        """Coverage of sandbox.yaml, of a world or of all (None): every status that the document has, and what was seen
        beside it, which would be a mistake of the mock."""
        counts = self.counts(world)
        pairs = {(operation_id, status) for operation_id, status, _ in counts}
        possible = {(operation.id, status) for operation in self._operations.values() for status in operation.responses}
        return {
            "world_id": world,
            "exercised": len(pairs & possible),
            "possible": len(possible),
            "operations": [_operation(operation, counts) for operation in self._operations.values()],
        }


def _operation(operation: Operation, counts: Counter[Seen]) -> dict[str, Any]:
    own = {(status, code): count for (name, status, code), count in counts.items() if name == operation.id}
    statuses = sorted({*operation.responses, *(status for status, _ in own)})
    return {
        "operation_id": operation.id,
        "method": operation.method,
        "path": operation.path,
        "requests": sum(own.values()),
        "statuses": [
            {
                "status": status,
                "requests": sum(count for (seen, _), count in own.items() if seen == status),
                "codes": {code: count for (seen, code), count in own.items() if seen == status and code},
            }
            for status in statuses
        ],
    }
