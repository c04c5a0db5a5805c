"""What each operation may answer, read from the contract: the codes of its refusals, and the document's examples of them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from mockserver.domain.errors import MESSAGE_LENGTH, MESSAGES, ApiError
from nexuscommerce.contract import Contract, Operation, Refusal

LIMITED = "RATE_LIMITED"


class Staged(ApiError):
    """A refusal that nothing has caused: what the document's example of it says."""

    def __init__(self, code: str, message: str, details: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        Exception.__init__(self, f"{code}: {message}")
        self.code = code
        self.message = message[:MESSAGE_LENGTH]
        self.details = details
        self.headers = headers
        self.status = 0


class Possible:
    """Answers of operations: a refusal belongs to the operation that has its response, or names it among the examples."""

    def __init__(self, contract: Contract) -> None:
        self._responses = contract.document["components"].get("responses", {})
        self._schemas = contract.schemas
        self._codes = {
            operation.id: {refusal.code: refusal for refusal in contract.refusals if self._has(operation, refusal)}
            for operation in contract.operations.values()
        }

    def codes(self, operation: Operation) -> tuple[str, ...]:
        """In the order of `x-refusals`."""
        return tuple(self._codes[operation.id])

    def status(self, code: str) -> int | None:
        """The one that an error.code has; None if no operation answers it."""
        return next((codes[code].status for codes in self._codes.values() if code in codes), None)

    def code(self, operation: Operation, code: str | None = None, status: int | None = None) -> str | None:
        """The operation's refusal of this code or, without one, its first of this status."""
        refusals = self._codes[operation.id]
        if code is not None:
            return code if code in refusals else None
        return next((refusal.code for refusal in refusals.values() if refusal.status == status), None)

    def examples(self, operation: Operation, status: int) -> Mapping[str, Any]:
        """The document's named examples of an answer."""
        named = _json(operation, status).get("examples", {})
        return {name: self._schemas.resolve(node).get("value") for name, node in named.items()}

    def staged(self, operation: Operation, code: str, now: datetime, retry_after: int | None = None) -> Staged:
        """The refusal as the document's example has it, with the headers that it must have. What is asked to wait for is,
        unless given, the end of the minute."""
        status = self._codes[operation.id][code].status
        error = next((e for e in self._errors(operation, status) if e.get("code") == code), {})
        wait = retry_after or max(1, math.ceil(60 - now.timestamp() % 60))
        headers = {"Retry-After": str(wait)} if code == LIMITED else {}
        usual = MESSAGES[code].format_map(defaultdict(lambda: "it"))
        return Staged(code, error.get("message", usual), error.get("details", {}), headers)

    def _has(self, operation: Operation, refusal: Refusal) -> bool:
        response = operation.responses.get(refusal.status)
        if response is None:
            return False
        own = response is self._responses.get(refusal.response)
        return own or any(error.get("code") == refusal.code for error in self._errors(operation, refusal.status))

    def _errors(self, operation: Operation, status: int) -> Iterator[Mapping[str, Any]]:
        """The `error` of each example of an answer."""
        for value in (*self.examples(operation, status).values(), _json(operation, status).get("example")):
            error = value.get("error") if isinstance(value, Mapping) else None
            if isinstance(error, Mapping):
                yield error


def _json(operation: Operation, status: int) -> Mapping[str, Any]:
    content: Mapping[str, Any] = operation.responses[status].get("content", {}).get("application/json", {})
    return content
