"""The judge's own reading of filters."""

from __future__ import annotations

import pytest

from contract_tests.filtering import reversed_range
from contract_tests.matching import at_least, at_most, contains, may_contain

NOON = "2026-03-01T12:00:00.000Z"


@pytest.mark.parametrize(
    ("bound", "least", "most"),
    [
        ("2026-03-01T12:00:00.000Z", True, True),
        ("2026-03-01T12:00:00.001Z", False, True),
        ("2026-03-01T11:59:59.999Z", True, False),
        ("2026-03-01T14:00:00.000+02:00", True, True),
        ("2026-03-01T14:00:00.001+02:00", False, True),
        ("2026-03-01", True, True),
        ("2026-03-02", False, True),
        ("2026-02-28", True, False),
    ],
)
def test_dates_are_compared_as_instants(bound: str, least: bool, most: bool) -> None:
    assert (at_least(NOON, bound), at_most(NOON, bound)) == (least, most)


def test_a_day_ends_before_the_next_begins() -> None:
    assert at_most("2026-03-01T23:59:59.999Z", "2026-03-01")
    assert not at_most("2026-03-02T00:00:00.000Z", "2026-03-01")


@pytest.mark.parametrize(
    ("bound", "least", "most"), [(0.8, True, True), (0.801, False, True), (0.799, True, False), (1, False, True)]
)
def test_numbers_are_compared_by_value(bound: float, least: bool, most: bool) -> None:
    assert (at_least(0.8, bound), at_most(0.8, bound)) == (least, most)


def test_a_search_knows_no_case_and_no_wildcards() -> None:
    assert contains("Größe", "GRÖ")
    assert not contains("100 cotton", "100%")
    assert not contains(None, "x")


def test_what_a_search_means_by_case_is_left_open() -> None:
    assert not contains("glass", "ß")
    assert may_contain("glass", "ß")


def test_a_reversed_range_is_seen_across_forms() -> None:
    assert reversed_range({"start_date": "2026-03-02", "end_date": NOON})
    assert not reversed_range({"start_date": "2026-03-01", "end_date": NOON})
    assert not reversed_range({"start_date": NOON})
