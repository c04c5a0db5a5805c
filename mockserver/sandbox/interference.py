"""What is done to a request on purpose: the fault that strikes it, or what its own Prefer asks for."""

from __future__ import annotations

import asyncio
from typing import Any

from mockserver.connection import Broken
from mockserver.envelope import Answer
from mockserver.sandbox import prefer
from mockserver.sandbox.faults import Faults
from mockserver.sandbox.possible import LIMITED, Staged
from mockserver.sandbox.prefer import Preferred
from mockserver.sandbox.rule import Strike
from mockserver.store.aside import Aside
from mockserver.visit import Visit
from nexuscommerce.contract import Operation

PREFER = "prefer"  # stands for the fault in the log


class Interference:
    """Called for each request that has passed the gate, before its body is read: nothing is held while it waits."""

    def __init__(self, faults: Faults, aside: Aside) -> None:
        self._aside = aside
        self._faults = faults
        self._possible = faults.possible

    async def __call__(self, visit: Visit, operation: Operation) -> Answer | None:
        """An answer instead of the operation's own, or None. Raises the ApiError that is to be answered, or Broken."""
        if "prefer" in visit.headers and (preferred := prefer.read(visit.headers, operation, self._possible)):
            return await self._follow(preferred, visit, operation)
        await self._strike(visit, operation)
        return None

    async def with_stranger(self, visit: Visit) -> None:
        """A request that is about to be refused for its credentials: the server's faults may strike it first."""
        if visit.operation:
            await self._strike(visit, visit.operation)

    async def _strike(self, visit: Visit, operation: Operation) -> None:
        if not self._faults.is_empty and (strike := await self._aside(self._faults.choose, visit, operation)):
            await self._apply(strike, visit, operation)

    async def _follow(self, preferred: Preferred, visit: Visit, operation: Operation) -> Answer | None:
        """It goes before every fault: a caller who asks for an answer wants that one."""
        visit.fault, visit.preferred = PREFER, preferred.applied
        await _wait(preferred.delay, visit)
        example = None
        if preferred.example is not None:
            example = self._possible.examples(operation, preferred.status)[preferred.example]
        if preferred.code is None:
            return Answer(example) if preferred.example is not None else None
        staged = self._possible.staged(operation, preferred.code, visit.now)
        raise _told(_as_in(example, staged) if example else staged, visit)

    async def _apply(self, strike: Strike, visit: Visit, operation: Operation) -> None:
        visit.fault = strike.fault
        await _wait(strike.delay, visit)
        if strike.code is not None:
            raise _told(self._possible.staged(operation, strike.code, visit.now, strike.retry_after), visit)
        if strike.connection in ("drop", "reset"):
            await _break(strike.connection, visit)
        visit.spoiled = strike.connection or ""


async def _wait(seconds: float, visit: Visit) -> None:
    """A server that is about to stop waits no longer."""
    if seconds:
        await (visit.connection.wait(seconds) if visit.connection else asyncio.sleep(seconds))


async def _break(how: str, visit: Visit) -> None:
    if connection := visit.connection:
        await (connection.reset(visit.body) if how == "reset" else connection.close(visit.body))
    raise Broken


def _told(staged: Staged, visit: Visit) -> Staged:
    """A rate limit that is used up shows in the headers too."""
    if staged.code == LIMITED and visit.quota is not None:
        reset = int(visit.now.timestamp()) + int(staged.headers["Retry-After"])
        visit.quota = visit.quota._replace(remaining=0, reset=reset)
    return staged


def _as_in(example: Any, staged: Staged) -> Staged:
    """The refusal that an example of the document shows."""
    error = example["error"]
    return Staged(error["code"], error["message"], error.get("details", {}), staged.headers)
