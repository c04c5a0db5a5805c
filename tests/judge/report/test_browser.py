"""report.html in a real browser: in both themes, at a desk and on a phone, its filter, links and copy buttons at work."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from contract_tests.report.outputs import write
from tests.judge.report import reports
from tests.judge.report.browser import CHROMIUM, Page, opened

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium"),
]
MAKERS = {
    "passed": reports.report,
    "three": reports.three,
    "hundred": reports.hundred,
    "many": reports.many,
    "unrun": reports.mostly_unrun,
    "hostile": reports.hostile,
}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with opened(tmp_path_factory.mktemp("chromium")) as tab:
        yield tab


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    directory = tmp_path_factory.mktemp("reports")
    return {name: write(make(), directory / name, {})["html"] for name, make in MAKERS.items()}


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", MAKERS)
def test_the_page_asks_for_nothing_complains_of_nothing_and_fits(
    page: Page, files: dict[str, Path], name: str, scheme: str, width: int
) -> None:
    page.look(files[name], width, 844, scheme)
    folded = page.ask("document.documentElement.scrollWidth <= innerWidth")
    unfolded = page.ask(
        "document.querySelectorAll('details').forEach((each) => { each.open = true; }),"
        "document.documentElement.scrollWidth <= innerWidth"
    )

    assert (True, True) == (folded, unfolded)
    assert [files[name].as_uri()] == page.requests
    assert [] == page.complaints


SHOWN = "[...document.querySelectorAll('main [data-verdict][id]:not([hidden])')].map((each) => each.id)"


def test_the_filter_finds_words_and_verdicts(page: Page, files: dict[str, Path]) -> None:
    page.look(files["three"], 1280, 900, "light")
    page.ask(
        "document.querySelectorAll('.filter input[type=checkbox]')"
        ".forEach((box) => { if (box.value !== 'fail') box.click(); })"
    )
    failed = page.ask(SHOWN)
    rows = page.ask("document.querySelectorAll('.matrix tr[data-verdict]:not([hidden])').length")
    page.press("/")
    for key in "listorders":
        page.press(key)
    page.ask("new Promise((done) => setTimeout(done, 300))")
    found = page.ask(SHOWN)
    said = page.ask("document.querySelector('.filter output').textContent")

    assert ["PAG-02", "TEN-04", "WRT-04"] == sorted(failed)
    assert len(failed) == rows
    assert ["PAG-02"] == found
    assert f"1 of {len(reports.whole())} rules" == said


def test_a_link_to_what_is_folded_unfolds_it(page: Page, files: dict[str, Path]) -> None:
    page.look(files["three"], 1280, 900, "light")
    before = page.ask("document.querySelector('.fold').open")
    page.ask("location.hash = '#ENV-01', new Promise((done) => setTimeout(done, 200))")

    assert [False, True] == [before, page.ask("document.querySelector('.fold').open")]
    assert page.ask("document.getElementById('ENV-01').getBoundingClientRect().top < innerHeight")


def test_a_copy_button_takes_the_command(page: Page, files: dict[str, Path]) -> None:
    page.look(files["hundred"], 1280, 900, "light")
    page.call("Runtime.evaluate", expression="document.querySelector('.copy').click()", userGesture=True, awaitPromise=True)
    page.ask("new Promise((done) => setTimeout(done, 300))")

    assert "Copied" == page.ask("document.querySelector('.copy').textContent")


def test_every_text_has_contrast(page: Page, files: dict[str, Path]) -> None:
    """At least 4.5 to 1 against the page, in both themes (WCAG 2.2, 1.4.3)."""
    for scheme in ("light", "dark"):
        page.look(files["three"], 1280, 900, scheme)
        pale = page.ask(
            """(() => {
              const luminance = (colour) => {
                const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map((each) => each / 255)
                  .map((each) => each <= 0.03928 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
              };
              const behind = (each) => {
                for (let at = each; at; at = at.parentElement) {
                  const colour = getComputedStyle(at).backgroundColor;
                  if (/^rgb\\(/.test(colour)) return luminance(colour);
                }
                return 1;
              };
              return [...new Set([...document.querySelectorAll("body *:not([aria-hidden]):not(script)")]
                .filter((each) => each.offsetParent)
                .filter((each) => [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
                .map((each) => {
                  const [a, b] = [luminance(getComputedStyle(each).color), behind(each)].sort((x, y) => y - x);
                  return [(a + 0.05) / (b + 0.05), each.tagName + "." + each.className];
                })
                .filter(([contrast]) => contrast < 4.5).map(([contrast, name]) => `${name} ${contrast.toFixed(2)}`))];
            })()"""
        )

        assert [] == pale, scheme


def test_what_scrolls_can_be_reached_by_keyboard_and_headings_are_in_order(page: Page, files: dict[str, Path]) -> None:
    page.look(files["three"], 390, 844, "light")
    unreachable = page.ask(
        "[...document.querySelectorAll('main *')].filter((each) => each.scrollWidth > each.clientWidth + 1"
        " && getComputedStyle(each).overflowX === 'auto' && each.tabIndex < 0).map((each) => each.className)"
    )
    levels = page.ask("[...document.querySelectorAll('h1, h2, h3')].map((each) => Number(each.tagName[1]))")

    assert [] == unreachable
    assert 1 == levels[0] == levels.count(1)
    assert [] == [pair for pair in pairwise(levels) if pair[1] > pair[0] + 1]
