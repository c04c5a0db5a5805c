"""Rate limits: fixed windows on the clock's minute and hour, counted by the `limits` library.

The library starts a window at its first hit; the contract's windows are the clock's, so the window's start is part of
the counter's name. The store is chosen by URL: `memory://` now, a shared one for several processes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from limits.errors import ConfigurationError
from limits.storage import Storage, storage_from_string

from mockserver.counting import Memory
from mockserver.domain.errors import ApiError
from mockserver.settings import MEMORY
from mockserver.stores import Gone, UnusableStore
from nexuscommerce.contract import Plan

if TYPE_CHECKING:  # redis-py is an extra
    from mockserver.live.counters import Counters

MINUTE, HOUR = 60, 3600
RETRY = 5  # seconds to wait for a store that is gone
HELD = 24 * 3600  # seconds on the wall that a window lasts at most whose clock stands still
_NAMES = {MINUTE: "minute", HOUR: "hour"}


class Quota(NamedTuple):
    """What the three headers say, and for how many seconds the caller must wait (0: go on), since that `window` is used up
    ("": since nothing can be counted)."""

    limit: int
    remaining: int
    reset: int
    wait: int = 0
    window: str = ""


class Quotas:
    """Counts requests by counter name, in the store of a URL or in these `counters`. With `enforced` off nothing is counted
    and nobody waits. While the store is gone nobody is refused (`is_open`), or everybody."""

    def __init__(self, url: str, *, enforced: bool = True, counters: Counters | None = None, is_open: bool = True) -> None:
        self._storage = counters or _storage(url)
        self._both = counters  # counts in both windows at once, since each call goes over a network
        self._enforced = enforced
        self._is_open = is_open

    def take(self, counter: str, plan: Plan, now: float, *, held: bool = False) -> Quota:
        """Count one request. A refused request costs nothing in the hour's window. `held`: the clock stands still, and the
        windows with it."""
        if not self._enforced:
            return self.look(counter, plan, now)
        try:
            return self._taken(counter, plan, now, held=held)
        except Gone:
            return self._uncounted(plan, now)

    def _taken(self, counter: str, plan: Plan, now: float, *, held: bool) -> Quota:
        if self._both is not None:
            names = _name(counter, MINUTE, now), _name(counter, HOUR, now)
            expiries = (HELD, HELD) if held else (MINUTE, HOUR)
            return _quota(plan, now, *self._both.incr_both(names, expiries, plan.per_minute))
        minute = self._hit(counter, MINUTE, now, held=held)
        if minute > plan.per_minute:
            return _quota(plan, now, minute, self._used(counter, HOUR, now))
        return _quota(plan, now, minute, self._hit(counter, HOUR, now, held=held))

    def look(self, counter: str, plan: Plan, now: float) -> Quota:
        """The same headers without counting: for health checks and OPTIONS."""
        try:
            used = [self._used(counter, window, now) for window in (MINUTE, HOUR)]
        except Gone:
            used = [0, 0]
        return _quota(plan, now, *used)._replace(wait=0)

    def count(self, counter: str, window: int, now: float) -> None:
        """Count one in a window of so many seconds of the clock."""
        if self._enforced:
            with self._tolerated():
                self._hit(counter, window, now)

    def counted(self, counter: str, window: int, now: float) -> int:
        """How many have been counted in the window so far."""
        with self._tolerated():
            return self._used(counter, window, now)
        return 0

    def hold(self, counter: str, now: float) -> None:
        """What was counted in the windows of now stays, however long they last: their clock is about to stand still."""
        for window in (MINUTE, HOUR):
            name = _name(counter, window, now)
            with self._tolerated():
                self._hold(name)

    def _hold(self, name: str) -> None:
        if used := self._storage.get(name):
            self._storage.clear(name)
            self._storage.incr(name, HELD, amount=used)

    def _uncounted(self, plan: Plan, now: float) -> Quota:
        """What is said while the store is gone."""
        quota = _quota(plan, now, 0, 0)
        return quota if self._is_open else quota._replace(remaining=0, wait=RETRY, window="")

    @contextmanager
    def _tolerated(self) -> Iterator[None]:
        """That the store is gone: nothing is counted, or nothing goes on. Raises SERVICE_UNAVAILABLE."""
        try:
            yield
        except Gone:
            if not self._is_open:
                raise ApiError("SERVICE_UNAVAILABLE", headers={"Retry-After": str(RETRY)}) from None

    def _hit(self, counter: str, window: int, now: float, *, held: bool = False) -> int:
        return self._storage.incr(_name(counter, window, now), HELD if held else window)

    def _used(self, counter: str, window: int, now: float) -> int:
        return self._storage.get(_name(counter, window, now))


def _storage(url: str) -> Storage:
    if url == MEMORY:
        return Memory()
    try:
        storage = storage_from_string(url)
    except ConfigurationError as why:
        raise UnusableStore(f"cannot count requests in {url} ({why}); --limits-store memory:// always works") from why
    if not isinstance(storage, Storage):
        raise UnusableStore(f"{url} is an asynchronous store; leave out `async+`")
    return storage


def _name(counter: str, window: int, now: float) -> str:
    return f"{counter}/{window}/{int(now) // window}"


def _quota(plan: Plan, now: float, minute: int, hour: int) -> Quota:
    """The window with fewer requests left, the minute's on a tie. A wait outlasts every window that is used up."""
    counts = ((plan.per_minute, minute, MINUTE), (plan.per_hour, hour, HOUR))
    windows = [Quota(limit, max(0, limit - used), _end(now, size), window=_NAMES[size]) for limit, used, size in counts]
    narrow = min(windows, key=lambda quota: quota.remaining)
    if all(used <= limit for limit, used, _ in counts):
        return narrow
    ends = (quota.reset for quota in windows if not quota.remaining)
    return narrow._replace(wait=max(1, math.ceil(max(ends) - now)))


def _end(now: float, window: int) -> int:
    return (int(now) // window + 1) * window
