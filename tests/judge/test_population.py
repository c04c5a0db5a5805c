"""The population has what the laws of sorting, searching and selecting are about; existing data may lack it."""

from __future__ import annotations

from collections import Counter

from contract_tests.population import AMOUNTS, PRIORITIES, TITLES, UNITS

NAMES = list(TITLES.values())
ON_HAND = [sum(units) for units in UNITS]


def test_titles_have_ties_and_differ_in_case_alone() -> None:
    assert max(Counter(NAMES).values()) > 1
    assert max(Counter(name.lower() for name in set(NAMES)).values()) > 2


def test_titles_sort_otherwise_by_code_point_than_whatever_the_case() -> None:
    assert sorted(NAMES) != sorted(NAMES, key=str.lower)


def test_numbers_sort_otherwise_by_value_than_as_text_and_have_ties() -> None:
    for numbers in (ON_HAND, PRIORITIES, AMOUNTS):
        assert sorted(numbers) != sorted(numbers, key=str)
        assert max(Counter(numbers).values()) > 1


def test_titles_have_what_a_search_could_take_for_a_pattern() -> None:
    """Each beside a title that such a pattern would find too."""
    assert {"100% cotton", "100 cotton", "under_score", "underXscore"} <= set(NAMES)
    assert any("\\" in name for name in NAMES)


def test_titles_are_of_many_scripts() -> None:
    texts = "".join(NAMES)

    assert {sign for sign in "Äéαβ青ィ" if sign not in texts} == set()
    assert any(ord(sign) > 0xFFFF for sign in texts), "beyond the Basic Multilingual Plane"
