"""The innermost app: below Connexion's routing and security, it reads the request, calls its handler, and answers."""

from __future__ import annotations

from typing import Any

import orjson
from connexion.middleware.abstract import ROUTING_CONTEXT, SpecMiddleware
from starlette.types import Receive, Scope, Send

from mockserver.call import Call
from mockserver.cursors import Cursors
from mockserver.domain.errors import ApiError
from mockserver.envelope import JSON, Answer
from mockserver.handlers import OPEN_OPERATIONS, OPERATIONS
from mockserver.store.database import Database
from mockserver.validation import Validation
from mockserver.visit import Visit
from mockserver.workers import catch_up
from nexuscommerce.contract import Contract, Operation, UnreadableDocument


class Dispatch(SpecMiddleware):
    """operationId -> handler. A handler's changes are committed if it returns and rolled back if it raises."""

    def __init__(self, contract: Contract, database: Database) -> None:
        self._contract = contract
        self._database = database
        self._cursors = Cursors(database.platform.fact("cursor_secret"))
        self._validations = {name: Validation(operation) for name, operation in contract.operations.items()}
        missing = set(contract.operations) - set(OPERATIONS) - set(OPEN_OPERATIONS)
        if missing:
            raise UnreadableDocument(
                f"the document has operations that this mock does not serve: {', '.join(sorted(missing))}"
            )

    def add_api(self, specification: Any, **_: Any) -> None:
        """Connexion offers every app its own reading of the document; this one has the contract."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        visit: Visit = scope["visit"]
        operation = visit.operation = self._routed(scope)
        body = await self._body(visit, operation)
        values = self._validations[operation.id].check(scope["path_params"], scope["query_string"], body)
        body = operation.body and operation.schemas.filled(operation.body, body)
        answer = self._answer(Call(operation, visit.tenant, values, body, visit.now, self._cursors))

        raw = b"" if answer.body is None else orjson.dumps(answer.body)
        headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
        if answer.body is not None:
            headers += [JSON, (b"content-length", b"%d" % len(raw))]
        await send({"type": "http.response.start", "status": operation.success, "headers": headers})
        await send({"type": "http.response.body", "body": raw})

    async def _body(self, visit: Visit, operation: Operation) -> Any:
        """The parsed body of an operation that has one. Another's is read to its end too: nothing is done for a request
        that turns out to be broken."""
        if operation.body:
            return await visit.body.json(self._contract.body_bytes)
        await visit.body.drain()
        return None

    def _routed(self, scope: Scope) -> Operation:
        operation_id = scope["extensions"][ROUTING_CONTEXT].get("operation_id")
        if operation_id is None:
            raise ApiError("ROUTE_NOT_FOUND", path=scope["path"])
        return self._contract.operations[operation_id]

    def _answer(self, call: Call) -> Answer:
        if call.operation.id in OPEN_OPERATIONS:
            return OPEN_OPERATIONS[call.operation.id](call)
        catch_up(self._database, call.tenant, call.now)
        with self._database.shop(call.tenant, writes=call.operation.method != "GET") as shop:
            return OPERATIONS[call.operation.id](shop, call)
