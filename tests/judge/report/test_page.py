"""report.html holds what the report holds, asks nothing of any network, and lets no stranger write into it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from contract_tests.report import page
from contract_tests.report.model import Report
from contract_tests.report.redaction import published
from tests.judge.report import reports


class Tags(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def count(self, tag: str, css: str = "") -> int:
        return sum(name == tag and css in [*(each.get("class") or "").split(), ""] for name, each in self.found)


MAKERS = [reports.report, reports.three, reports.hundred, reports.many, reports.mostly_unrun, reports.hostile]


def shown(report: Report) -> str:
    return page.rendered(published(report, {})).decode("utf-8")


@pytest.mark.parametrize("make", MAKERS)
def test_every_rule_has_one_place_and_every_link_leads_to_one(make: reports.Made) -> None:
    report = make()
    tags = Tags(shown(report))
    ids = Counter(each["id"] for _, each in tags.found if each.get("id"))
    links = {str(each["href"])[1:] for _, each in tags.found if str(each.get("href", "")).startswith("#")}

    assert [] == [name for name, count in ids.items() if count > 1]
    assert set() == {rule.id for rule in report.rules} - ids.keys()
    assert set() == links - ids.keys()
    assert [] == tags.open


@pytest.mark.parametrize("make", MAKERS)
def test_nothing_is_asked_of_any_network(make: reports.Made) -> None:
    text = shown(make())
    tags = Tags(text)
    asking = {"link", "img", "iframe", "object", "embed", "video", "audio", "source", "base", "picture"}

    assert [] == [tag for tag, each in tags.found if tag in asking or "src" in each or "style" in each or "srcset" in each]
    assert [] == re.findall(r"@import|url\(", re.findall(r"<style>(.*?)</style>", text, re.DOTALL)[0])
    assert ["default-src 'none'"] == [str(each["content"]).split(";")[0] for _, each in tags.found if each.get("http-equiv")]


@pytest.mark.parametrize("make", MAKERS)
def test_only_our_own_script_is_there(make: reports.Made) -> None:
    tags = Tags(shown(make()))

    assert 1 == tags.count("script")
    assert [] == [name for _, each in tags.found for name in each if name.startswith("on")]
    assert {"http-equiv", "content"} == set(next(each for tag, each in tags.found if each.get("http-equiv")))


def test_hostile_text_is_shown_for_what_it_is() -> None:
    text = "".join(Tags(shown(reports.hostile())).text)

    assert "<script>alert(1)</script><img src=x onerror=alert(2)>" in text
    assert "a[NUL]b" in text
    assert "[U+202E]gnp.exe" in text
    assert "{{ 7 * 7 }}" in text
    assert "\x1b" not in text


def test_a_hundred_identical_failures_are_one_row() -> None:
    text = shown(reports.hundred())

    assert 1 == Tags(text).count("details", "failure")
    assert "×100" in text


def test_few_failures_are_unfolded_and_many_are_not() -> None:
    few, many = (Tags(shown(make())) for make in (reports.three, reports.many))

    assert 5 == sum("open" in each for tag, each in few.found if each.get("class") == "failure")
    assert 400 == many.count("details", "failure")
    assert 0 == sum("open" in each for tag, each in many.found if each.get("class") == "failure")


def test_a_failure_tells_all_that_it_takes_to_see_it_again() -> None:
    text = "".join(Tags(shown(reports.three())).text)

    for expected in (
        "The pages together hold every row once: as many as meta.total.",
        "meta.total is 302",
        "limit=50, rows=51, all with the same price",
        "curl -X GET",
        "nexus-contract replay report.json PAG-02",
        '"nextCursor": "eyJvIjo1MH0"',
        "X-RateLimit-Remaining: 417",
    ):
        assert expected in text


def test_what_was_not_run_says_why() -> None:
    text = " ".join("".join(Tags(shown(reports.three())).text).split())

    assert "No credential 3" in text or "no credential 3" in text
    assert "A revoked key is 401 TOKEN_INVALID. revoked" in text


def test_the_matrix_has_every_rule_and_operation() -> None:
    report = reports.three()
    tags = Tags(shown(report))
    rows = [each for tag, each in tags.found if tag == "tr" and "data-verdict" in each]

    assert len(report.rules) == len(rows)
    assert len(reports.OPERATIONS) == tags.count("th", "operation")


def test_a_report_of_a_megabyte_of_answers_stays_small() -> None:
    assert len(shown(reports.hostile())) < 600_000


def test_a_failure_without_an_exchange_is_shown() -> None:
    bare = replace(reports.failure(), request=None, response=None, curl="", example=None)
    unanswered = replace(reports.failure("listOrders"), response=None)
    text = shown(reports.changed(reports.report(), {"PAG-02": reports.failing(bare, unanswered)}))

    assert "none came" in text


def test_a_page_without_rules_says_so() -> None:
    assert "Not judged" in shown(reports.report(()))


def test_what_the_target_chose_stands_at_the_top_with_what_it_means() -> None:
    told = " ".join("".join(Tags(page.rendered(published(reports.report(), {})).decode()).text).split())
    plain = page.rendered(published(reports.report(choices={}), {})).decode()

    assert "The target chooses otherwise than the document in 8 points, and was judged by that" in told
    assert "validation_status = 422: A VALIDATION_ERROR is 422 and not 400" in told
    assert told.index("chooses otherwise") < told.index("Rules by operation")
    assert "chooses otherwise" not in plain
