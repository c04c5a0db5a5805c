"""The request log, in memory: bounded by number for each world, and by bytes for all of them together."""

from __future__ import annotations

import re
import secrets
from collections import deque
from collections.abc import Iterable, Iterator
from weakref import ref

from mockserver.answer import Answer
from mockserver.domain.errors import ApiError
from mockserver.metrics import Metrics
from mockserver.sandbox.coverage import Coverage
from mockserver.sandbox.entry import Entry, entry_of
from mockserver.sandbox.selection import Selection
from mockserver.sandbox.stream import Subscription
from mockserver.visit import Visit
from nexuscommerce.contract import Contract

ENTRIES = 500  # of one world, and of the requests of no world
BYTES = 64 * 1024 * 1024
SUBSCRIBERS, OF_A_WORLD = 100, 10  # readers of the stream, and those of them whom one world may have


class Journal:
    """Written on the hot path, so an entry keeps what is there already, and is made readable when it is read."""

    def __init__(self, contract: Contract, entries: int = ENTRIES, limit: int = BYTES) -> None:
        self.coverage = Coverage(contract)
        self.metrics = Metrics()
        self._logged = (contract.base_path + "/", "/auth/")
        self._entries = entries
        self._limit = limit
        self._all: dict[int, Entry] = {}
        self._oldest = 1  # no number before it is there
        self._worlds: dict[str, deque[int]] = {}
        self._bytes = 0
        self._last = 0
        self._life = secrets.token_hex(4)  # an id of another run of the mock is none of this one
        self._readers: list[ref[Subscription]] = []

    def __len__(self) -> int:
        return len(self._all)

    @property
    def bytes(self) -> int:
        """What the entries take, about."""
        return self._bytes

    def note(self, visit: Visit, answer: Answer, seconds: float) -> None:
        """Log a request of the API or the login that has been answered. CORS preflights are none."""
        if not visit.path.startswith(self._logged) or (
            visit.method == "OPTIONS" and "access-control-request-method" in visit.headers
        ):
            return
        entry = entry_of(self._last + 1, visit, answer, seconds)
        self.metrics.request(entry)
        self._write(entry)

    def settle(self) -> None:
        """Return when what was answered before is in the log, whoever answered it."""

    def id(self, entry: Entry) -> str:
        return f"req_{self._life}_{entry.number}"

    def find(self, entry_id: str) -> Entry | None:
        return self._all.get(self.number(entry_id) or 0)

    def entry(self, number: int) -> Entry | None:
        return self._all.get(number)

    def number(self, entry_id: str) -> int | None:
        """The place of an entry in the order of all, though it may be gone; None: never an entry of this log."""
        found = re.fullmatch(rf"req_{self._life}_([0-9]{{1,18}})", entry_id)
        return int(found[1]) if found and int(found[1]) <= self._last else None

    def select(self, selection: Selection, after: int = 0) -> Iterator[Entry]:
        """The entries that were asked for, the oldest first."""
        numbers: Iterable[int] = self._all if selection.world is None else self._worlds.get(selection.world, ())
        return (self._all[number] for number in numbers if number > after and selection.takes(self._all[number]))

    def clear(self, world: str | None) -> None:
        """Remove the entries of a world ("": of none), or all (None)."""
        for name in [*self._worlds] if world is None else [world]:
            for number in self._worlds.pop(name, ()):
                self._bytes -= self._all.pop(number).size

    def forget(self, world: str) -> None:
        """A world that is no more: its entries, and what of its coverage was its own."""
        self.clear(world)
        self.coverage.fold(world)

    def subscribe(self, selection: Selection, last: str | None = None) -> Subscription:
        """What is logged from now on, or after the entry `last`. It ends when nobody holds it. Raises QUOTA_EXCEEDED."""
        readers = [subscription.world for reader in self._readers if (subscription := reader())]
        if selection.world is not None and readers.count(selection.world) >= OF_A_WORLD:
            raise ApiError("QUOTA_EXCEEDED", limit=OF_A_WORLD, what="streams of the log of one world")
        if len(readers) >= SUBSCRIBERS:
            raise ApiError("QUOTA_EXCEEDED", limit=SUBSCRIBERS, what="streams of the log")
        subscription = Subscription(selection)
        if last is not None:
            for entry in self.select(selection, self.number(last) or 0):
                subscription.offer(entry)
        self._readers.append(ref(subscription, self._readers.remove))
        return subscription

    def _write(self, entry: Entry) -> None:
        if entry.operation_id and entry.status:
            self.coverage.count(entry.world, entry.operation_id, entry.status, entry.code)
        self._take(entry)

    def _take(self, entry: Entry) -> None:
        self._last = entry.number
        self._append(entry)
        if self._readers:
            self._tell(entry)

    def _tell(self, entry: Entry) -> None:
        for reader in [*self._readers]:
            if subscription := reader():
                subscription.offer(entry)

    def _append(self, entry: Entry) -> None:
        own = self._worlds.get(entry.world)
        if own is None:
            own = self._worlds[entry.world] = deque()
        self._all[entry.number] = entry
        own.append(entry.number)
        self._bytes += entry.size
        if len(own) > self._entries:
            self._bytes -= self._all.pop(own.popleft()).size
        while self._bytes > self._limit and len(self._all) > 1:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        while self._oldest not in self._all:
            self._oldest += 1
        oldest = self._all.pop(self._oldest)
        self._bytes -= oldest.size
        own = self._worlds[oldest.world]
        own.popleft()
        if not own:
            del self._worlds[oldest.world]
