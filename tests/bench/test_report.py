"""Medians, ratios, and the page that they are written into."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.contenders import FLASK, MOCK, STARLETTE
from bench.load import Figures
from bench.machine import taken
from bench.report import markdown, put, table
from bench.results import Seen, number, ratio


def _seen(title: str, *rates: float) -> Seen:
    return Seen(title, [0.5, 0.7], [40.0], [50.0], {"getProduct": [Figures(rate, 1, 2, 300) for rate in rates]})


def test_the_median_of_the_rounds_counts() -> None:
    assert "2,000" == number("rate")(_seen("mock", 1000, 9000, 2000), "getProduct")


def test_a_ratio_is_that_of_medians() -> None:
    assert "0.25" == ratio(_seen("Starlette", 8000))(_seen("mock", 1000, 2000, 3000), "getProduct")


@pytest.mark.parametrize("base", [None, _seen("Starlette")])
def test_without_a_base_there_is_no_ratio(base: Seen | None) -> None:
    assert "–" == ratio(base)(_seen("mock", 1000), "getProduct")


def test_what_was_not_answered_as_the_document_says_has_no_figure() -> None:
    assert "–" == number("rate")(_seen("mock", 1000), "createProduct")


def test_a_table_is_markdown() -> None:
    assert "| a | b |\n|---|--:|\n| c | 1 |" == table(["a", "b"], [["c", "1"]])


def test_who_could_not_be_had_is_named() -> None:
    seen = {STARLETTE: _seen("Starlette", 8000), FLASK: _seen("FlaskApp", 1000), MOCK: _seen("this mock", 4000)}
    seen["prism"] = Seen("Prism", missing="npm is missing: install Node.js")

    text = markdown(seen, ["getProduct"], "Taken today.")

    assert "| this mock | 0.50 |" in text
    assert "| this mock | 4.00 |" in text
    assert "- Prism: npm is missing: install Node.js" in text
    assert "| Prism |" not in text


def test_figures_of_a_busy_machine_say_so() -> None:
    assert "Provisional" in taken("medians", 4.5)
    assert "Provisional" not in taken("medians", 0.1)


def test_a_page_keeps_what_stands_around_the_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- here -->\nold\n<!-- /here -->\nafter\n")

    put(page, "here", "new\n")

    assert "before\n<!-- here -->\n\nnew\n\n<!-- /here -->\nafter\n" == page.read_text()


def test_a_page_without_a_place_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- here -->\nafter\n")

    with pytest.raises(ValueError, match="no place"):
        put(page, "here", "new\n")
    assert "before\n<!-- here -->\nafter\n" == page.read_text()
