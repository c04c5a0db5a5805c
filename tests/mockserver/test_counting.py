"""Counts in memory: as the `limits` library's own, and bounded."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits.storage import MemoryStorage

from mockserver.counting import Memory


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1_000_000.0]
    monkeypatch.setattr("mockserver.counting.time.time", lambda: now[0])
    return now


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["incr", "get", "clear"]), st.integers(1, 3)), max_size=20)
)
def test_it_counts_as_the_library_does(steps: list[tuple[str, str, int]]) -> None:
    mine, theirs = Memory(), MemoryStorage()
    for key, step, amount in steps:
        if step == "incr":
            assert theirs.incr(key, 60, amount) == mine.incr(key, 60, amount)
        elif step == "get":
            assert theirs.get(key) == mine.get(key)
        else:
            theirs.clear(key)
            mine.clear(key)


def test_a_window_ends(clock: list[float]) -> None:
    memory = Memory()
    counted = [memory.incr("a", 60), memory.incr("a", 60)]
    clock[0] += 59.9
    counted.append(memory.get("a"))
    clock[0] += 0.1

    assert [1, 2, 2, 0, 1] == [*counted, memory.get("a"), memory.incr("a", 60)]


def test_what_is_past_is_forgotten(clock: list[float]) -> None:
    memory = Memory()
    for number in range(10_000):
        memory.incr(f"address {number}", 60)
        clock[0] += 1

    assert memory.reset() < 3_000


def test_it_begins_no_thread() -> None:
    before = threading.active_count()
    memory = Memory()
    for _ in range(100):
        memory.incr("a", 60)

    assert before == threading.active_count()
