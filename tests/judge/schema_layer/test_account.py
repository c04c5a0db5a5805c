"""What one process writes down the other reads, and adds up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from contract_tests.schema_layer.lines import SLOW, Trouble, dumped, read
from tests.judge.schema_layer.written import COMPLETED, added, exchange, finding, passed_on, scenario


def test_every_kind_of_line_comes_through(tmp_path: Path) -> None:
    """Also bytes that are no text in any encoding."""
    odd = replace(exchange(content=b"\xff\x00\xed\xa0\x80"), headers=(("X", "\ud800"),))
    lines: list[Any] = [
        finding(exchange=odd),
        scenario({"SCH-01": {"createProduct": 3}}),
        Trouble(SLOW, "", "it took long"),
        COMPLETED,
    ]

    assert [line._asdict() for line in passed_on(tmp_path, lines)] == [
        {**line._asdict(), **({"times": []} if "times" in line._asdict() else {})} for line in lines
    ]


def test_a_line_that_was_cut_off_says_nothing(tmp_path: Path) -> None:
    whole = dumped(finding())
    (tmp_path / "lines").write_text(f"{whole}\n{whole[:-9]}", "utf-8")

    assert [finding()] == list(read(tmp_path / "lines"))


def test_no_lines_are_no_account(tmp_path: Path) -> None:
    assert [] == list(read(tmp_path / "nothing"))


def test_a_hundred_identical_findings_are_one_with_its_times() -> None:
    key = ("SCH-01", "createProduct", "answered 500")
    whole = added(finding(), scenario(None, (*key, 60)), scenario(None, (*key, 40)))

    assert [(finding(), 100)] == list(whole.findings("SCH-01"))


def test_the_last_line_of_a_finding_is_its_smallest_request() -> None:
    smaller = finding(exchange=exchange(content=b""))

    assert [(smaller, 1)] == list(added(finding(), smaller).findings("SCH-01"))


def test_findings_are_of_a_rule_and_of_operations() -> None:
    whole = added(finding(), finding(operation="getProduct"), finding(rule="SCH-02"))

    assert [finding()] == [found for found, _ in whole.findings("SCH-01", ["createProduct", "listOrders"])]


def test_what_was_judged_is_added_up_and_requests_are_counted_from_the_beginning() -> None:
    whole = added(
        scenario({"SCH-01": {"createProduct": 3}}, met={"createProduct": {"201": 1}}, sent=4),
        scenario({"SCH-01": {"createProduct": 2, "getProduct": 1}}, met={"createProduct": {"201": 2, "409": 1}}, sent=9),
    )

    assert {"createProduct": 5, "getProduct": 1} == whole.judged["SCH-01"]
    assert {"201": 3, "409": 1} == whole.met["createProduct"]
    assert {"fuzz_full": 9} == whole.callers
