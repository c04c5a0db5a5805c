"""Instants as the API writes them: UTC, RFC 3339, milliseconds, `Z`. Text of this form sorts as the instants do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

Clock = Callable[[], datetime]

_EARLIEST = "0001-01-01T00:00:00.000Z"
_LATEST = "9999-12-31T23:59:59.999Z"


def now() -> datetime:
    """The clock on the wall."""
    return datetime.now(UTC)


def text(instant: datetime) -> str:
    """The instant to the millisecond, cut off and not rounded."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse(given: str) -> datetime:
    """The instant of a text that this API wrote."""
    return datetime.fromisoformat(given)


def first(given: str) -> str:
    """The first millisecond at or after a date (its first instant, UTC) or a date-time. Raises ValueError."""
    if len(given) == len("2026-03-01"):
        return text(datetime.combine(date.fromisoformat(given), time.min, UTC))
    return _shifted(given, timedelta(microseconds=999))


def last(given: str) -> str:
    """The last millisecond at or before a date (its last instant, UTC) or a date-time. Raises ValueError."""
    if len(given) == len("2026-03-01"):
        return text(datetime.combine(date.fromisoformat(given), time.max, UTC))
    return _shifted(given, timedelta(0))


def _shifted(given: str, by: timedelta) -> str:
    """RFC 3339 allows lower case and the leap second :60, which Python does not read: it is the second after :59."""
    normal = given.upper()
    leap = normal[17:19] == "60"
    instant = datetime.fromisoformat(normal[:17] + "59" + normal[19:] if leap else normal)
    try:
        instant = instant.astimezone(UTC) + by + timedelta(seconds=1 if leap else 0)
    except OverflowError:
        return _EARLIEST if instant.year == 1 else _LATEST
    return text(instant)
