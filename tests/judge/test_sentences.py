"""Every promise of the overview page and of the decisions rests on a rule, or says why it cannot."""

from __future__ import annotations

from itertools import pairwise

from contract_tests.rules import RULES
from contract_tests.sentences import SENTENCES, SOURCES

# Those of a rule's sources that sentences.toml holds.
PLACES = [
    (rule.id, place) for rule in RULES.values() for place in rule.source.split("; ") if place.partition(":")[0] in SOURCES
]


def test_a_sentence_has_rules_or_a_reason() -> None:
    assert [each for each in SENTENCES if bool(each.rules) == bool(each.unobservable)] == []


def test_a_sentence_names_rules_that_there_are() -> None:
    assert sorted({rule for each in SENTENCES for rule in each.rules} - set(RULES)) == []
    for each in SENTENCES:
        assert list(each.rules) == sorted(set(each.rules)), each.text


def test_a_rule_is_named_where_its_source_says() -> None:
    named = {(rule, each.place) for each in SENTENCES for rule in each.rules}

    assert sorted(set(PLACES) - named) == []


def test_sections_are_whole_and_sources_known() -> None:
    """In the order of the texts: none is begun, left and taken up again."""
    places = [each.place for each in SENTENCES]
    begun = [second for first, second in pairwise(["", *places]) if second != first]

    assert len(begun) == len(set(begun))
    assert {each.source for each in SENTENCES} == set(SOURCES)


def test_no_sentence_stands_twice_in_a_section() -> None:
    assert len({(each.place, each.text) for each in SENTENCES}) == len(SENTENCES)
