"""Fixed windows on the clock's minute and hour."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from tests.second.callers import Caller
from tests.second.refusals import Refusal

MINUTE, HOUR = 60, 3600


@dataclass(frozen=True)
class Window:
    """What is left of one window."""

    limit: int
    left: int
    ends: int


@dataclass
class Quotas:
    """How often everybody asked in the windows that are open."""

    _used: dict[tuple[tuple[str, ...], int], tuple[int, int]] = field(default_factory=dict)

    def count(self, caller: Caller, moment: float) -> None:
        """Takes one request from both windows, or none and refuses it. Who is refused anyway is never refused for this."""
        spent = [window for window in self._windows(caller, moment) if window.left == 0]
        if spent and caller.refusal is None:
            wait = max(1, math.ceil(max(window.ends for window in spent) - time.time()))
            raise Refusal("RATE_LIMITED", "Enough for now", Retry_After=str(wait))
        if not spent:
            for length in (MINUTE, HOUR):
                ends, used = self._window(caller, length, moment)
                self._used[caller.name, length] = (ends, used + 1)

    def headers(self, caller: Caller, moment: float) -> list[tuple[str, str]]:
        """The window with fewer requests left."""
        window = min(self._windows(caller, moment), key=lambda window: window.left)
        return [
            ("x-ratelimit-reset", str(window.ends)),
            ("X-RATELIMIT-LIMIT", str(window.limit)),
            ("x-RateLimit-remaining", str(window.left)),
        ]

    def _windows(self, caller: Caller, moment: float) -> list[Window]:
        found = []
        for limit, length in ((caller.per_minute, MINUTE), (caller.per_hour, HOUR)):
            ends, used = self._window(caller, length, moment)
            found.append(Window(limit, max(0, limit - used), ends))
        return found

    def _window(self, caller: Caller, length: int, moment: float) -> tuple[int, int]:
        ends = (int(moment) // length + 1) * length
        known, used = self._used.get((caller.name, length), (ends, 0))
        return ends, used if known == ends else 0
