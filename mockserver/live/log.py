"""The request log and the coverage that all processes of a mock have in common.

The log is heard: each process keeps all of it, and reads its own memory. The coverage is counted by Redis, and asked for.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque

import orjson

from mockserver.live.feed import Feed
from mockserver.live.link import KEPT, Command, Link, pairs, unavailable
from mockserver.live.wire import ENTRY, Fields, unpacked
from mockserver.sandbox.coverage import GONE, Coverage, Seen
from mockserver.sandbox.entry import Entry
from mockserver.sandbox.journal import BYTES, Journal
from mockserver.store.aside import waited
from mockserver.stores import Gone
from nexuscommerce.contract import Contract

SPAN = 20_000  # entries: no process has any that are older, nor has the stream
CLEAR, ALL = b"c", b"*"  # a message that removes the entries of a world, or all


class SharedJournal(Journal):
    """What is written here is heard by all, in one order: the numbers are the same everywhere."""

    coverage: SharedCoverage

    def __init__(self, contract: Contract, link: Link, feed: Feed) -> None:
        super().__init__(contract)
        self.coverage = SharedCoverage(contract, link)
        self._feed = feed
        self._span: deque[tuple[int, int]] = deque()  # number and size of all that the stream still has
        self._spanned = 0

    def settle(self) -> None:
        waited(self._feed.settle())

    def clear(self, world: str | None) -> None:
        self._feed.tell({CLEAR: ALL if world is None else world.encode()})

    def forget(self, world: str) -> None:
        self.settle()
        self.clear(world)
        self.coverage.fold(world)

    def begin(self, life: str) -> None:
        """Nothing of what was heard before is there any more."""
        super().clear(None)
        self._life, self._last = life, 0
        self._span.clear()
        self._spanned = 0

    def hear(self, number: int, fields: Fields) -> None:
        self._last = number
        if CLEAR in fields:
            super().clear(None if fields[CLEAR] == ALL else fields[CLEAR].decode())
        elif ENTRY in fields:
            entry = unpacked(number, fields)
            if not self._all:
                self._oldest = number
            self._take(entry)
            self._keep_span(entry)

    def _write(self, entry: Entry) -> None:
        self._feed.tell(entry)

    def _keep_span(self, entry: Entry) -> None:
        self._span.append((entry.number, entry.size))
        self._spanned += entry.size
        while len(self._span) > SPAN or (self._spanned > BYTES and len(self._span) > 1):
            number, size = self._span.popleft()
            self._spanned -= size
            if number in self._all:
                self._drop_oldest()
            self._feed.keep_from = number + 1


class SharedCoverage(Coverage):
    """A hash of Redis for each world, and a set of the worlds that have one. Raises SERVICE_UNAVAILABLE."""

    def __init__(self, contract: Contract, link: Link) -> None:
        super().__init__(contract)
        self._link = link
        self._worlds = link.name("covered")

    def counting(self, entries: list[Entry]) -> list[Command]:
        """What has Redis count them."""
        counted: dict[str, Counter[bytes]] = defaultdict(Counter)
        for entry in entries:
            if entry.operation_id and entry.status:
                counted[entry.world][orjson.dumps((entry.operation_id, entry.status, entry.code))] += 1
        commands: list[Command] = [("EXPIRE", self._worlds, KEPT)]
        for world, seen in counted.items():
            commands.append(("SADD", self._worlds, world))
            commands += [("HINCRBY", self._name(world), key, number) for key, number in seen.items()]
            commands.append(("EXPIRE", self._name(world), KEPT))
        return commands

    def counts(self, world: str | None) -> Counter[Seen]:
        try:
            return waited(self._counts(world))
        except Gone:
            raise unavailable() from None

    def clear(self, world: str | None) -> None:
        try:
            waited(self._clear(world))
        except Gone:
            raise unavailable() from None

    def fold(self, world: str) -> None:
        """Redis forgets it some day if it is gone now."""
        keys = [self._name(world), self._name(GONE), self._worlds]
        try:
            waited(self._link.run(_FOLD, keys, world, GONE))
        except Gone:
            return

    def _name(self, world: str) -> str:
        return self._link.name("coverage", world)

    async def _counts(self, world: str | None) -> Counter[Seen]:
        worlds = await self._covered() if world is None else [world]
        counts: Counter[Seen] = Counter()
        for found in await self._link.ask_all([("HGETALL", self._name(name)) for name in worlds]):
            for key, number in pairs(found):
                operation, status, code = orjson.loads(key)
                counts[operation, status, code] += int(number)
        return counts

    async def _clear(self, world: str | None) -> None:
        worlds = await self._covered() if world is None else [world]
        if worlds:
            await self._link.ask("DEL", *map(self._name, worlds))

    async def _covered(self) -> list[str]:
        found = await self._link.ask("SMEMBERS", self._worlds)
        return [name.decode() for name in found]


# What was seen in a world that is deleted counts for the whole alone.
_FOLD = """
local seen = redis.call('HGETALL', KEYS[1])
for i = 1, #seen, 2 do redis.call('HINCRBY', KEYS[2], seen[i], seen[i + 1]) end
redis.call('DEL', KEYS[1])
redis.call('SREM', KEYS[3], ARGV[1])
if #seen > 0 then redis.call('SADD', KEYS[3], ARGV[2]) end
"""
