"""The worker: one task that sends what is due and records what came of it.

A delivery is sent at least once: it stays pending until an answer is recorded, so a killed mock sends it again. Of one
resource, one is under way to an endpoint at a time, and a later event waits for an earlier one unless that pauses after a
failure.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from mockserver.domain import instants
from mockserver.domain.clocks import Clocks
from mockserver.domain.errors import ApiError
from mockserver.ending import end
from mockserver.store.deliveries import Deliveries, Due
from mockserver.store.outbox import DELIVERED, FAILED, PENDING
from mockserver.webhooks.sender import Outcome, Send

log = logging.getLogger("mockserver")

PAUSES = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 3600.0)  # seconds between the tries
TRIES = len(PAUSES) + 1
AT_ONCE = 200
AT_ONCE_OF_ONE = 40  # tenant: slow receivers of one leave room for those of others
AT_ONCE_TO_ONE = 5  # endpoint
POLL = 0.1  # seconds between looks, since other processes write into the file too; idle, they take half a percent of a core
_REST = 1.0  # seconds after the unforeseen, so that it does not fill the log
_FAREWELL = 3.0  # seconds for what is under way when the mock stops


class Worker:
    """Reads what is due by its world's clock, at most AT_ONCE at a time. `pauses` is what the pauses after a failure are
    multiplied by; `before` is called before each look, for what else becomes due without a request and makes events; `tried`
    is told of each try, by the state that the delivery is in then."""

    def __init__(
        self,
        deliveries: Deliveries,
        send: Send,
        clocks: Clocks,
        pauses: float = 1.0,
        before: Callable[[], None] = lambda: None,
        tried: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._deliveries = deliveries
        self._aside = deliveries.aside
        self._send = send
        self._clocks = clocks
        self._before = before
        self._tried = tried
        self._pauses = tuple(timedelta(seconds=pause * pauses) for pause in PAUSES)
        self._under_way: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._room = asyncio.Event()
        self._turn = 0
        self._served: dict[str, int] = {}  # endpoint -> its last turn: of those that wait, the longest waiting comes first

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work while the block lasts. What is under way then gets a moment to end; what does not is sent again after the
        next start."""
        task = asyncio.create_task(self._run(), name="webhooks")
        try:
            yield
        finally:
            await end(task)
            if self._under_way:
                await asyncio.wait(self._under_way.values(), timeout=_FAREWELL)
            await end(*self._under_way.values())

    async def drain(self) -> None:
        """Send what is due now, and what becomes due by it; return when nothing is."""
        await self._aside(self.start)
        while self._under_way:
            await asyncio.wait(self._under_way.values(), return_when=asyncio.FIRST_COMPLETED)
            await self._aside(self.start)

    def _busy(self) -> list[tuple[str, str]]:
        """The endpoints, each with its tenant, that have something due by the clock of their world."""
        found = self._deliveries.busy(instants.text(self._clocks.latest()))
        times = {tenant_id: instants.text(self._clocks.now(tenant_id)) for _, tenant_id, _ in found}
        return [(endpoint_id, tenant_id) for endpoint_id, tenant_id, due in found if due <= times[tenant_id]]

    def start(self) -> None:
        """Begin to send as much of what is due as there is room for; the endpoint that has least under way comes first."""
        under_way = Counter(endpoint_id for endpoint_id, _ in self._under_way)
        busy = self._busy()
        of_tenant = Counter({tenant_id: 0 for _, tenant_id in busy})
        for endpoint_id, tenant_id in busy:
            of_tenant[tenant_id] += under_way[endpoint_id]
        for endpoint_id, tenant_id in sorted(busy, key=lambda row: (under_way[row[0]], self._served.get(row[0], 0))):
            left = AT_ONCE_OF_ONE - of_tenant[tenant_id], AT_ONCE - len(self._under_way)
            room = min(AT_ONCE_TO_ONE - under_way[endpoint_id], *left)
            if room <= 0:
                continue
            self._turn += 1
            self._served[endpoint_id] = self._turn
            free = self._free(endpoint_id, instants.text(self._clocks.now(tenant_id)), room)
            of_tenant[tenant_id] += len(free)
            for due in free:
                key = (due.endpoint_id, due.resource)
                self._under_way[key] = asyncio.create_task(self._deliver(key, due), name=due.id)

    def _free(self, endpoint_id: str, now: str, room: int) -> list[Due]:
        """What nobody sends yet."""
        if self._deliveries.are_shared:
            return self._deliveries.claim(endpoint_id, now, room, self._clocks.wall())
        found = self._deliveries.due(endpoint_id, now, limit=AT_ONCE_TO_ONE)
        return [due for due in found if (due.endpoint_id, due.resource) not in self._under_way][:room]

    async def _run(self) -> None:
        while True:
            self._room.clear()
            try:
                await self._aside(self._before)
                await self._aside(self.start)
            except ApiError:  # the store is away, and has been told of
                await asyncio.sleep(_REST)
            except Exception:
                log.exception("what is due could not be done")
                await asyncio.sleep(_REST)
            try:
                async with asyncio.timeout(POLL):
                    await self._room.wait()
            except TimeoutError:
                pass

    async def _deliver(self, key: tuple[str, str], due: Due) -> None:
        try:
            outcome = await self._outcome(due)
            await self._aside(self._record, due, outcome)
        except Exception:
            log.exception("delivery %s could not be recorded; it is sent again", due.id)
            await asyncio.sleep(_REST)
        finally:
            del self._under_way[key]
            self._room.set()

    async def _outcome(self, due: Due) -> Outcome:
        try:
            return await self._send(due)
        except Exception:
            log.exception("delivery %s could not be sent", due.id)
            return Outcome(None, "the mock failed; its log says why")

    def _record(self, due: Due, outcome: Outcome) -> None:
        now = self._clocks.now(due.tenant_id)
        tries = due.tries + 1
        state = DELIVERED if outcome.error is None else FAILED if tries >= TRIES else PENDING
        again = now + self._pauses[tries - 1] if state == PENDING else now
        self._deliveries.record(
            due.id,
            state=state,
            tries=tries,
            due_at=instants.text(again),
            updated_at=instants.text(now),
            last_status=outcome.status,
            last_error=outcome.error,
            sent_headers=outcome.sent,
            answer_headers=outcome.headers,
            answer_body=outcome.body,
        )
        self._tried(state)
        if state == FAILED:
            log.warning("delivery %s is parked after %d tries: %s", due.id, tries, outcome.error)
