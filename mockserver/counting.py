"""What one process counts, in a dictionary.

The `limits` library's own store in memory begins a thread every 10 ms of requests, to forget what is past: up to a quarter
of a request's time.
"""

from __future__ import annotations

import time
from typing import NamedTuple

from limits.storage import Storage

_FEW = 1024  # counters that need no sweeping


class Count(NamedTuple):
    """`until`: seconds since the epoch."""

    number: int
    until: float


class Memory(Storage):
    """A store of the library, for its fixed windows. On one thread: nothing of it is called by two at a time."""

    STORAGE_SCHEME = None  # is not found by a URL

    def __init__(self) -> None:
        super().__init__()
        self._counts: dict[str, Count] = {}
        self._many = _FEW

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        return ()

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        now = time.time()
        known = self._counts.get(key)
        if known is None or known.until <= now:
            self._sweep(now)
            known = Count(0, now + expiry)
        number = known.number + amount
        self._counts[key] = Count(number, known.until)
        return number

    def get(self, key: str) -> int:
        known = self._counts.get(key)
        return known.number if known and known.until > time.time() else 0

    def get_expiry(self, key: str) -> float:
        known = self._counts.get(key)
        return known.until if known else time.time()

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        forgotten = len(self._counts)
        self._counts.clear()
        return forgotten

    def clear(self, key: str) -> None:
        self._counts.pop(key, None)

    def _sweep(self, now: float) -> None:
        """Forget what is past, whenever there is twice as much as was left the last time."""
        if len(self._counts) >= self._many:
            self._counts = {key: known for key, known in self._counts.items() if known.until > now}
            self._many = max(_FEW, 2 * len(self._counts))
