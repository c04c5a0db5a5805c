"""Instants as exact seconds: RFC 3339 in, the contract's text out."""

from __future__ import annotations

import re
import time
from fractions import Fraction

DAY = 86400
DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})\Z")
DATE_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))\Z"
)
LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def now(tick: int = 1) -> str:
    """This millisecond as the contract writes it, by a clock that ticks every so many of them."""
    milliseconds = time.time_ns() // 1_000_000 // tick * tick
    seconds = time.gmtime(milliseconds // 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", seconds) + f".{milliseconds % 1000:03d}Z"


def days(year: int, month: int, day: int) -> int:
    """Days since 1 March of the year 0; the calendar goes on before it, and after 9999."""
    year, month = (year, month - 3) if month > 2 else (year - 1, month + 9)
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 + day - 1


def date(text: str) -> int | None:
    """The second at which a date of RFC 3339 begins; None if it is none."""
    found = DATE.match(text)
    if found is None:
        return None
    year, month, day = (int(part) for part in found.groups())
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= month <= 12 or not 1 <= day <= LENGTHS[month - 1] + (leap and month == 2):
        return None
    return days(year, month, day) * DAY


def date_time(text: str) -> Fraction | None:
    """The second that a date-time of RFC 3339 names; None if it is none."""
    found = DATE_TIME.match(text)
    midnight = date(found[1]) if found else None
    if found is None or midnight is None:
        return None
    hour, minute, second = int(found[2]), int(found[3]), int(found[4])
    ahead, behind = int(found[7] or 0), int(found[8] or 0)
    if hour > 23 or minute > 59 or second > 60 or ahead > 23 or behind > 59:
        return None
    offset = (ahead * 60 + behind) * (-60 if found[6] == "-" else 60)
    whole = midnight + hour * 3600 + minute * 60 - offset
    if second == 60 and (whole + 60) % DAY != 0:
        return None  # leap seconds end days of UTC
    return whole + second + Fraction(f"0.{found[5] or 0}")


def earliest(text: str) -> Fraction | None:
    """Where a range that begins with this date or date-time begins."""
    midnight = date(text)
    return date_time(text) if midnight is None else Fraction(midnight)


def latest(text: str) -> Fraction | None:
    """Where a range that ends with this date or date-time ends. A date's last instant that a row can have is a millisecond
    before the next day."""
    midnight = date(text)
    return date_time(text) if midnight is None else Fraction(midnight + DAY) - Fraction(1, 10**9)
