"""The faults of worlds and of the server, in memory: requests that fail on purpose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from mockserver.domain.errors import ApiError, fault, invalid
from mockserver.ids import new_id
from mockserver.sandbox.possible import LIMITED, Possible
from mockserver.sandbox.rule import Rule, Strike
from mockserver.visit import Visit
from nexuscommerce.contract import Contract, Operation

SERVER = ""  # whose faults every world has, after its own
MOST = 100  # faults of one world

Requested = Mapping[str, Any]


class Faults:
    """Ordered: of a world's faults the first that matches strikes, and only where none does one of the server's."""

    def __init__(self, contract: Contract) -> None:
        self.possible = Possible(contract)
        self._contract = contract
        self._rules: dict[str, list[Rule]] = {}

    def add(self, world: str, requested: Requested, now: datetime) -> dict[str, Any]:
        """A new fault of a world, or of SERVER. Raises VALIDATION_ERROR with all that is wrong, QUOTA_EXCEEDED."""
        if wrong := list(self._wrong(requested)):
            raise invalid(wrong)
        rule = Rule(new_id("flt", now), **self._filled(requested))
        if not self._put(world, rule):
            raise ApiError("QUOTA_EXCEEDED", limit=MOST, what="faults of one world")
        return rule.row()

    def all(self, world: str) -> list[dict[str, Any]]:
        return [rule.row() for rule in self._rules.get(world, ())]

    def remove(self, world: str, fault_id: str) -> None:
        """Raises RESOURCE_NOT_FOUND."""
        found = next((rule for rule in self._rules.get(world, ()) if rule.id == fault_id), None)
        if found is None:
            raise ApiError("RESOURCE_NOT_FOUND", resource=f"Fault {fault_id}")
        self._take(world, found)

    def clear(self, world: str) -> None:
        """Remove a world's faults, or SERVER's."""
        self._rules.pop(world, None)

    def forget(self, world: str) -> None:
        """A world that is no more."""
        self.clear(world)

    @property
    def is_empty(self) -> bool:
        return not self._rules

    def choose(self, visit: Visit, operation: Operation) -> Strike | None:
        """What is done to this request. It counts: ask once."""
        path = visit.path.removeprefix(self._contract.base_path)
        own = self._rules.get(visit.principal.tenant_id, []) if visit.principal else []
        for rule in (*own, *self._rules.get(SERVER, [])):
            if strike := rule.strike(visit, operation, path, self.possible):
                return strike
        return None

    def _put(self, world: str, rule: Rule) -> bool:
        """Whether there was room for it."""
        rules = self._rules.get(world, [])
        if len(rules) >= MOST:
            return False
        self._rules[world] = [*rules, rule]
        return True

    def _take(self, world: str, rule: Rule) -> None:
        self._keep(world, [other for other in self._rules[world] if other is not rule])

    def _keep(self, world: str, rules: list[Rule]) -> None:
        """These, and no others: nothing is left of a world that has none."""
        if rules:
            self._rules[world] = rules
        else:
            self._rules.pop(world, None)

    def _filled(self, requested: Requested) -> dict[str, Any]:
        """The code that a status has for the operation, and the status of a code."""
        operation = self._contract.operations.get(requested.get("operation_id") or "")
        code, status = requested.get("code"), requested.get("status")
        if code is not None:
            status = self.possible.status(code)
        elif status is not None and operation:
            code = self.possible.code(operation, status=status)
        return {**requested, "code": code, "status": status}

    def _wrong(self, requested: Requested) -> Iterator[dict[str, str]]:
        for pointer, message in (*self._unknown(requested), *_contradictions(requested)):
            yield fault("body", pointer, message)

    def _unknown(self, requested: Requested) -> Iterator[tuple[str, str]]:
        """What the contract does not have: an operation, a code or a status of it, a method of it."""
        name, method = requested.get("operation_id"), requested.get("method")
        operation = self._contract.operations.get(name or "")
        if name is not None and operation is None:
            yield "/operation_id", f"there is no operation {name}"
        if operation and method not in (None, operation.method, "HEAD" if operation.method == "GET" else None):
            yield "/method", f"{operation.id} is {operation.method}"
        yield from self._unanswerable(requested, [operation] if operation else [*self._contract.operations.values()])

    def _unanswerable(self, requested: Requested, operations: list[Operation]) -> Iterator[tuple[str, str]]:
        code, status = requested.get("code"), requested.get("status")
        for pointer, wanted in (("/code", {"code": code}), ("/status", {"status": status})):
            (value,) = wanted.values()
            if value is None or any(self.possible.code(operation, **wanted) for operation in operations):
                continue
            who = operations[0].id if len(operations) == 1 else "any operation"
            known = sorted({name for operation in operations for name in self.possible.codes(operation)})
            yield pointer, f"{value} is no answer of {who}; these are: {', '.join(known)}"
        if code is not None and status is not None and self.possible.status(code) not in (None, status):
            yield "/status", f"{code} has the status {self.possible.status(code)}"


def _contradictions(requested: Requested) -> Iterator[tuple[str, str]]:
    given = {name for name, value in requested.items() if value is not None}
    delay = requested.get("delay") or {"min_ms": 0}
    if delay["min_ms"] > delay.get("max_ms", delay["min_ms"]):
        yield "/delay/max_ms", "is less than min_ms"
    if not given & {"code", "status", "connection"} and not max(delay.values()):
        yield "", "it does nothing: give a code, a status, a delay or a connection"
    if given & {"code", "status"} and "connection" in given:
        yield "/connection", "a connection that is broken answers no error; leave out one of them"
    if "retry_after" in given and requested.get("code") != LIMITED and requested.get("status") != 429:
        yield "/retry_after", f"goes with {LIMITED} alone"
