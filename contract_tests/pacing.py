"""Fits the judge's requests under each caller's rate limit, by what the headers of the answers say.

A 429 comes only where a rule asks for it. A header that is plainly wrong is not obeyed: the RAT rules accuse it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from contract_tests.absence import Why, not_run

HOUR = 3_600
SPARE = 1  # requests that are left for whoever else uses the key
MARGIN = 1.1  # seconds after a reset: Date tells whole seconds
TOLD = 5.0  # seconds that a wait lasts before it is spoken of
RESENT = 3  # times that a request which was refused all the same is sent again


@dataclass
class Window:
    """What is left to a caller until a moment of the monotonic clock; `awaited` if it is known only by waiting for it."""

    remaining: int
    until: float
    awaited: bool = False


@dataclass
class Pacer:
    """`per_minute` bounds all callers together; `deadline` is a moment of the monotonic clock."""

    per_minute: int | None = None
    deadline: float | None = None
    say: Callable[[str], None] = lambda line: None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    waited: float = 0.0
    _windows: dict[str, Window] = field(default_factory=dict)
    _distrusted: set[str] = field(default_factory=set)
    _next: float = 0.0
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def before(self, caller: str) -> None:
        """Wait until the caller may send one more; ends the test, unjudged, where that would be after the deadline."""
        with self._lock:
            if self.per_minute:
                self._wait(self._next - self.clock(), "of [pacing]")
                self._next = max(self._next, self.clock()) + 60 / self.per_minute
            window = self._windows.get(caller)
            if window and window.remaining <= SPARE and caller not in self._distrusted:
                self._wait(window.until - self.clock(), f"of `{caller}`")
                window.remaining, window.awaited = SPARE + 1, True
            if window:
                window.remaining -= 1

    def after(self, caller: str, status: int, headers: Mapping[str, str]) -> None:
        """Learn from an answer; header names are in lower case."""
        numbers = [headers.get(f"x-ratelimit-{name}", "") for name in ("limit", "remaining", "reset")]
        if not all(number.isascii() and number.isdigit() and len(number) < 12 for number in numbers):
            return
        limit, remaining, reset = map(int, numbers)
        left = reset - _clock(headers)
        with self._lock:
            if not 0 <= left <= HOUR + 1 or remaining > limit:
                return
            before = self._windows.get(caller)
            if before and before.awaited and status != 429 and remaining <= SPARE and limit > 2 * SPARE + 1:
                self._distrusted.add(caller)  # its window has just begun, and nothing is said to be left
            self._windows[caller] = Window(remaining, self.clock() + max(left, 0) + MARGIN)

    def refused(self, caller: str, headers: Mapping[str, str]) -> None:
        """A 429 came that nobody wanted: someone else uses the key, or the address. Wait as it says."""
        text = headers.get("retry-after", "")
        seconds = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 60
        with self._lock:
            self._wait(seconds + MARGIN, f"of `{caller}`")

    def _wait(self, seconds: float, whose: str) -> None:
        if seconds <= 0:
            return
        if self.deadline is not None and self.clock() + seconds > self.deadline:
            not_run(Why.OUT_OF_TIME, f"the rate limit {whose} is used up for another {seconds:.0f} s")
        if seconds > TOLD:
            self.say(f"waiting {seconds:.0f} s for the rate limit {whose}")
        self.waited += seconds
        self.sleep(seconds)


def _clock(headers: Mapping[str, str]) -> float:
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError):
        return time.time()
