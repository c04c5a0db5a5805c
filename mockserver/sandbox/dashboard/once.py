"""Secrets between the answer that has them and the page that shows them. In memory, and gone once they were shown."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

KEPT = 100


@dataclass(frozen=True)
class Shown:
    """A page that can be seen once: secrets, each with its label; commands to go on with; and a link to leave by."""

    title: str
    sentence: str
    secrets: tuple[tuple[str, str], ...]
    commands: tuple[tuple[str, str], ...]
    onward: tuple[tuple[str, str], ...]


class Once:
    """At most KEPT at a time; those that nobody looked at go first. Only the session that made one may take it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], Shown] = OrderedDict()
        self._lock = Lock()

    def keep(self, session: str, shown: Shown) -> str:
        """The name under which it can be taken."""
        name = secrets.token_urlsafe(12)
        with self._lock:
            self._kept[session, name] = shown
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return name

    def take(self, session: str, name: str) -> Shown | None:
        with self._lock:
            return self._kept.pop((session, name), None)
