"""The innermost app: below Connexion's routing and security, it reads the request, has it answered, and sends the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from connexion.middleware.abstract import ROUTING_CONTEXT, SpecMiddleware
from starlette.types import Receive, Scope, Send

from mockserver.domain.errors import ApiError
from mockserver.envelope import JSON, Answer, Stream
from mockserver.streaming import stream
from mockserver.validation import Validation, Values
from mockserver.visit import Visit
from nexuscommerce.contract import Document, Operation, UnreadableDocument

# (visit, operation, values, body) -> its answer, or ApiError
Answering = Callable[[Visit, Operation, Values, Any], Awaitable[Answer | Stream]]
# (visit, operation) -> an answer that is sent instead of the operation's, or None; or ApiError
Before = Callable[[Visit, Operation], Awaitable[Answer | None]]


class Dispatch(SpecMiddleware):
    """Every operation of one document, answered by `answering` once its request is valid. `served` are those that it has.
    `before` comes first: before the body is read and anything is checked."""

    def __init__(self, document: Document, answering: Answering, served: set[str], before: Before | None = None) -> None:
        self._document = document
        self._answering = answering
        self._before = before
        self._validations = {name: Validation(operation) for name, operation in document.operations.items()}
        if missing := set(document.operations) - served:
            raise UnreadableDocument(
                f"the document has operations that this mock does not serve: {', '.join(sorted(missing))}"
            )

    def add_api(self, specification: Any, **_: Any) -> None:
        """Connexion offers every app its own reading of the document; this one has the document."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        visit: Visit = scope["visit"]
        operation = visit.operation = self._routed(scope)
        answer: Answer | Stream | None = await self._before(visit, operation) if self._before else None
        if answer is None:
            body = await self._body(visit, operation)
            values, body = self.read(operation, scope["path_params"], scope["query_string"], body)
            answer = await self._answering(visit, operation, values, body)
        if isinstance(answer, Stream):
            await stream(answer, visit, receive, send)
            return
        raw = b"" if answer.body is None else orjson.dumps(answer.body)
        headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
        if answer.body is not None:
            headers += [JSON, (b"content-length", b"%d" % len(raw))]
        await send({"type": "http.response.start", "status": operation.success, "headers": headers})
        await send({"type": "http.response.body", "body": raw})

    def read(self, operation: Operation, path: Mapping[str, str], query: bytes, body: Any) -> tuple[Values, Any]:
        """A request's values and its body, defaults filled in. Raises VALIDATION_ERROR with all its faults."""
        values = self._validations[operation.id].check(path, query, body)
        return values, operation.body and operation.schemas.filled(operation.body, body)

    async def _body(self, visit: Visit, operation: Operation) -> Any:
        """The parsed body of an operation that has one. Another's is read to its end too: nothing is done for a request
        that turns out to be broken."""
        if operation.body:
            return await visit.body.json(self._document.body_bytes)
        await visit.body.drain()
        return None

    def _routed(self, scope: Scope) -> Operation:
        operation_id = scope["extensions"][ROUTING_CONTEXT].get("operation_id")
        if operation_id is None:
            raise ApiError("ROUTE_NOT_FOUND", path=scope["path"])
        return self._document.operations[operation_id]
