"""Strangers' text shows all that is in it, and commands nobody."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.report.visible import indented, line, visible


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x00b", "a[NUL]b"),
        ("\x1b[31mred", "[ESC][31mred"),
        ("\u202egnp.exe", "[U+202E]gnp.exe"),
        ("\ud83d", "[U+D83D]"),
        ("\uffff\x7f\x85", "[U+FFFF][U+007F][U+0085]"),
        ("two\r\nlines\tand a\rreturn", "two\nlines\tand a[CR]return"),
        ("👩‍👩‍👧‍👦 naïve 日本語", "👩‍👩‍👧‍👦 naïve 日本語"),
    ],
)
def test_what_is_unseen_is_named(text: str, expected: str) -> None:
    assert expected == visible(text)


def test_a_line_is_one_line_of_its_length() -> None:
    assert "a b c" == line("a\n b\t c", 10)
    assert "aaaa…" == line("a" * 1_000_000, 5)
    assert "a…" == line("a" + " " * 100 + "b", 5)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_indenting_changes_nothing_but_white_space(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False)

    assert value == json.loads(indented(text))
    assert text.replace(" ", "") == indented(text).replace(" ", "").replace("\n", "")


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2.50, "b": 1e400}', "[1.0, -0, []]"])
def test_duplicate_keys_and_odd_numbers_are_evidence(text: str) -> None:
    assert text.replace(" ", "") == "".join(indented(text).split())


@pytest.mark.parametrize("text", ["", "<html>", '{"a":', "[" * 100_000, "[" * 50 + "1" + "]" * 49])
def test_what_is_no_json_stays(text: str) -> None:
    assert text == indented(text)
