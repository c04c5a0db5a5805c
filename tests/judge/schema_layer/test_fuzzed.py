"""Verdicts on what Schemathesis wrote down: a finding is a failure of its own, and what was not judged is no pass."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.document import by_id
from contract_tests.ledger import Ledger
from contract_tests.schema_layer.fuzzed import Broken, Findings, Fuzzed
from contract_tests.schema_layer.lines import SLOW, SUITE, End, Trouble
from tests.judge.schema_layer.written import COMPLETED, exchange, finding, fuzzed, scenario

CREATE, GET = by_id("createProduct"), by_id("getProduct")


def judge(whole: Fuzzed, rule: str = "SCH-01", *operations: Any) -> dict[str, object]:
    """What was recorded, if the test came through."""
    recorded: dict[str, object] = {}
    whole.judge(rule, operations or (CREATE,), recorded.__setitem__)
    return recorded


def reason(whole: Fuzzed, rule: str = "SCH-01", *operations: Any) -> str:
    with pytest.raises(pytest.skip.Exception) as why:
        judge(whole, rule, *operations)
    return str(why.value)


def test_what_was_judged_and_not_found_passes_by_its_examples() -> None:
    assert {"examples": 3} == judge(fuzzed(scenario({"SCH-01": {"createProduct": 3, "getProduct": 9}}), COMPLETED))


def test_each_finding_is_told_with_its_request() -> None:
    other = finding(what="answered 503", exchange=exchange(status=503))
    lines: list[Any] = [finding(example="because"), other, scenario({"SCH-01": {"createProduct": 5}}), COMPLETED]
    with pytest.raises(Findings) as why:
        judge(fuzzed(*lines))
    first, second = why.value.found

    assert ("answered 500", "createProduct", 1, "because") == (first.what, first.operation, first.times, first.example)
    assert ("answered 503", 503) == (second.what, second.exchange.seen.status)
    assert 'curl -X POST http://127.0.0.1:8080/api/products -H "Authorization: Bearer $NEXUS_FUZZ_FULL"' in str(why.value)


def test_a_finding_at_another_operation_is_not_this_ones() -> None:
    lines: list[Any] = [finding(operation="getProduct"), scenario({"SCH-01": {"createProduct": 5}}), COMPLETED]

    assert {"examples": 5} == judge(fuzzed(*lines))


def test_what_was_found_outweighs_that_it_broke_later() -> None:
    with pytest.raises(Findings):
        judge(fuzzed(finding(), Trouble(SUITE, "", "KeyError")))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "Schemathesis broke: it ended with 1"),
        ([Trouble(SUITE, "createProduct", "Schema Error: no such reference"), COMPLETED], "no such reference"),
        ([End("", False, [], {})], "Schemathesis broke"),
        ([End("completed", False, [], {"unsupported_regex": ["POST /products"]})], "unsupported_regex: POST /products"),
    ],
)
def test_that_schemathesis_did_not_do_its_work_is_the_suites_fault(lines: list[Any], said: str) -> None:
    with pytest.raises(Broken, match=said):
        judge(fuzzed(scenario({"SCH-01": {"createProduct": 3}}), *lines))


@pytest.mark.parametrize("warning", ["missing_test_data", "validation_mismatch", "missing_auth", "rate_limited"])
def test_a_warning_about_the_targets_data_is_no_verdict(warning: str) -> None:
    """What was not judged for it is told by what was not judged."""
    end = End("completed", False, [], {warning: ["POST /products"]})

    assert {"examples": 3} == judge(fuzzed(scenario({"SCH-01": {"createProduct": 3}}), end))


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("SCH-01", "too little to judge by: nothing was sent"),
        ("SCH-02", "too little to judge by: no valid request met a resource in a state that accepts it"),
        ("SCH-06", "too little to judge by: no request of it succeeded that could be repeated without credentials"),
    ],
)
def test_what_was_not_judged_says_why(rule: str, said: str) -> None:
    met = {"createProduct": {"404": 4, "409": 2}}

    assert said == reason(fuzzed(scenario(met=met), COMPLETED), rule)


def test_the_rate_limit_is_no_fault_of_the_target() -> None:
    met = {"createProduct": {"429": 4, "401": 2}}

    assert "too little to judge by: the rate limit refused its requests" == reason(fuzzed(scenario(met=met), COMPLETED))


def test_nor_is_that_it_is_slow() -> None:
    slow = Trouble(SLOW, "createProduct", "Network Error: Read timed out after 30.00 seconds")

    assert "too little to judge by: answers took too long to be waited for" == reason(fuzzed(slow, COMPLETED))


@pytest.mark.parametrize("ending", [{"cut": True}, {}])
def test_what_the_time_did_not_reach_is_out_of_time(ending: dict[str, bool]) -> None:
    lines = [] if ending else [End("interrupted", True, [], {})]

    assert "out of time: Schemathesis was ended before it was through" == reason(fuzzed(scenario(), *lines, **ending))


def test_what_it_had_judged_by_then_is_judged() -> None:
    assert {"examples": 3} == judge(fuzzed(scenario({"SCH-01": {"createProduct": 3}}), cut=True))


def test_reading_alone_judges_what_reads() -> None:
    whole = fuzzed(scenario({"SCH-01": {"getProduct": 3}}), COMPLETED, writes=False)

    assert reason(whole).startswith("not allowed: ")
    assert {"examples": 3} == judge(whole, "SCH-01", CREATE, GET)


def test_a_law_is_told_of_wherever_it_was_broken_and_else_is_content_with_little() -> None:
    recorded: dict[str, object] = {}
    fuzzed(scenario(), COMPLETED).law("ENV-02", recorded.__setitem__)
    with pytest.raises(Findings):
        fuzzed(finding("ENV-02", "getProduct"), COMPLETED).law("ENV-02", recorded.__setitem__)

    assert {"examples": 0} == recorded


def test_its_requests_count_in_the_run_and_the_laws_were_applied_to_their_answers() -> None:
    ledger = Ledger()
    met = {"createProduct": {"201": 2, "409": 1}, "getProduct": {"404": 2}}
    fuzzed(scenario({"ENV-02": {"createProduct": 4, "getProduct": 1}}, met=met, sent=12), finding(), COMPLETED).enter(ledger)

    assert (12, 12) == (ledger.requests, ledger.callers["fuzz_full"])
    assert (5, 4) == (ledger.applied["ENV-02"], ledger.at["ENV-02"]["createProduct"])
    assert {"createProduct"} == ledger.succeeded
    assert 1 == ledger.times["SCH-01", "createProduct", 500]
