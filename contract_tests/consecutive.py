"""What holds between the answers to one caller, one after the other; the laws of laws.py look at one answer alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from contract_tests import laws
from contract_tests.seen import RATE_LIMIT, Found, Seen, header_faults

FALLING = "RAT-08"
EVERY = (*laws.LAWS, FALLING)  # the rules that are judged on every answer


@dataclass
class Consecutive:
    """Remembers each caller's last answer, by thread: what runs at the same time has no order to be judged by."""

    _last: dict[tuple[int, str | None], tuple[str, int]] = field(default_factory=dict)

    def judge(self, seen: Seen) -> Iterator[tuple[str, list[str]]]:
        """The laws that apply to this answer after those before it, each with what it found."""
        found = self._remaining_never_rises(seen)
        if found is not None:
            yield FALLING, found

    def _remaining_never_rises(self, seen: Seen) -> Found:
        if any(header_faults(seen, name) for name in RATE_LIMIT):
            return None  # for RAT-01
        limit, remaining, reset = (seen.headers[name.lower()] for name in RATE_LIMIT)
        caller, window, now = (threading.get_ident(), seen.authorization), f"{limit} until {reset}", int(remaining)
        before = self._last.get(caller)
        self._last[caller] = window, now
        if before is None or before[0] != window:
            return None
        return [f"{now} remain of {window}; {before[1]} did in the answer before"] if now > before[1] else []
