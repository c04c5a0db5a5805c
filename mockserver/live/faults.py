"""The faults that all processes of a mock have in common: each keeps the rules, Redis counts what they match and strike."""

from __future__ import annotations

from typing import Any

import orjson

from mockserver.domain.errors import ApiError
from mockserver.live.feed import Feed
from mockserver.live.link import KEPT, Link, unavailable
from mockserver.live.wire import Fields
from mockserver.sandbox.faults import MOST, Faults
from mockserver.sandbox.rule import Rule, Tally
from mockserver.store.aside import waited
from mockserver.stores import Gone
from nexuscommerce.contract import Contract

CHANGED = b"f"  # a message: the faults of this world are others


class SharedTally(Tally):
    """Counted by Redis, for all processes. Without Redis the fault strikes nobody."""

    def __init__(self, link: Link, key: str) -> None:
        super().__init__()
        self._link = link
        self._key = key

    def applied(self) -> int:
        try:
            return int(waited(self._link.ask("HGET", self._key, "applied")) or 0)
        except Gone:
            raise unavailable() from None

    def match(self, times: int | None) -> int | None:
        return self._counted("seen", times)

    def strike(self, times: int | None) -> bool:
        return self._counted("applied", times) is not None

    def _counted(self, what: str, times: int | None) -> int | None:
        most = -1 if times is None else times
        try:
            number = waited(self._link.run(_COUNT, [self._key], what, most))
        except Gone:
            return None
        return None if number is None else int(number)


class SharedFaults(Faults):
    """Changed in Redis first; then all are told, and waited for. Raises SERVICE_UNAVAILABLE."""

    def __init__(self, contract: Contract, link: Link, feed: Feed) -> None:
        super().__init__(contract)
        self._link = link
        self._feed = feed
        self._worlds = link.name("faulty")

    def clear(self, world: str) -> None:
        counts = [self._count(rule.id) for rule in self._rules.get(world, ())]
        self._run(_CLEAR, [self._name(world), self._worlds, *counts], world)
        self._tell(world)

    def forget(self, world: str) -> None:
        """Redis forgets them some day if it is gone now."""
        if self._rules.get(world):
            try:
                self.clear(world)
            except ApiError:
                self._rules.pop(world, None)

    async def begin(self) -> None:
        """Read all that there are."""
        self._rules.clear()
        for world in await self._link.ask("SMEMBERS", self._worlds):
            await self._read(world.decode())

    async def hear(self, fields: Fields) -> None:
        if CHANGED in fields:
            await self._read(fields[CHANGED].decode())

    def _put(self, world: str, rule: Rule) -> bool:
        rule.tally = self._tally(rule.id)
        keys = [self._name(world), self._worlds, self._count(rule.id)]
        there_is_room = self._run(_ADD, keys, world, orjson.dumps(rule.asked()), MOST, KEPT)
        if there_is_room:
            self._tell(world)
        return bool(there_is_room)

    def _take(self, world: str, rule: Rule) -> None:
        keys = [self._name(world), self._worlds, self._count(rule.id)]
        self._run(_TAKE, keys, world, rule.id)
        self._tell(world)

    async def _read(self, world: str) -> None:
        found = await self._link.ask("LRANGE", self._name(world), 0, -1)
        asked = [orjson.loads(row) for row in found]
        self._keep(world, [Rule(**row, tally=self._tally(row["id"])) for row in asked])

    def _tell(self, world: str) -> None:
        self._feed.tell({CHANGED: world.encode()})
        waited(self._feed.settle())

    def _tally(self, fault_id: str) -> SharedTally:
        return SharedTally(self._link, self._count(fault_id))

    def _name(self, world: str) -> str:
        return self._link.name("faults", world)

    def _count(self, fault_id: str) -> str:
        return self._link.name("fault", fault_id)

    def _run(self, script: str, keys: list[str], *values: Any) -> Any:
        try:
            return waited(self._link.run(script, keys, *values))
        except Gone:
            raise unavailable() from None


# A fault that was removed counts nothing, and one that has struck so many times matches nothing.
_COUNT = """
local applied = redis.call('HGET', KEYS[1], 'applied')
local most = tonumber(ARGV[2])
if not applied or (most >= 0 and tonumber(applied) >= most) then return nil end
return redis.call('HINCRBY', KEYS[1], ARGV[1], 1)
"""
_ADD = """
if redis.call('LLEN', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('RPUSH', KEYS[1], ARGV[2])
redis.call('SADD', KEYS[2], ARGV[1])
redis.call('HSET', KEYS[3], 'seen', 0, 'applied', 0)
for i = 1, 3 do redis.call('EXPIRE', KEYS[i], ARGV[4]) end
return 1
"""
_TAKE = """
for _, row in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  if cjson.decode(row)['id'] == ARGV[2] then redis.call('LREM', KEYS[1], 1, row) end
end
redis.call('DEL', KEYS[3])
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('SREM', KEYS[2], ARGV[1]) end
"""
_CLEAR = """
redis.call('SREM', KEYS[2], ARGV[1])
redis.call('DEL', KEYS[1])
for i = 3, #KEYS do redis.call('DEL', KEYS[i]) end
"""
