"""What a handler is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.second.document import Document, Operation
from tests.second.lists import Lists
from tests.second.store import Tenant


@dataclass(frozen=True)
class Request:
    """A request as it came."""

    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    """Names in lower case."""
    address: str
    body: bytes = b""
    too_large: bool = False

    def values(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for key, value in self.headers if key == name]


@dataclass(frozen=True)
class Call:
    """A request that was admitted and checked."""

    document: Document
    lists: Lists
    operation: Operation
    tenant: Tenant
    path: dict[str, str]
    values: dict[str, Any]
    body: Any
    host: str
    base: str
    manners: frozenset[str]

    @property
    def tick(self) -> int:
        """Milliseconds between two moments that the clock of the rows can tell apart."""
        return 16 if "slow-clock" in self.manners else 1
