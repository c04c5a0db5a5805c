"""The contract's operations, each in its caller's tenant and in a transaction of its own."""

from __future__ import annotations

from typing import Any

from mockserver import magic
from mockserver.call import Call
from mockserver.cursors import Cursors
from mockserver.envelope import Answer
from mockserver.handlers import OPEN_OPERATIONS, OPERATIONS
from mockserver.store.database import Database
from mockserver.validation import Values
from mockserver.visit import Visit
from mockserver.workers import catch_up
from nexuscommerce.contract import Operation

SERVED = {*OPERATIONS, *OPEN_OPERATIONS}


class Tenancy:
    """operationId -> handler. A handler's changes are committed if it returns and rolled back if it raises."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cursors = Cursors(database.platform.fact("cursor_secret"))

    async def __call__(self, visit: Visit, operation: Operation, values: Values, body: Any) -> Answer:
        call = Call(operation, visit.tenant, values, body, visit.now, self._cursors)
        if operation.id in OPEN_OPERATIONS:
            return OPEN_OPERATIONS[operation.id](call)
        return await self._database.aside(self._answer, call, operation)

    def _answer(self, call: Call, operation: Operation) -> Answer:
        catch_up(self._database, call.tenant, call.now)
        if operation.method == "GET":
            with self._database.shop(call.tenant, writes=False) as shop:
                return OPERATIONS[operation.id](shop, call)
        with self._database.shop(call.tenant, writes=True) as shop:
            answer = OPERATIONS[operation.id](shop, call)
            magic.happen(shop, call)
            return answer
