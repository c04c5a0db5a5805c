"""How values read on a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

# First digit of a status -> the class of its pill. The status itself is its text.
_KINDS = {1: "info", 2: "good", 3: "info", 4: "warn", 5: "bad"}
_STATES = {"pending": "info", "delivered": "good", "failed": "bad", "active": "good", "paused": "warn", "revoked": "bad"}


def moment(instant: str | None) -> Markup:
    """An instant of the API, to the second: `2026-03-12 14:32:01`. All of them are UTC, which the page's foot says."""
    if not instant:
        return Markup('<span class="quiet">never</span>')
    return Markup('<time datetime="{}">{}</time>').format(instant, f"{instant[:10]} {instant[11:19]}")


def time_of_day(instant: str) -> Markup:
    """To the millisecond, without the day: for rows of a log."""
    return Markup('<time datetime="{0}" title="{0}">{1}</time>').format(instant, instant[11:23].rstrip("Z"))


def pill(value: Any) -> Markup:
    """A status or a state, coloured, and always in words too."""
    if value is None:
        return Markup('<span class="pill bad">broken off</span>')
    kind = _KINDS.get(value // 100, "") if isinstance(value, int) else _STATES.get(value, "")
    return Markup('<span class="pill {}">{}</span>').format(kind, value)


def pretty(body: str | None) -> str:
    """JSON indented; anything else as it is."""
    try:
        return json.dumps(json.loads(body or ""), indent=2, ensure_ascii=False)
    except ValueError:
        return body or ""


def milliseconds(duration: float) -> str:
    return f"{duration:,.0f} ms" if duration >= 10 else f"{duration:.1f} ms"


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


FILTERS: Mapping[str, Any] = {
    "moment": moment,
    "time_of_day": time_of_day,
    "pill": pill,
    "pretty": pretty,
    "milliseconds": milliseconds,
    "counted": counted,
}
