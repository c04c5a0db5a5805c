"""Durations and instants as they are typed."""

from __future__ import annotations

import pytest

from mockserver.commands.moments import instant, seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", 90),
        ("15m", 900),
        ("1h30m", 5400),
        ("2h", 7200),
        ("3d", 259200),
        ("1w", 604800),
        ("1.5h", 5400),
        ("0s", 0),
        ("PT1H30M", 5400),
        ("P1D", 86400),
        ("P2W", 1209600),
        ("P1DT12H", 129600),
        ("PT0.5S", 0.5),
    ],
)
def test_a_duration_is_as_long_as_it_says(text: str, expected: float) -> None:
    assert expected == seconds(text)


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1DT", "90", "1x", "-1h", "m", "30m1h", "1h 30m", "P1M", "P1Y", "1H", "٣s", "1e9s", "9" * 20 + "s"],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    """A month has no length, and nothing is guessed."""
    with pytest.raises(ValueError, match="one looks like 90s"):
        seconds(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-12T14:32:00Z", "2026-03-12T14:32:00.000Z"),
        ("2026-03-12T14:32:00.123456+02:00", "2026-03-12T12:32:00.123Z"),
        ("2026-03-12T14:32", "2026-03-12T14:32:00.000Z"),
        ("2026-03-12 14:32:00", "2026-03-12T14:32:00.000Z"),
        ("2026-03-12", "2026-03-12T00:00:00.000Z"),
    ],
)
def test_an_instant_is_utc_unless_it_says_otherwise(text: str, expected: str) -> None:
    assert expected == instant(text)


@pytest.mark.parametrize("text", ["", "now", "2026-13-01", "2026-03-12T25:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="one looks like 2026-03-12T14:32:00Z"):
        instant(text)
