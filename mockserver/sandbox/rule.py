"""One fault: which requests it matches, and what it does to those that it strikes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mockserver.sandbox.possible import Possible
from mockserver.visit import Visit
from nexuscommerce.contract import Operation


class Wildcard:
    """A pattern in which `*` stands for any characters. Each part is taken where it is first found, and none is looked for
    again: as a regular expression, a dozen `*` would stop the mock on a long path."""

    def __init__(self, pattern: str) -> None:
        self._begin, *self._rest = pattern.split("*")

    def takes(self, text: str) -> bool:
        if not self._rest:
            return text == self._begin
        *parts, end = self._rest
        if not text.startswith(self._begin) or not text.endswith(end):
            return False
        position = len(self._begin)
        for part in parts:
            position = text.find(part, position) + len(part)
            if position < len(part):
                return False
        return position <= len(text) - len(end)


class Strike(NamedTuple):
    """What a fault does to one request: a refusal, a broken connection, a delay (seconds) before either."""

    fault: str
    code: str | None
    retry_after: int | None
    connection: str | None
    delay: float


class Tally:
    """How many requests a fault has matched, its share aside, and how many of those it struck."""

    def __init__(self) -> None:
        self._seen = 0
        self._applied = 0

    def applied(self) -> int:
        return self._applied

    def match(self, times: int | None) -> int | None:
        """Count a request that it matches: its number. None: the fault has struck so many `times` already."""
        if times is not None and self._applied >= times:
            return None
        self._seen += 1
        return self._seen

    def strike(self, times: int | None) -> bool:
        """Count a request that it strikes, unless it has struck so many `times` meanwhile."""
        if times is not None and self._applied >= times:
            return False
        self._applied += 1
        return True


@dataclass(slots=True)
class Rule:
    """A fault as FaultRequest of sandbox.yaml has it, every member filled in."""

    id: str
    operation_id: str | None = None
    method: str | None = None
    path: str | None = None
    key_id: str | None = None
    share: float = 1
    seed: int = 0
    times: int | None = None
    code: str | None = None
    status: int | None = None
    retry_after: int | None = None
    delay: Mapping[str, int] | None = None
    connection: str | None = None
    tally: Tally = field(default_factory=Tally, repr=False)
    _path: Wildcard | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self._path = Wildcard(self.path) if self.path is not None else None
        if self.delay is not None:
            self.delay = {"min_ms": self.delay["min_ms"], "max_ms": self.delay.get("max_ms", self.delay["min_ms"])}

    def row(self) -> dict[str, Any]:
        """As Fault of sandbox.yaml."""
        return {**self.asked(), "applied": self.tally.applied()}

    def asked(self) -> dict[str, Any]:
        """The same without what it has done."""
        return {name: getattr(self, name) for name in _MEMBERS}

    def strike(self, visit: Visit, operation: Operation, path: str, possible: Possible) -> Strike | None:
        """Count the request if it matches, and say what is done to it, if anything is. `path` is below the API's."""
        refuses = self.code is not None or self.status is not None
        code = possible.code(operation, self.code, self.status) if refuses else None
        if (refuses and code is None) or not self._matches(visit, operation, path):
            return None
        number = self.tally.match(self.times)
        if number is None or self._chance("share", number) >= self.share or not self.tally.strike(self.times):
            return None
        return Strike(self.id, code, self.retry_after, self.connection, self._delay(number))

    def _matches(self, visit: Visit, operation: Operation, path: str) -> bool:
        key_id = visit.principal.key_id if visit.principal else None
        return (
            self.operation_id in (None, operation.id)
            and self.method in (None, visit.method)
            and self.key_id in (None, key_id)
            and (self._path is None or self._path.takes(path))
        )

    def _delay(self, number: int) -> float:
        if self.delay is None:
            return 0.0
        least, most = self.delay["min_ms"], self.delay["max_ms"]
        return (least + (most - least) * self._chance("delay", number)) / 1000

    def _chance(self, what: str, number: int) -> float:
        """From 0 up to 1, evenly: the same for the same seed and number of the request."""
        drawn = hashlib.blake2b(f"{self.seed}/{number}/{what}".encode(), digest_size=8).digest()
        return int.from_bytes(drawn, "big") / 2**64


_MEMBERS = (
    *("id", "operation_id", "method", "path", "key_id", "share", "seed", "times"),
    *("code", "status", "retry_after", "delay", "connection"),
)
