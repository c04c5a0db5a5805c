"""Filters: what comes back is exactly what the filter's predicate selects from everything there is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import combinations
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.client import Actor, Answer
from contract_tests.document import CONTRACT, GUARDED, LISTS, STATUS, choice, identity, named
from contract_tests.filtering import Everything, Judged, Membership, forbidden, of_kind, reversed_range, values
from contract_tests.matching import Members
from contract_tests.paging import walk
from contract_tests.population import existing, nowhere, sample
from contract_tests.seen import Row
from nexuscommerce.contract import Comparison, Filter, Operation

SIGNS = (
    "%",
    "_",
    "100%",
    "under_score",
    "\\",
    "\\%",
    "'",
    '"',
    "--",
    ";",
    "*",
    "?",
    ".",
    "...",
    "^",
    "[",
    "(",
    "$",
    "+",
    " ",
)
lists = pytest.mark.parametrize("listing", LISTS, ids=named)
filtered = pytest.mark.parametrize("listing", [o for o in LISTS if o.filters], ids=named)


equals = of_kind(Comparison.EQUALS)
searches = of_kind(Comparison.CONTAINS)
numbers = of_kind(Comparison.AT_LEAST, Comparison.AT_MOST, numeric=True)


def only_equal(listing: Operation, chosen: Filter, wanted: str, full: Actor, judged: Judged) -> None:
    """What comes is what is equal to this, which may be nothing; or the document forbids the value."""
    if full.call(listing.id, query={chosen.parameter: wanted, "limit": 1}).status != STATUS["VALIDATION_ERROR"]:
        judged(listing, {chosen.parameter: wanted})


@equals
@pytest.mark.rule("FIL-01")
def test_a_filter_selects_what_is_equal(
    listing: Operation, chosen: Filter, judged: Judged, everything: Everything, members: Membership
) -> None:
    for value in values(listing, chosen, everything(listing), members(listing)):
        judged(listing, {chosen.parameter: value})


@equals
@pytest.mark.rule("FIL-01")
def test_case_counts_in_equality(
    listing: Operation, chosen: Filter, full: Actor, judged: Judged, everything: Everything, members: Membership
) -> None:
    """Another case is another value: it matches nothing, or the document forbids it."""
    for value in values(listing, chosen, everything(listing), members(listing)):
        if isinstance(value, str) and value.swapcase() != value:
            only_equal(listing, chosen, value.swapcase(), full, judged)


@equals
@pytest.mark.rule("FIL-01")
def test_equality_is_not_of_a_part(
    listing: Operation, chosen: Filter, full: Actor, judged: Judged, everything: Everything, members: Membership
) -> None:
    for value in values(listing, chosen, everything(listing), members(listing)):
        for part in (value[:-1], value + "x", value[:-1] + "_") if isinstance(value, str) else ():
            only_equal(listing, chosen, part, full, judged)


@numbers
@pytest.mark.rule("FIL-13")
def test_a_number_filter_includes_the_exact_number(
    listing: Operation, chosen: Filter, judged: Judged, everything: Everything, members: Membership
) -> None:
    """And not what is beyond it by the least."""
    allowed = CONTRACT.schemas.validator(listing.parameter(chosen.parameter).schema)
    for value in values(listing, chosen, everything(listing), members(listing)):
        for wanted in (round(value + shift, 3) for shift in (-0.001, 0, 0.001)):
            if allowed.is_valid(wanted):
                judged(listing, {chosen.parameter: wanted})


@pytest.mark.parametrize("listing", [o for o in LISTS if len(o.filters) > 1], ids=named)
@pytest.mark.rule("FIL-02")
def test_filters_combine_with_and(listing: Operation, judged: Judged, everything: Everything, members: Membership) -> None:
    pools = {each.parameter: values(listing, each, everything(listing), members(listing)) for each in listing.filters}

    @given(st.data())
    def judge(data: st.DataObject) -> None:
        names = data.draw(st.lists(st.sampled_from(sorted(pools)), min_size=2, max_size=3, unique=True))
        wanted = {name: data.draw(st.sampled_from(pools[name])) for name in names if pools[name]}
        if not reversed_range(wanted):
            judged(listing, wanted)

    judge()


@pytest.mark.parametrize("listing", [o for o in LISTS if len(o.filters) > 1], ids=named)
@pytest.mark.rule("FIL-02")
def test_two_filters_give_the_intersection(
    listing: Operation, full: Actor, everything: Everything, members: Membership
) -> None:
    """Of every two filters, by the values of one row, so that it is not empty: what both give is what each gives."""
    key, rows = identity(listing), everything(listing)

    @cache
    def given(*pairs: tuple[str, Any]) -> set[Any]:
        return set(walk(full, listing, dict(pairs)).values(key))

    for n, (first, second) in enumerate(combinations(listing.filters, 2)):
        row = rows[n % len(rows)]
        wanted = [(each.parameter, own(row, each, members(listing))) for each in (first, second)]
        if all(value is not None for _, value in wanted):
            assert given(*wanted) == given(wanted[0]) & given(wanted[1]), f"{dict(wanted)}"
            assert row[key] in given(*wanted), f"{dict(wanted)} are its own"


def own(row: Row, chosen: Filter, reading: Members) -> Any:
    """A value of a filter that this row matches; None if it shows none."""
    values = (value for member in chosen.fields for value in reading.of(row, member))
    return next((value for value in values if value not in (None, "")), None)


@filtered
@pytest.mark.rule("FIL-03")
def test_the_total_counts_what_matches(listing: Operation, full: Actor, everything: Everything, members: Membership) -> None:
    for chosen in listing.filters:
        for value in values(listing, chosen, everything(listing), members(listing)):
            asked = {chosen.parameter: value}
            reading, rows = members(listing), everything(listing)
            least = sum(reading.matches(row, chosen, value) for row in rows)
            most = sum(reading.may_match(row, chosen, value) for row in rows)
            for limit in (1, 200):
                total = full.call(listing.id, query={**asked, "limit": limit}).ok().meta["total"]
                assert least <= total <= most, f"{asked} with limit {limit}: meta.total is {total}, {least} rows match"


@searches
@pytest.mark.rule("FIL-04")
def test_a_search_finds_its_text_in_any_member(
    listing: Operation, chosen: Filter, judged: Judged, everything: Everything
) -> None:
    texts = [row[member] for row in everything(listing) for member in chosen.fields if row.get(member)]

    @given(st.data())
    def judge(data: st.DataObject) -> None:
        text = data.draw(st.sampled_from(texts))
        start = data.draw(st.integers(0, len(text) - 1))
        part = text[start : start + data.draw(st.integers(1, 12))]
        judged(listing, {chosen.parameter: data.draw(st.sampled_from([part, part.upper(), part.lower(), part.swapcase()]))})

    judge()


@searches
@pytest.mark.parametrize("text", ["WIDGET", "wIdGeT", "École D'ÉTÉ", "äöü", "αβγ", "青い", "🧦", "zzzz-nothing"])
@pytest.mark.rule("FIL-04")
def test_case_does_not_count_in_a_search(listing: Operation, chosen: Filter, text: str, judged: Judged) -> None:
    judged(listing, {chosen.parameter: text})


@searches
@pytest.mark.parametrize("text", SIGNS)
@pytest.mark.rule("FIL-05")
def test_signs_stand_for_themselves_in_a_search(listing: Operation, chosen: Filter, text: str, judged: Judged) -> None:
    judged(listing, {chosen.parameter: text})


@filtered
@pytest.mark.rule("FIL-10")
def test_a_value_that_the_schema_forbids_is_refused(listing: Operation, full: Actor) -> None:
    for chosen in listing.filters:
        for value in forbidden(listing, chosen):
            full.call(listing.id, query={chosen.parameter: value}).refused("VALIDATION_ERROR")


@lists
@pytest.mark.rule("FIL-11")
def test_a_parameter_given_twice_is_refused(
    listing: Operation, full: Actor, everything: Everything, members: Membership
) -> None:
    pool = {each.parameter: values(listing, each, everything(listing), members(listing)) for each in listing.filters}
    pool |= {"limit": [5, 6], "order": ["asc", "desc"], "sort": list(listing.sorts)}
    for name, few in pool.items():
        for first, second in ((few[0], few[0]), (few[0], few[-1])) if few else ():
            full.call(listing.id, query=[(name, first), (name, second)]).refused("VALIDATION_ERROR")


@pytest.mark.parametrize("operation", GUARDED, ids=named)
@pytest.mark.rule("FIL-12")
def test_an_unknown_parameter_is_refused(operation: Operation, full: Actor, chance: Random) -> None:
    """Or passed over, where the target chose so: a write, which nothing else would hold up, is then sent to nowhere."""
    body, refused = sample(operation), choice("unknown_query") == "refuse"
    path: Mapping[str, str] = existing(full)
    if not refused and operation.method != "GET":
        path, body = nowhere(full, chance), body and {"nonsense": 1}
    for name in ("nonsense", "Limit", "filter[status]", "page", "offset"):
        answer = full.call(operation.id, path, {name: "1"}, body)
        if refused:
            answer.refused("VALIDATION_ERROR")
        else:
            without = full.call(operation.id, path, (), body)
            assert lasting(answer) == lasting(without), f"expected what {without}; {answer}"


def lasting(answer: Answer) -> Any:
    """What an answer says, without what differs from one request to the next."""
    if answer.status < 300:
        return answer.status, answer.data
    return answer.status, answer.seen.error.get("code"), [fault.get("in") for fault in answer.details.get("errors", ())]
