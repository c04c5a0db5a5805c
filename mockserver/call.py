"""What a handler is given: one valid request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mockserver.cursors import Cursors
from mockserver.domain import instants
from mockserver.ids import new_id
from mockserver.validation import Values
from nexuscommerce.contract import Operation


@dataclass(frozen=True, slots=True)
class Call:
    """A valid request: its operation, values and body, the tenant it acts in, and the instant that it happens at."""

    operation: Operation
    tenant: str
    values: Values
    body: Any
    now: datetime
    cursors: Cursors

    @property
    def path(self) -> Mapping[str, Any]:
        return self.values.path

    @property
    def query(self) -> Mapping[str, Any]:
        return self.values.query

    @property
    def members(self) -> Sequence[str]:
        """The members to answer with: those that `fields` names, or all."""
        chosen: Sequence[str] = self.query.get("fields", self.operation.members)
        return tuple(dict.fromkeys(chosen))

    @property
    def at(self) -> str:
        """Now, as the API writes it."""
        return instants.text(self.now)

    def new_id(self, prefix: str) -> str:
        """A new id of something that begins now."""
        return new_id(prefix, self.now)
