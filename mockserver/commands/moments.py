"""Durations and instants as they are typed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import click

from mockserver.domain import instants

_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,9})?"
_SHORT = re.compile("".join(rf"(?:(?P<{unit}>{_NUMBER}){unit})?" for unit in "wdhms"))
_ISO = re.compile(
    rf"P(?:(?P<w>{_NUMBER})W)?(?:(?P<d>{_NUMBER})D)?"
    rf"(?:T(?=[0-9])(?:(?P<h>{_NUMBER})H)?(?:(?P<m>{_NUMBER})M)?(?:(?P<s>{_NUMBER})S)?)?"
)
_SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}


def seconds(text: str) -> float:
    """The length of `90s`, `1h30m`, `2d`, or of an ISO 8601 duration without years and months. Raises ValueError."""
    found = _ISO.fullmatch(text) or _SHORT.fullmatch(text)
    given = {unit: value for unit, value in (found.groupdict() if found else {}).items() if value}
    if not given:
        raise ValueError(f"{text!r} is no duration; one looks like 90s, 15m, 1h30m, 3d or PT1H30M")
    return sum(_SECONDS[unit] * float(value) for unit, value in given.items())


def instant(text: str) -> str:
    """The instant in UTC of an ISO 8601 date or date and time; UTC unless it says otherwise. Raises ValueError."""
    try:
        parsed = datetime.fromisoformat(text)
        return instants.text(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no instant; one looks like 2026-03-12T14:32:00Z") from None


class _Typed(click.ParamType[Any]):
    """A parameter that one of these functions reads."""

    def __init__(self, name: str, read: Any) -> None:
        self.name = name
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except ValueError as why:
            self.fail(str(why), param, ctx)


DURATION = _Typed("duration", seconds)
INSTANT = _Typed("instant", instant)
