"""The judge keeps under the rate limit that the headers tell, and does not believe headers that are plainly wrong."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate

import pytest

from contract_tests.pacing import MARGIN, RESENT, SPARE, Pacer

EPOCH = 1_741_787_400  # a whole minute


class Time:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Limited:
    """A server that allows so many requests a minute, and counts those that it refuses."""

    def __init__(self, time: Time, limit: int) -> None:
        self.time, self.limit, self.counts, self.refused = time, limit, {}, 0  # type: ignore[var-annotated]

    def answer(self) -> tuple[int, Mapping[str, str]]:
        minute = int(self.time.now // 60)
        used = self.counts[minute] = self.counts.get(minute, 0) + 1
        status = 429 if used > self.limit else 200
        self.refused += status == 429
        return status, headers(self.time, self.limit, max(0, self.limit - used), EPOCH + (minute + 1) * 60)


def headers(time: Time, limit: object, remaining: object, reset: object) -> Mapping[str, str]:
    named = {"limit": limit, "remaining": remaining, "reset": reset}
    told = {f"x-ratelimit-{name}": str(value) for name, value in named.items()}
    return {**told, "date": formatdate(EPOCH + int(time.now), usegmt=True)}


def pacer(time: Time, **options: object) -> Pacer:
    return Pacer(clock=time, sleep=time.sleep, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", [3, 60, 300])
def test_a_limit_is_never_tripped(limit: int) -> None:
    time = Time()
    server, paced = Limited(time, limit), pacer(time)
    for _ in range(5 * limit):
        paced.before("full")
        status, told = server.answer()
        paced.after("full", status, told)
        time.now += 0.01

    assert 0 == server.refused
    assert time.now < 60 * (5 * limit / (limit - SPARE) + 2), "and no minute is wasted"


def test_each_caller_has_a_window_of_its_own() -> None:
    time = Time()
    paced = pacer(time)
    paced.after("quota", 200, headers(time, 60, 0, EPOCH + 60))
    paced.before("full")

    assert 0 == time.now


@pytest.mark.parametrize(
    ("limit", "remaining", "reset"),
    [
        (60, 0, EPOCH * 1000),  # milliseconds
        (60, 0, EPOCH - 60),  # in the past
        (60, 0, 60),  # relative
        (60, 61, EPOCH + 60),
        ("many", 0, EPOCH + 60),
        (60, "-1", EPOCH + 60),
        ("", "", ""),
    ],
)
def test_headers_that_are_plainly_wrong_are_not_obeyed(limit: object, remaining: object, reset: object) -> None:
    """The rules about rate limits accuse them."""
    time = Time()
    paced = pacer(time)
    paced.after("full", 200, headers(time, limit, remaining, reset))
    paced.before("full")

    assert 0 == time.now


def test_a_limit_that_stays_used_up_though_all_is_answered_is_waited_for_once() -> None:
    time = Time()
    paced = pacer(time)
    for _ in range(50):
        paced.before("full")
        paced.after("full", 200, headers(time, 60, 0, EPOCH + 60 * (int(time.now // 60) + 1)))

    assert time.now < 60 + 2 * MARGIN


def test_what_would_last_longer_than_the_run_is_not_waited_for() -> None:
    time = Time()
    paced = pacer(time, deadline=30.0)
    paced.after("full", 200, headers(time, 1000, 0, EPOCH + 3_000))

    with pytest.raises(pytest.skip.Exception, match="out of time: the rate limit of `full` is used up for another 300"):
        paced.before("full")
    assert 0 == time.now


def test_all_callers_together_keep_to_what_the_target_file_says() -> None:
    time = Time()
    paced = pacer(time, per_minute=120)
    for number in range(121):
        paced.before("full" if number % 2 else "reader")

    assert 60 == pytest.approx(time.now)


def test_a_refusal_that_nobody_wanted_is_waited_out() -> None:
    time = Time()
    pacer(time).refused("full", {"retry-after": "17"})

    assert 17 + MARGIN == time.now
    assert RESENT >= 1
