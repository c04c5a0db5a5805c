"""What time it is: for the server, and for a world that has a clock of its own.

A clock runs beside the clock on the wall, ahead of it or behind, or stands still. What happens by the clock (expiry, windows
of rate limits, jobs, webhooks) asks here, so a clock that is turned turns all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from mockserver.domain.instants import Clock

SERVER = ""  # whose clock it is that every world without its own goes by
# Some years before the last instant that can be written: what is to happen a while from now can be said at any time, and
# what waits for ever (domain/jobs.py, WAITING) is never due.
_LATEST = datetime(9990, 1, 1, tzinfo=UTC)
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


def later(at: datetime, by: timedelta) -> datetime:
    """So much later, or at the end of time."""
    try:
        return at + by
    except OverflowError:
        return _LATEST


class Setting(NamedTuple):
    """A clock: `at` is what it showed at `since`, on the wall. A frozen one still shows it."""

    frozen: bool
    at: datetime
    since: datetime

    def shows(self, wall: datetime) -> datetime:
        return self.at if self.frozen else min(later(self.at, wall - self.since), _LATEST)


class Settings(Protocol):
    """Where the clocks are kept that have been turned: by world, the server's as SERVER."""

    def clocks(self) -> Mapping[str, Setting]: ...

    def refresh(self) -> None:
        """Look whether another process has turned one."""


class Clocks:
    """Reads the clocks. The server's own, and the latest, are looked up anew; a world's is as of the last look."""

    def __init__(self, wall: Clock, kept: Settings) -> None:
        self._wall = wall
        self._kept = kept

    def wall(self) -> datetime:
        """The clock on the wall, which always goes."""
        return self._wall()

    def now(self, world: str = SERVER) -> datetime:
        wall = self._wall()
        if world == SERVER:
            self._kept.refresh()
        settings = self._kept.clocks()
        if not settings:
            return wall
        own = settings.get(world) or settings.get(SERVER)
        return own.shows(wall) if own else wall

    def latest(self) -> datetime:
        """What the clock shows that is ahead of all others."""
        wall = self._wall()
        self._kept.refresh()
        shown = [setting.shows(wall) for setting in self._kept.clocks().values()]
        return max([wall, *shown])

    def is_own(self, world: str) -> bool:
        return world in self._kept.clocks()

    def is_frozen(self, world: str) -> bool:
        settings = self._kept.clocks()
        own = settings.get(world) or settings.get(SERVER)
        return bool(own and own.frozen)

    def turned(self, world: str, *, frozen: bool, at: datetime | None = None, by: timedelta = timedelta(0)) -> Setting:
        """The setting of a clock that goes on, or stands still, from an instant or from what it shows now, moved on."""
        start = at if at is not None else self.now(world)
        return Setting(frozen, min(max(later(start, by), _EARLIEST), _LATEST), self._wall())
