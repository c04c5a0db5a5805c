"""House-keeping, now and then: when worlds were used is written down, and those that nobody uses any more are deleted."""

from __future__ import annotations

import logging
from datetime import timedelta

from mockserver.domain import instants
from mockserver.domain.clocks import Clocks
from mockserver.settings import Settings
from mockserver.store.worlds import Worlds

log = logging.getLogger("mockserver")
EVERY = timedelta(seconds=30)


class Keeping:
    """By the clock on the wall: a world whose own clock is turned is as idle as any other."""

    def __init__(self, settings: Settings, worlds: Worlds, clocks: Clocks) -> None:
        self._idle = timedelta(days=settings.idle_days)
        self._deletes = settings.public
        self._worlds = worlds
        self._clocks = clocks
        self._next = clocks.wall() + EVERY

    def turn(self) -> None:
        """Called often; does something every EVERY."""
        now = self._clocks.wall()
        if now < self._next:
            return
        self._next = now + EVERY
        self._worlds.note_use()
        if self._deletes:
            for world_id in self._worlds.idle(instants.text(now - self._idle)):
                self._worlds.delete(world_id)
                log.info("world %s was deleted: nobody used it for %s days", world_id, self._idle.days)
