"""Requests counted in Redis by the `limits` library, for plain code that waits in a greenlet."""

from __future__ import annotations

from limits.aio.storage import RedisStorage
from limits.storage import Storage

from mockserver.live.link import Link
from mockserver.store.aside import waited
from mockserver.stores import Gone


class Counters(Storage):
    """The library's asynchronous storage as a plain one. Raises Gone."""

    STORAGE_SCHEME = None  # is not found by a URL

    def __init__(self, link: Link) -> None:
        super().__init__()
        self._link = link
        self._prefix = link.name("limits")
        self._storage = RedisStorage(
            "async+redis://",  # unused: the pool knows where
            implementation="redispy",
            key_prefix=self._prefix,
            connection_pool=link.pool,  # type: ignore[arg-type]  # what limits 5.8 documents, and its types lack
        )

    @property
    def base_exceptions(self) -> type[Exception]:
        return Gone

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        return waited(self._link.bounded(self._storage.incr(key, expiry, amount)))

    def incr_both(self, keys: tuple[str, str], expiries: tuple[int, int], most: int) -> tuple[int, int]:
        """Count in two windows at once, in the second only if the first has not more than `most`: as two calls of `incr`
        would, in one exchange."""
        names = [f"{self._prefix}:{key}" for key in keys]
        first, second = waited(self._link.run(_BOTH, names, *expiries, most))
        return int(first), int(second or 0)

    def get(self, key: str) -> int:
        return waited(self._link.bounded(self._storage.get(key)))

    def get_expiry(self, key: str) -> float:
        return waited(self._link.bounded(self._storage.get_expiry(key)))

    def check(self) -> bool:
        return not self._link.is_gone

    def reset(self) -> int | None:
        return waited(self._link.bounded(self._storage.reset()))

    def clear(self, key: str) -> None:
        waited(self._link.bounded(self._storage.clear(key)))


_BOTH = """
local function hit(key, expiry)
  local number = redis.call('INCR', key)
  if number == 1 then redis.call('EXPIRE', key, expiry) end
  return number
end
local first = hit(KEYS[1], ARGV[1])
if first > tonumber(ARGV[3]) then return {first, redis.call('GET', KEYS[2])} end
return {first, hit(KEYS[2], ARGV[2])}
"""
